// What lies in files, where there is much of it, must not change what comes out.

import Datasets
import Foundation
import JSON
import Preparation
import TestSupport
import Testing

@Suite struct SpillTests {
    /// Rows in words of a small vocabulary: a fifth repeats an earlier row, another fifth does so with one word changed.
    private static func rows(_ count: Int, _ seed: UInt64) -> [JSONObject] {
        var state = seed
        func draw(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        var texts: [[String]] = []
        return (0..<count).map { row in
            var words = (0..<(8 + draw(12))).map { _ in "w\(draw(900))" }
            if row > 5 {
                switch draw(5) {
                case 0: words = texts[draw(row)]
                case 1:
                    words = texts[draw(row)]
                    words[draw(words.count)] = "new\(row)"
                default: break
                }
            }
            texts.append(words)
            return JSONObject([
                ("text", .string(words.joined(separator: " "))), ("group", .string("g\(draw(count / 3))")),
            ])
        }
    }

    /// Limits so small that everything is cut into parts and lies in files.
    private static var tiny: MemoryLimits {
        var limits = MemoryLimits()
        limits.exactTexts = 50
        limits.sketchBytes = 400
        limits.numberBytes = 80
        limits.rowsPerPart = 37
        limits.pairsPerBatch = 8
        return limits
    }

    @Test(arguments: [
        "steps: [deduplicate]",
        "steps: [{ deduplicate: { by: near } }]",
        "val_size: 0.2, leakage: drop",
        "val_size: 0.2, leakage: drop, split: { group_by: group }",
        "val_size: 0.2, leakage: drop, split: { by: row }",
        "val_size: 40, leakage: drop, steps: [deduplicate, { deduplicate: { by: near } }, { sample: { size: 300 } }]",
    ])
    func theSameRowsComeOut(data: String) throws {
        let rows = Self.rows(600, 11)
        let inMemory = try prepare(data, train: rows)
        let inFiles = try prepare(data, train: rows, limits: Self.tiny)
        #expect(inMemory.rows == inFiles.rows)
        #expect(inMemory.rows.count < rows.count || !data.contains("deduplicate"))
        var reports = [inMemory.report, inFiles.report]
        for index in reports.indices {
            // Examples are those found first; judged pairs are counted batch by batch.
            for step in reports[index].steps.indices {
                reports[index].steps[step].duplicates?.examples = []
                reports[index].steps[step].duplicates?.search = nil
            }
            reports[index].leakage?.search = nil
            reports[index].leakage?.exact.examples = []
            reports[index].leakage?.normalised.examples = []
            reports[index].leakage?.prompt.examples = []
            reports[index].leakage?.group.examples = []
        }
        #expect(reports[0] == reports[1])
    }

    @Test func leaksBetweenFilesAreTheSame() throws {
        let train = Self.rows(400, 3)
        let heldOut = Self.rows(100, 4) + train[50..<120]
        let inMemory = try prepare("leakage: report", train: train, heldOut: heldOut)
        let inFiles = try prepare("leakage: report", train: train, heldOut: heldOut, limits: Self.tiny)
        #expect(inMemory.rows == inFiles.rows)
        let (first, second) = (try #require(inMemory.report.leakage), try #require(inFiles.report.leakage))
        #expect(first.rows >= 70)
        #expect(first.rows == second.rows)
        for (left, right) in [
            (first.exact, second.exact), (first.normalised, second.normalised), (first.near, second.near),
            (first.prompt, second.prompt),
        ] {
            #expect(
                left.heldOutRows == right.heldOutRows && left.trainRows == right.trainRows && left.texts == right.texts)
        }
        #expect(first.exact.heldOutRows >= 70)
    }
}
