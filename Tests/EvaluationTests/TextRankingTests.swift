// Rankings and cosines of given vectors against sentence-transformers' evaluators: scripts/goldens/vectors.py.

import Evaluation
import Foundation
import JSON
import Objectives
import Testing

@Suite struct TextRankingTests {
    private let golden: JSONValue
    private let vectors: TextVectors

    init() throws {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../ObjectivesTests/Fixtures/vectors.json")
        let whole = try JSONValue(parsing: [UInt8](Data(contentsOf: url)))
        golden = try #require(whole["ranking"])
        let drawn = (golden["vectors"]?.array ?? []).map { ($0.array ?? []).compactMap(\.double).map { Float($0) } }
        let rows = (golden["rows"]?.array ?? []).map { ($0.array ?? []).compactMap(\.integer) }
        let scores = (golden["scores"]?.array ?? []).compactMap(\.double)
        vectors = TextVectors(
            width: drawn[0].count, values: rows.flatMap { $0.flatMap { drawn[$0] } }, textCounts: rows.map(\.count),
            wanted: scores.map { [Float($0)] }, texts: rows.flatMap { $0.map { [Int32($0)] } })
    }

    private func expected(_ name: String) throws -> Double { try #require(golden["metrics"]?[name]?.double) }

    @Test func rankingsAreThoseOfSentenceTransformers() throws {
        let ranking = TextRanking(vectors, numbers: Array(0..<vectors.rowCount))
        // Two questions are asked twice.
        #expect(ranking.numbers == Array(0..<vectors.rowCount - 2))
        #expect(
            ranking.metrics.map(\.name) == ["ndcg_at_10", "mrr_at_10", "recall_at_1", "recall_at_5", "recall_at_10"])
        for metric in ranking.metrics {
            #expect(abs(try #require(metric.value) - (try expected(metric.name))) < 1e-9, "\(metric.name)")
        }
    }

    @Test func cosinesAreThoseOfSentenceTransformers() throws {
        let truth = try #require(vectors.scores)
        let spearman = RowMetric.spearman(predictions: vectors.cosines, truth: truth)
        let pearson = RowMetric.pearson(predictions: vectors.cosines, truth: truth)
        #expect(abs(try #require(spearman.value) - (try expected("spearman"))) < 1e-6)
        #expect(abs(try #require(pearson.value) - (try expected("pearson"))) < 1e-5)
    }
}
