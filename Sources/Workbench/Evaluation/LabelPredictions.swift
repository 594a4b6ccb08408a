// What classified rows were taken for, and how sure the model was.

internal import Evaluation

/// The label that one model finds likeliest for each row that has one.
struct LabelPredictions {
    /// The label set, then labels that rows have beside it.
    let names: [String]
    /// Which held-out rows these are, ascending.
    let numbers: [Int]
    /// Of each row, the place of its label among `names`.
    let truth: [Int]
    /// What it was taken for; nil where a loss is no number.
    let predicted: [Int?]
    /// The probability of that label among the label set.
    let confidences: [Double]

    /// - Parameters:
    ///   - labels: the label set.
    ///   - rowLabels: the label of each row.
    ///   - lossSums: of each row, the loss of each label as its answer.
    init(labels: [String], numbers: [Int], rowLabels: [String], lossSums: [[Double]]) {
        precondition(numbers.count == rowLabels.count && rowLabels.count == lossSums.count)
        let others = Set(rowLabels).subtracting(labels).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        names = labels + others
        let places = Dictionary(names.enumerated().map { ($0.element, $0.offset) }) { first, _ in first }
        self.numbers = numbers
        truth = rowLabels.map { places[$0] ?? 0 }
        predicted = lossSums.map(LabelLikelihood.choice)
        confidences = zip(lossSums, predicted).map { losses, choice in
            choice.map { LabelLikelihood.probabilities(lossSums: losses)[$0] } ?? 0
        }
    }

    var isRight: [Bool] { zip(truth, predicted).map { $0 == $1 } }

    var matrix: ConfusionMatrix { ConfusionMatrix(labels: names, truth: truth, predicted: predicted) }

    var metrics: [RowMetric] {
        let rows = zip(truth, predicted).map { ClassCounts.increments(truth: $0, predicted: $1) }
        let metrics: [RowMetric] = [
            .accuracy(isRight), .f1("macro_f1", .macro, rows: rows, classCount: names.count),
            .f1("weighted_f1", .weighted, rows: rows, classCount: names.count),
            .calibrationError(confidences: confidences, isRight: isRight),
        ]
        return metrics.map { $0.numbered(numbers) }
    }
}
