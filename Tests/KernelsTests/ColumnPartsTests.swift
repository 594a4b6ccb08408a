import Kernels
import Testing

/// Parts of a matrix's columns.
@Suite struct ColumnPartsTests {
    /// Two blocks of two columns of the first part, and one each of the others.
    private static let parts = ColumnParts(widths: [4, 2, 2], blocks: 2)

    @Test func partsComeBlockByBlock() {
        let whole = TestMatrix(2, 8)
        for index in 0..<16 { whole.matrix.floats[index] = Float(index) }
        let expected: [[Float]] = [[0, 1, 4, 5, 8, 9, 12, 13], [2, 6, 10, 14], [3, 7, 11, 15]]
        for (index, numbers) in expected.enumerated() {
            let part = TestMatrix(2, Self.parts.widths[index])
            Self.parts.take(index, of: whole.matrix, into: part.matrix)
            #expect(part.values == numbers)
        }
    }

    @Test func whatWasTakenIsPutBack() {
        let whole = TestMatrix(random: 3, 8, seed: 1), other = TestMatrix(3, 8)
        for index in 0..<3 {
            let part = TestMatrix(3, Self.parts.widths[index])
            Self.parts.take(index, of: whole.matrix, into: part.matrix)
            Self.parts.put(part.matrix, at: index, of: other.matrix)
            #expect(part.paddingIsIntact && other.paddingIsIntact)
        }
        #expect(other.values == whole.values)
    }

    @Test func oneBlockLiesPartAfterPart() {
        let parts = ColumnParts(widths: [3, 1]), whole = TestMatrix(random: 2, 4, seed: 2)
        let first = TestMatrix(2, 3), values = whole.values
        parts.take(0, of: whole.matrix, into: first.matrix)
        #expect(first.values == Array(values[0..<3] + values[4..<7]))
    }
}
