// Logits compared part by part say what whole rows say.

import ModelExport
import Testing

@Suite struct LogitRowsTests {
    private func logits(_ seed: Int, rows: Int, vocabulary: Int) -> [Float] {
        (0..<(rows * vocabulary)).map { Float(($0 * 7919 + seed * 104_729) % 1009) / 100 }
    }

    @Test func partsEqualTheWhole() {
        let (rows, vocabulary) = (5, 23)
        let left = logits(1, rows: rows, vocabulary: vocabulary), right = logits(2, rows: rows, vocabulary: vocabulary)
        var whole = LogitComparison()
        whole.add(adapter: left, merged: right, vocabularySize: vocabulary)
        for width in [1, 4, 22, 23] {
            var found = LogitRows(count: rows)
            for start in stride(from: 0, to: vocabulary, by: width) {
                let count = min(width, vocabulary - start)
                func part(_ all: [Float]) -> [Float] {
                    (0..<rows).flatMap { all[($0 * vocabulary + start)..<($0 * vocabulary + start + count)] }
                }
                part(left).withUnsafeBufferPointer { a in
                    part(right).withUnsafeBufferPointer { b in
                        found.add(adapter: a, merged: b, width: count, firstToken: start)
                    }
                }
            }
            var comparison = LogitComparison()
            comparison.add(found)
            #expect(comparison.rows == whole.rows && comparison.agreeingRows == whole.agreeingRows)
            #expect(comparison.maximumDifference == whole.maximumDifference)
            #expect(abs(comparison.meanDifference - whole.meanDifference) < 1e-12)
            #expect(abs(comparison.relativeError - whole.relativeError) < 1e-9)
        }
    }
}
