// What one model came to on a set of held-out rows.

internal import Evaluation

/// Scores and metrics of a base, an adapter, a student, a teacher.
struct MeasuredSide {
    let scores: HeldOutScores
    /// Beside the loss.
    var metrics: [RowMetric]
    /// What the rows with a label were taken for; nil where there are none.
    var labels: LabelPredictions?
    /// What rows that may have several labels were taken for; nil where there are none.
    var labelSets: LabelSetPredictions?
    /// What rows that have a number were taken for; nil where there are none.
    var values: NumberPredictions?
    /// The spans that were found; nil where rows have none.
    var spans: SpanPredictions?
    /// What was generated; nil where nothing was.
    var answers: GeneratedAnswers?

    /// The loss, then each metric.
    var all: [RowMetric] { [.loss(scores)] + metrics }

    /// The same on those held-out rows alone that fulfil `condition`.
    func restricted(to condition: (_ number: Int) -> Bool) -> MeasuredSide {
        MeasuredSide(
            scores: scores.restricted(to: condition), metrics: metrics.map { $0.restricted(to: condition) })
    }
}

/// Generated answers beside what the rows answer.
struct GeneratedAnswers {
    /// Which held-out rows they are of, ascending.
    let numbers: [Int]
    let answers: [String]
    let references: [String]
    /// As tokens, behind their prompts.
    let sequences: [[Int32]]
}
