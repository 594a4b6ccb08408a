// What a task's head answered for held-out rows: labels, sets of labels, numbers, spans, with their metrics.

internal import Adapters
internal import Datasets
internal import Evaluation
internal import Foundation
internal import Objectives
internal import Vocabulary

/// The answers of one side's head.
struct HeadPredictions {
    /// Where each row has one label.
    private(set) var labels: LabelPredictions?
    /// Where each row may have several.
    private(set) var labelSets: LabelSetPredictions?
    /// Where each row has a number.
    private(set) var values: NumberPredictions?
    /// Where each word has a tag.
    private(set) var spans: SpanPredictions?
    /// Of numbers, of sets of labels, of spans.
    private(set) var metrics: [RowMetric] = []

    /// nil where no head answers rows.
    ///
    /// - Parameters:
    ///   - scores: with the head's answers among the sums.
    ///   - list: the rows, which say what is right.
    ///   - words: of a row, as a head reads them that answers words.
    init?(
        _ scores: HeldOutScores, _ list: any RowList, _ head: SavedHead?, words: (DataRow) throws -> [Range<Int>]
    ) throws {
        guard let head, head.task.hasHead else { return nil }
        let rows = scores.rows.indices.filter { !scores.rows[$0].answers.isEmpty }
        guard !rows.isEmpty else { return nil }
        let numbers = rows.map { scores.numbers[$0] }, answers = rows.map { scores.rows[$0].answers }
        if head.task == .tag {
            let found = try SpanPredictions(
                head, numbers: numbers, rows: numbers.map(list.row), answers: answers, words: words)
            (spans, metrics) = (found, found.metrics)
            return
        }
        let wanted = try numbers.map { try list.row($0).answer }
        if head.task == .regress {
            let truth: [Double] = wanted.map { if case .number(let value) = $0 { Double(Float(value)) } else { .nan } }
            let predictions = answers.map { $0[0] }
            let found: [RowMetric] = [
                .rootMeanSquaredError(predictions: predictions, truth: truth),
                .pearson(predictions: predictions, truth: truth), .spearman(predictions: predictions, truth: truth),
            ]
            metrics = found.map { $0.numbered(numbers) }
            values = NumberPredictions(numbers: numbers, predictions: predictions)
            return
        }
        let names: [[String]] = wanted.map { if case .classes(let names) = $0 { names } else { [] } }
        if head.isMultiLabel {
            let sets = LabelSetPredictions(head, numbers: numbers, truth: names, answers: answers)
            (labelSets, metrics) = (sets, sets.metrics)
        } else {
            // A logit, its sign turned, stands for a loss: the likeliest label has the least.
            labels = LabelPredictions(
                labels: head.labels, numbers: numbers, rowLabels: names.map { $0.first ?? "" },
                lossSums: answers.map { $0.map { -$0 } })
        }
    }
}

/// What was answered for rows that have a number.
struct NumberPredictions {
    /// Which held-out rows they are of, ascending.
    let numbers: [Int]
    let predictions: [Double]
}

/// Rows that may have several labels, and the probability of each.
struct LabelSetPredictions {
    let names: [String]
    /// `[row][label]`.
    let truth: [[Bool]]
    let probabilities: [[Double]]
    /// From which probability on a row is said to have a label.
    let thresholds: [Double]
    /// Which held-out rows they are of, ascending.
    let numbers: [Int]

    /// - Parameter answers: of each row a logit for each label of `head`.
    init(_ head: SavedHead, numbers: [Int], truth: [[String]], answers: [[Double]]) {
        names = head.labels
        self.numbers = numbers
        self.truth = truth.map { own in head.labels.map(own.contains) }
        probabilities = answers.map { $0.map(LabelLikelihood.probability(logit:)) }
        thresholds = head.thresholds.isEmpty ? names.map { _ in 0.5 } : head.thresholds
    }

    /// The labels that each row is said to have.
    var said: [[String]] {
        probabilities.map { row in names.indices.filter { row[$0] >= thresholds[$0] }.map { names[$0] } }
    }

    private func increments(_ thresholds: [Double]) -> [[ClassIncrement]] {
        zip(truth, probabilities).map { truth, probabilities in
            ClassCounts.increments(truth: truth, predicted: zip(probabilities, thresholds).map { $0 >= $1 })
        }
    }

    /// By label, at these thresholds.
    func table(_ thresholds: [Double]) -> ClassTable {
        var counts = names.map { _ in ClassCounts() }
        for (place, own) in increments(thresholds).joined() { counts[place] += own }
        return ClassTable(names: names, counts: counts)
    }

    /// With the best F1 of each label on these rows.
    var bestThresholds: [Double] { LabelThresholds.chosen(scores: probabilities, truth: truth) }

    var metrics: [RowMetric] {
        let rows = increments(thresholds)
        return ClassAverage.allCases.map {
            .f1("\($0.rawValue)_f1", $0, rows: rows, classCount: names.count).numbered(numbers)
        }
    }
}
