import Datasets
import Evaluation
import Foundation
import JSON
import Testing

/// Goldens of scikit-learn, SciPy and seqeval, made by `scripts/goldens/classification_metrics.py`.
@Suite struct ClassMetrics {
    private let golden: JSONValue

    init() throws {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/classification-metrics.json")
        golden = try JSONValue(parsing: [UInt8](Data(contentsOf: url)))
    }

    private func cases(_ name: String) throws -> [JSONValue] {
        let cases = try #require(golden[name]?.array)
        #expect(!cases.isEmpty)
        return cases
    }

    private func expect(_ scores: ClassScores, _ expected: JSONValue?, _ what: String) throws {
        let expected = try #require(expected, "\(what)")
        for (name, value) in [("precision", scores.precision), ("recall", scores.recall), ("f1", scores.f1)] {
            #expect(abs(value - (expected[name]?.double ?? .nan)) < 1e-12, "\(name) of \(what)")
        }
        #expect(scores.support == expected["support"]?.integer, "\(what)")
    }

    private func expect(_ table: ClassTable, _ golden: JSONValue) throws {
        for (name, scores) in zip(table.names, table.scores) {
            guard let expected = golden["classes"]?[name] else {
                // A class that is nowhere.
                #expect(scores == ClassScores.none, "\(name)")
                continue
            }
            try expect(scores, expected, name)
        }
        for average in ClassAverage.allCases {
            try expect(table.average(average), golden["averages"]?[average.rawValue], average.rawValue)
        }
    }

    @Test func labelsEqualScikitLearn() throws {
        for found in try cases("classes") {
            let labels = try #require(found["labels"]?.array).compactMap(\.string)
            func places(_ name: String) throws -> [Int] {
                try #require(found[name]?.array).compactMap { $0.string.flatMap(labels.firstIndex) }
            }
            let (truth, predicted) = (try places("truth"), try places("predicted"))
            let matrix = ConfusionMatrix(labels: labels, truth: truth, predicted: predicted)
            let expected = try #require(found["confusion"]?.array).map { $0.array?.compactMap(\.integer) ?? [] }
            #expect(matrix.counts == expected)
            try expect(matrix.table, found)
            let accuracy = RowMetric.accuracy(zip(truth, predicted).map { $0 == $1 }).value
            #expect(abs((accuracy ?? .nan) - (found["accuracy"]?.double ?? 0)) < 1e-12)
            let rows = zip(truth, predicted).map { ClassCounts.increments(truth: $0, predicted: $1) }
            for average in ClassAverage.allCases {
                let f1 = RowMetric.f1("f1", average, rows: rows, classCount: labels.count).value
                #expect(f1 == matrix.table.average(average).f1)
            }
        }
    }

    @Test func aRowWithoutPredictionIsMissedAndNothingElse() {
        let matrix = ConfusionMatrix(labels: ["a", "b"], truth: [0, 0, 1], predicted: [0, nil, 1])
        #expect(matrix.withoutPrediction == [1, 0] && matrix.counts == [[1, 0], [0, 1]])
        #expect(matrix.table.counts[0] == ClassCounts(correct: 1, predicted: 1, actual: 2))
        let rows = [0, 0, 1].enumerated().map {
            ClassCounts.increments(truth: $0.element, predicted: [0, nil, 1][$0.offset])
        }
        #expect(RowMetric.f1("f1", .macro, rows: rows, classCount: 2).value == matrix.table.average(.macro).f1)
        #expect(RowMetric.f1("f1", .macro, rows: [], classCount: 2).value == nil)
    }

    @Test func severalLabelsEqualScikitLearn() throws {
        let found = try #require(golden["several"])
        func flags(_ name: String) throws -> [[Bool]] {
            try #require(found[name]?.array).map { $0.array?.map { $0.integer == 1 } ?? [] }
        }
        let names = try #require(found["names"]?.array).compactMap(\.string)
        let (truth, predicted) = (try flags("truth"), try flags("predicted"))
        let scores = try #require(found["scores"]?.array).map { $0.array?.compactMap(\.double) ?? [] }
        let rows = zip(truth, predicted).map { ClassCounts.increments(truth: $0, predicted: $1) }
        var counts = [ClassCounts](repeating: ClassCounts(), count: names.count)
        for (place, own) in rows.joined() {
            counts[place] = ClassCounts(
                correct: counts[place].correct + own.correct, predicted: counts[place].predicted + own.predicted,
                actual: counts[place].actual + own.actual)
        }
        try expect(ClassTable(names: names, counts: counts), found)
        // The thresholds do what they were chosen for.
        let thresholds = LabelThresholds.chosen(scores: scores, truth: truth)
        let best = try #require(found["best_f1"]?.array).compactMap(\.double)
        for label in names.indices {
            let own = zip(scores, truth).map {
                ClassCounts.increments(truth: [$1[label]], predicted: [$0[label] >= thresholds[label]])
            }
            let f1 = RowMetric.f1("f1", .micro, rows: own, classCount: 1).value ?? 0
            #expect(abs(f1 - best[label]) < 1e-12, "\(names[label]) at \(thresholds[label])")
        }
        #expect(thresholds[3] == 0.5)
        #expect(LabelThresholds.chosen(scores: [[0.9], [0.1]], truth: [[true], [false]]) == [0.5])
        #expect(
            LabelThresholds.chosen(scores: [[0.4], [0.2], [0.1]], truth: [[true], [true], [false]]) == [
                0.15000000000000002
            ])
        #expect(LabelThresholds.chosen(scores: [], truth: []).isEmpty)
    }

    @Test func mcNemarEqualsTheDistributions() throws {
        for found in try cases("mcnemar") {
            let test = McNemar(
                onlyBase: try #require(found["base"]?.integer), onlyAdapter: try #require(found["adapter"]?.integer))
            #expect(test.isExact == (found["exact"] == true))
            #expect(abs(test.pValue - (found["p"]?.double ?? .nan)) < 1e-12, "\(test)")
            #expect(abs(test.statistic - (found["statistic"]?.double ?? .nan)) < 1e-12, "\(test)")
        }
        let rows = McNemar(base: [true, true, false, false], adapter: [true, false, true, true])
        #expect(rows.onlyBase == 1 && rows.onlyAdapter == 2)
    }

    @Test func calibrationErrorIsThatOfTheField() throws {
        for found in try cases("calibration") {
            let confidences = try #require(found["confidences"]?.array).compactMap(\.double)
            let isRight = try #require(found["right"]?.array).map { $0 == true }
            let bins = try #require(found["bins"]?.integer)
            let metric = RowMetric.calibrationError(confidences: confidences, isRight: isRight, bins: bins)
            let expected = try #require(found["ece"]?.double)
            #expect(abs((metric.value ?? .nan) - expected) < 1e-12)
            let parts = LabelCalibration.bins(confidences: confidences, isRight: isRight, count: bins)
            let again = parts.reduce(0) { $0 + abs($1.accuracy - $1.confidence) * Double($1.rows) }
            #expect(abs(again / Double(confidences.count) - expected) < 1e-12)
            #expect(parts.reduce(0) { $0 + $1.rows } == confidences.count && !metric.higherIsBetter)
        }
    }

    @Test func errorsAndCorrelationsEqualSciPy() throws {
        for found in try cases("regression") {
            let truth = try #require(found["truth"]?.array).compactMap(\.double)
            let predicted = try #require(found["predicted"]?.array).compactMap(\.double)
            let metrics: [RowMetric] = [
                .meanAbsoluteError(predictions: predicted, truth: truth),
                .rootMeanSquaredError(predictions: predicted, truth: truth),
                .pearson(predictions: predicted, truth: truth), .spearman(predictions: predicted, truth: truth),
            ]
            #expect(metrics.map(\.name) == ["mae", "rmse", "pearson", "spearman"])
            for metric in metrics {
                let expected = try #require(found[metric.name]?.double)
                #expect(abs((metric.value ?? .nan) - expected) < 1e-9, "\(metric.name)")
            }
        }
        let same = RowMetric.pearson(predictions: [0.1, 0.1, 0.1], truth: [1, 2, 3])
        #expect(same.value == nil && RowMetric.spearman(predictions: [2, 2], truth: [1, 2]).value == nil)
        // Rows drawn again are ranked again: of rows in order any draw is, so the interval is a point.
        let ordered = RowMetric.spearman(
            predictions: (0..<40).map { Double($0 * $0) }, truth: (0..<40).map { Double($0) })
        #expect(ordered.interval(seed: 1, sampleCount: 200) == 1...1)
    }

    @Test func spansEqualSeqeval() throws {
        for found in try cases("spans") {
            let scheme = try #require(found["scheme"]?.string.flatMap(TagScheme.init))
            func spans(_ name: String) throws -> [[TagSpan]] {
                try #require(found[name]?.array).map { try scheme.spans($0.array?.compactMap(\.string) ?? []) }
            }
            let scores = SpanScores(truth: try spans("truth"), predicted: try spans("predicted"))
            #expect(Set(scores.table.names) == Set(found["classes"]?.object?.members.map(\.key) ?? []))
            try expect(scores.table, found)
            for average in ClassAverage.allCases {
                #expect(scores.f1(average).value == scores.table.average(average).f1)
            }
            #expect(scores.f1().name == "span_f1" && scores.f1(.macro).name == "macro_span_f1")
        }
    }

    @Test func tagsAreReadStrictly() throws {
        #expect(try TagScheme.bio.spans(["I-A", "B-A", "I-A", "I-B", "B-A", "O"]).map(\.start) == [1, 4])
        #expect(try TagScheme.bio.spans(["B-X-Y", "I-X-Y"]) == [TagSpan(start: 0, end: 2, type: "X-Y")])
        #expect(try TagScheme.bioes.spans(["B-A", "I-A", "O", "S-A", "B-A", "E-A"]).map(\.end) == [4, 6])
        #expect(throws: TagError(tag: "S-A", scheme: .bio)) { try TagScheme.bio.spans(["O", "S-A"]) }
        #expect(throws: TagError.self) { try TagScheme.bioes.spans([""]) }
    }

    /// Heads of the older scheme, whose types have no B, begin spans with I.
    @Test func tagsWithoutBeginningsAreRuns() throws {
        #expect(TagScheme.lackBeginnings(["O", "I-A", "I-B", "B-B"]))
        #expect(!TagScheme.lackBeginnings(["O", "B-A", "I-A"]) && !TagScheme.lackBeginnings(["O", "S-A", "B-A"]))
        #expect(
            try TagScheme.written(["I-A", "I-A", "O", "I-B", "I-A"])
                == [(0, 2, "A"), (3, 4, "B"), (4, 5, "A")].map { TagSpan(start: $0, end: $1, type: $2) })
    }

    @Test func rankingsEqualScikitLearn() throws {
        for found in try cases("rankings") {
            let relevances = try #require(found["relevances"]?.array).compactMap(\.double)
            let scores = try #require(found["scores"]?.array).compactMap(\.double)
            let ranked = Ranking.order(scores).map { relevances[$0] }, isRelevant = ranked.map { $0 > 0 }
            let expected = { (name: String) in found[name]?.double ?? .nan }
            #expect(abs(Ranking.nDCG(ranked, all: relevances) - expected("ndcg_10")) < 1e-12)
            #expect(abs(Ranking.reciprocalRank(isRelevant) - expected("mrr_10")) < 1e-12)
            let count = relevances.count { $0 > 0 }
            #expect(abs(Ranking.recall(isRelevant, of: count, at: 5) - expected("recall_5")) < 1e-12)
        }
        #expect(Ranking.order([1, 3, 3, 2]) == [1, 2, 3, 0])
        // A relevant document that was not found is missed.
        #expect(Ranking.nDCG([1], all: [1, 1]) < 1 && Ranking.recall([true], of: 2, at: 5) == 0.5)
    }
}

extension ClassScores {
    fileprivate static let none = ClassTable(names: ["none"], counts: [ClassCounts()]).scores[0]
}
