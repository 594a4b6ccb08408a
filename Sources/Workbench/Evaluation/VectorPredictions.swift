// What vectors of held-out rows are worth: which texts they find, or how near they are where rows say how near they are to be.

internal import Datasets
internal import Evaluation
internal import Objectives
internal import Vocabulary

/// The vectors of one side, as metrics.
struct VectorPredictions {
    let metrics: [RowMetric]

    /// nil where the objective makes no vectors.
    ///
    /// - Parameters:
    ///   - scores: with the vectors of each row's texts among the sums.
    ///   - examples: the texts, row by row.
    init?(_ scores: HeldOutScores, _ examples: any ExampleSource, _ objective: any Objective) throws {
        guard objective is EmbeddingObjective, let first = scores.rows.first(where: { !$0.answers.isEmpty }) else {
            return nil
        }
        let rows = try (0..<examples.count).map(examples.example)
        let width = first.answers.count / max(rows.first?.texts.count ?? 1, 1)
        let vectors = TextVectors(
            width: width, values: scores.rows.flatMap { $0.answers.map { Float($0) } },
            textCounts: rows.map(\.texts.count), wanted: rows.map(\.wanted), texts: rows.flatMap(\.texts))
        guard let wanted = vectors.scores else {
            metrics = TextRanking(vectors, numbers: scores.numbers).metrics
            return
        }
        let cosines = vectors.cosines
        let found: [RowMetric] = [
            .spearman(predictions: cosines, truth: wanted), .pearson(predictions: cosines, truth: wanted),
        ]
        metrics = found.map { $0.numbered(scores.numbers) }
    }
}
