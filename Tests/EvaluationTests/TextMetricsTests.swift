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
        let corpus =
            RowMetric.rougeL(answers: pairs.map(\.answer), references: pairs.map(\.reference), units: .words).value
            ?? .nan
        #expect(abs(corpus - mean) < 1e-12)
    }

    @Test func bleuEqualsTheReference() {
        for corpus in corpora {
            let score = RowMetric.bleu(
                answers: corpus.rows.map { pairs[$0].answer }, references: corpus.rows.map { pairs[$0].reference },
                units: .words
            ).value
            #expect(abs((score ?? .nan) - corpus.score) < 1e-9, "rows \(corpus.rows)")
        }
    }

    @Test func anEmptyCorpusHasNoScore() {
        #expect(RowMetric.rougeL(answers: [], references: [], units: .words).value == nil)
        #expect(RowMetric.bleu(answers: [], references: [], units: .words).value == nil)
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

    @Test func scriptsWithoutSpacesAreComparedInCharacters() {
        let rows = chinese
        #expect(TextUnits(fitting: rows.map(\.reference)) == .characters)
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

    /// sacrebleu 2.6.0, tokenize="zh", of the rows together and of each alone.
    @Test func chineseBLEUEqualsTheReference() {
        let all = RowMetric.bleu(
            answers: chinese.map(\.answer), references: chinese.map(\.reference), units: .characters)
        #expect(abs((all.value ?? .nan) - 47.65988762161032) < 1e-9)
        for row in chinese {
            let one = RowMetric.bleu(answers: [row.answer], references: [row.reference], units: .characters).value
            #expect(abs((one ?? .nan) - row.score) < 1e-9, "\(row.answer)")
        }
    }

    private let chinese: [(answer: String, reference: String, score: Double)] = [
        ("患者每天服用两次阿司匹林。", "患者每天应服用两次阿司匹林。", 78.81929718099911),
        ("请在三天后复诊，并带上检查单。", "请三天后来复诊，带好检查单！", 23.446219441058627),
        ("体温38.5℃，脉搏102次/分。", "体温 38.5 ℃，脉搏 98 次/分。", 73.48889200874659),
        ("没有发现异常", "未见明显异常", 16.233395773754953),
        ("“血压”偏高——建议low-salt diet", "血压偏高，建议low-salt饮食", 18.52797255583095),
    ]
}
