import Foundation
import JSON
import Preparation
import Recipes
import Testing

/// Says of a row what stands in its field `score`; nothing where there is none.
private final class FieldJudge: RowJudge {
    private(set) var asked: [(path: String, texts: [String])] = []

    func verdicts(on rows: WaitingRows, _ step: JudgedStep, path: String) throws -> [RowVerdict] {
        var texts: [String] = []
        var verdicts: [RowVerdict] = []
        try rows.forEach { _, row in
            texts.append(row.fields["text"]?.string ?? "")
            verdicts.append(
                RowVerdict(score: row.fields["score"]?.double, facts: JSONObject([("label", .string("for Ann Lee"))])))
        }
        asked.append((path, texts))
        return verdicts
    }
}

/// Keeps lists in memory.
private final class KeptLists: RowLists {
    private(set) var files: [String: String] = [:]

    func write(_ name: String, _ body: (_ put: ([UInt8]) throws -> Void) throws -> Void) throws {
        var bytes: [UInt8] = []
        try body { bytes += $0 }
        files[name] = String(decoding: bytes, as: UTF8.self)
    }

    func lines(_ name: String) throws -> [JSONValue] {
        try (files[name] ?? "").split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    }
}

/// `select` and `rank`, whatever a model says.
@Suite struct JudgedRowTests {
    private static func row(_ text: String, _ score: Double?) -> JSONObject {
        JSONObject([("text", .string(text)), ("score", score.map { .double($0) } ?? .null)])
    }

    private let judge = FieldJudge()
    private let lists = KeptLists()
    private let train = [
        row("one", 0.1), row("two", 0.9), row("three", nil), row("four", 0.5), row("five", 0.9), row("six", -1),
    ]

    private func run(_ steps: String, _ train: [JSONObject]? = nil, heldOut: [JSONObject] = []) throws -> Prepared {
        try prepare("steps: [\(steps)]", train: train ?? self.train, heldOut: heldOut, judge: judge, lists: lists)
    }

    /// The nearest stay, in the order in which they stood; what cannot be judged stays too.
    @Test(arguments: [
        ("0.4", ["two", "three", "five"]), ("3", ["two", "three", "four", "five"]), ("1", nil), ("99", nil),
    ])
    func theNearestStay(_ size: String, _ kept: [String]?) throws {
        let found = try run("{ select: { targets: t.jsonl, size: \(size) } }")
        #expect(found.texts() == kept ?? ["one", "two", "three", "four", "five", "six"])
        let report = try #require(found.report.steps.first)
        #expect(report.rowsIn == 6 && report.rowsOut == found.rows.count)
        #expect(report.removed.reduce(0) { $0 + $1.count } == 6 - found.rows.count)
        #expect(judge.asked.map(\.path) == ["data.steps[0].select"])
    }

    /// All are listed, the worst first; nothing goes unless it is told to.
    @Test func theWorstAreListed() throws {
        #expect(try run("rank").rows.count == 6)
        let lines = try lists.lines("rank-1.jsonl")
        #expect(lines.map { $0["text"]?.string } == ["two", "five", "four", "one", "six"])
        #expect(lines.map { $0["rank"]?.integer } == [1, 2, 3, 4, 5])
        #expect(lines.allSatisfy { $0["kept"]?.bool == true })
        #expect(lines.first?["place"]?.string == "t.jsonl:2")
        #expect(lists.files["rank-1.md"]?.contains("| 1 | 0.9 | true | t.jsonl:2 |") == true)
    }

    @Test func aShareOfTheWorstIsLeftOut() throws {
        let found = try run("{ rank: { drop_share: 0.4 } }")
        #expect(found.texts() == ["one", "three", "four", "six"])
        #expect(found.report.steps[0].removed == [NamedCount(name: "among the worst", count: 2)])
        #expect(found.report.steps[0].list == "rank-1.md")
        #expect(try lists.lines("rank-1.jsonl").map { $0["kept"]?.bool } == [false, false, true, true, true])
    }

    /// Rows are held out before the model is asked, and are not shown to it.
    @Test func heldOutRowsAreNotAsked() throws {
        let held = [Self.row("held", 0.95)]
        let found = try run("{ select: { targets: t.jsonl, size: 1 } }", heldOut: held)
        #expect(found.heldOut.count == 1 && judge.asked[0].texts.count == 6)
        let split = try prepare(
            "val_size: 0.5, split: { by: row }, steps: [{ select: { targets: t.jsonl, size: 0.5 } }]", train: train,
            judge: judge, lists: lists)
        #expect(split.heldOut.count == 3 && judge.asked[1].texts.count == 3)
    }

    /// No list shows personal data, nor what a later step takes out of another row.
    @Test func listsAreCovered() throws {
        let rows = [
            Self.row("call 555-201-3344 for Mr Tom Reed", 0.3),
            JSONObject([("text", .string("Dr Ann Lee | was <here>")), ("score", .double(0.2))]),
            Self.row("the ward asks where Tom Reed is", 0.1),
        ]
        _ = try run("rank, mask", rows)
        for text in lists.files.values {
            for secret in ["555-201", "Tom Reed", "Ann Lee"] { #expect(!text.contains(secret), "\(text)") }
        }
        #expect(lists.files["rank-1.md"]?.contains("\\| was &lt;here>") == true)
    }

    @Test func withoutAModelTheStepIsRefused() {
        #expect(throws: StepError.self) { try prepare("steps: [rank]", train: train) }
    }
}
