import Evaluation
import Foundation
import JSON
import TestSupport
import Testing

/// Goldens of rouge_score and sacrebleu, made by `scripts/goldens/text_metrics.py`.
@Suite struct TextMetrics {
    private let pairs: [(answer: String, reference: String, rougeL: Double)]
    private let corpora: [(rows: [Int], score: Double)]

    init() throws {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/text-metrics.json")
        let golden = try JSONValue(parsing: [UInt8](Data(contentsOf: url)))
        pairs = try #require(golden["pairs"]?.array).map {
            (
                try #require($0["answer"]?.string), try #require($0["reference"]?.string),
                try #require($0["rougeL"]?.double)
            )
        }
        corpora = try #require(golden["bleu"]?.array).map {
            (try #require($0["rows"]?.array).compactMap(\.integer), try #require($0["score"]?.double))
        }
    }

    @Test func rougeLEqualsTheReference() {
        #expect(pairs.count == 40)
        for pair in pairs {
            let score = RougeL.score(answer: pair.answer, reference: pair.reference)
            #expect(abs(score - pair.rougeL) < 1e-12, "\(pair.answer) | \(pair.reference)")
        }
        let mean = pairs.reduce(0) { $0 + $1.rougeL } / Double(pairs.count)
        let corpus = RougeL.score(answers: pairs.map(\.answer), references: pairs.map(\.reference)) ?? .nan
        #expect(abs(corpus - mean) < 1e-12)
    }

    @Test func bleuEqualsTheReference() {
        for corpus in corpora {
            let score = BLEU.score(
                answers: corpus.rows.map { pairs[$0].answer }, references: corpus.rows.map { pairs[$0].reference })
            #expect(abs((score ?? .nan) - corpus.score) < 1e-9, "rows \(corpus.rows)")
        }
    }

    @Test func anEmptyCorpusHasNoScore() {
        #expect(RougeL.score(answers: [], references: []) == nil)
        #expect(BLEU.score(answers: [], references: []) == nil)
        #expect(ExactMatch.score(answers: [], references: []) == nil)
    }

    @Test func exactMatchTrimsOnlyTheEnds() {
        #expect(
            ExactMatch.score(answers: [" yes\n", "yes no", "Yes"], references: ["yes", "yes  no", "yes"]) == 1.0 / 3)
        // Canonically equivalent, other bytes.
        #expect(!ExactMatch.matches("caf\u{e9}", "cafe\u{301}"))
    }

    @Test func labelsAreChosenByTheSumOfLosses() {
        #expect(LabelLikelihood.choice(lossSums: [2, 1, 1]) == 1)
        #expect(LabelLikelihood.choice(lossSums: [2, .nan]) == nil)
        let losses = [[0.1, 3], [2, 1], [0.5, 0.7]]
        let accuracy = LabelLikelihood.accuracy(trueLabels: [0, 0, 0], labelCount: 2) { losses[$0][$1] }
        #expect(accuracy == 2.0 / 3)
    }
}
