import Evaluation
import Foundation
import JSON
import TestSupport
import Testing

/// Goldens of rouge_score and sacrebleu, made by `scripts/goldens/text_metrics.py`.
@Suite struct TextMetrics {
    private typealias Make = @Sendable (_ answers: [String], _ references: [String], _ units: TextUnits) -> RowMetric

    /// Of rows, by the names of the goldens.
    private static let ofRows: [(name: String, make: Make)] = [
        ("rouge_1", { .rouge(1, answers: $0, references: $1, units: $2) }),
        ("rouge_2", { .rouge(2, answers: $0, references: $1, units: $2) }),
        ("rouge_l", { .rougeL(answers: $0, references: $1, units: $2) }),
        ("rouge_lsum", { .rougeLsum(answers: $0, references: $1, units: $2) }),
    ]
    /// Of a corpus.
    private static let ofCorpora: [(name: String, make: Make)] = [
        ("bleu", { .bleu(answers: $0, references: $1, units: $2) }),
        ("chrf", { answers, references, _ in .chrF(answers: answers, references: references) }),
        ("chrf_pp", { answers, references, _ in .chrF(answers: answers, references: references, wordOrders: 2) }),
    ]

    private let golden: JSONValue

    init() throws {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/text-metrics.json")
        golden = try JSONValue(parsing: [UInt8](Data(contentsOf: url)))
    }

    @Test(arguments: [("pairs", 46, TextUnits.words), ("chinese", 9, .characters)])
    func scoresOfRowsEqualTheReference(_ name: String, _ count: Int, _ units: TextUnits) throws {
        let pairs = try #require(golden[name]?.array)
        #expect(pairs.count == count)
        let (answers, references) = try texts(name)
        for (name, make) in Self.ofRows {
            let metric = make(answers, references, units)
            #expect(metric.name == name)
            var sum = 0.0
            for (row, pair) in pairs.enumerated() {
                let expected = try #require(pair[name]?.double)
                sum += expected
                #expect(abs((metric.value(ofRow: row) ?? .nan) - expected) < 1e-12, "\(name) of \(answers[row])")
            }
            #expect(abs((metric.value ?? .nan) - sum / Double(count)) < 1e-12)
        }
    }

    @Test(arguments: [("pairs", "corpora", TextUnits.words), ("chinese", "chinese_corpora", .characters)])
    func scoresOfCorporaEqualTheReference(_ pairs: String, _ corpora: String, _ units: TextUnits) throws {
        let (answers, references) = try texts(pairs)
        for corpus in try #require(golden[corpora]?.array) {
            let rows = try #require(corpus["rows"]?.array).compactMap(\.integer)
            for (name, make) in Self.ofCorpora {
                let metric = make(rows.map { answers[$0] }, rows.map { references[$0] }, units)
                let expected = try #require(corpus[name]?.double)
                #expect(metric.name == name)
                #expect(abs((metric.value ?? .nan) - expected) < 1e-9, "\(name) of rows \(rows)")
            }
        }
    }

    private func texts(_ name: String) throws -> (answers: [String], references: [String]) {
        let pairs = try #require(golden[name]?.array)
        return (pairs.compactMap { $0["answer"]?.string }, pairs.compactMap { $0["reference"]?.string })
    }

    @Test func anEmptyCorpusHasNoScore() {
        #expect(RowMetric.rougeL(answers: [], references: [], units: .words).value == nil)
        #expect(RowMetric.bleu(answers: [], references: [], units: .words).value == nil)
        #expect(RowMetric.chrF(answers: [], references: []).value == nil)
        #expect(RowMetric.exactMatch(answers: [], references: []).value == nil)
    }

    @Test func exactMatchTrimsOnlyTheEnds() {
        let metric = RowMetric.exactMatch(answers: [" yes\n", "yes no", "Yes"], references: ["yes", "yes  no", "yes"])
        #expect(metric.value == 1.0 / 3)
        // Canonically equivalent, other bytes.
        #expect(!ExactMatch.matches("caf\u{e9}", "cafe\u{301}"))
    }

    @Test func labelsAreChosenByTheSumOfLosses() {
        #expect(LabelLikelihood.choice(lossSums: [2, 1, 1]) == 1)
        #expect(LabelLikelihood.choice(lossSums: [2, .nan]) == nil)
        #expect(RowMetric.accuracy([true, false, true]).value == 2.0 / 3)
    }

    @Test func scriptsWithoutSpacesAreComparedInCharacters() throws {
        #expect(TextUnits(fitting: try texts("chinese").references) == .characters)
        #expect(TextUnits(fitting: ["The desk of Dr 王 is open", "Take it with food, twice a day"]) == .words)
        #expect(TextUnits(fitting: ["กินยาวันละสองครั้ง"]) == .characters)
        #expect(TextUnits(fitting: []) == .words)
        // The words' ROUGE knows none of this; the characters' is 1 for the same text, and falls with each other character.
        #expect(RougeL.score(answer: "每天吃药", reference: "每天吃药") == 0)
        #expect(RougeL.score(answer: "每天吃药", reference: "每天吃药", units: .characters) == 1)
        let score = RougeL.score(answer: "每天 吃2片", reference: "每天吃3片", units: .characters)
        #expect(abs(score - 0.8) < 1e-12)
    }

    @Test(arguments: [
        ("Принимать два раза в день", "Принимайте два раза в день"),
        ("να παίρνετε δύο φορές την ημέρα", "να παίρνετε δύο φορές τη μέρα"),
        ("दिन में दो बार लें", "दिन में तीन बार लें"),
    ]) func otherScriptsAreComparedInTheirWords(_ answer: String, _ reference: String) {
        let units = TextUnits(fitting: [reference])
        #expect(units == .anyWords)
        #expect(RougeL.score(answer: reference, reference: reference, units: units) == 1)
        let count = Double(reference.split(separator: " ").count)
        let same = Double(zip(answer.split(separator: " "), reference.split(separator: " ")).count { $0.0 == $0.1 })
        #expect(abs(RougeL.score(answer: answer, reference: reference, units: units) - same / count) < 1e-12)
    }
}
