// Which label was taken for which.

/// How often a row of each label was given each label.
public struct ConfusionMatrix: Sendable, Equatable {
    public let labels: [String]
    /// `[truth][prediction]`.
    public let counts: [[Int]]
    /// Rows of each label that were given none.
    public let withoutPrediction: [Int]

    /// - Parameters:
    ///   - truth: of each row, its label's place in `labels`.
    ///   - predicted: what it was given; nil where that is no label.
    public init(labels: [String], truth: [Int], predicted: [Int?]) {
        precondition(truth.count == predicted.count)
        self.labels = labels
        var counts = [[Int]](repeating: [Int](repeating: 0, count: labels.count), count: labels.count)
        var withoutPrediction = [Int](repeating: 0, count: labels.count)
        for (truth, predicted) in zip(truth, predicted) {
            if let predicted { counts[truth][predicted] += 1 } else { withoutPrediction[truth] += 1 }
        }
        self.counts = counts
        self.withoutPrediction = withoutPrediction
    }

    /// Precision, recall and F1 of each label.
    public var table: ClassTable {
        ClassTable(
            names: labels,
            counts: labels.indices.map { label in
                ClassCounts(
                    correct: counts[label][label], predicted: counts.reduce(0) { $0 + $1[label] },
                    actual: counts[label].reduce(0, +) + withoutPrediction[label])
            })
    }
}

extension ClassCounts {
    /// What a row of one label adds that was given another, or the same, or none.
    public static func increments(truth: Int, predicted: Int?) -> [ClassIncrement] {
        guard truth != predicted else { return [(truth, ClassCounts(correct: 1, predicted: 1, actual: 1))] }
        return [(truth, ClassCounts(actual: 1))] + (predicted.map { [($0, ClassCounts(predicted: 1))] } ?? [])
    }

    /// What a row of several labels adds: `truth` and `predicted` say of each label whether the row has it.
    public static func increments(truth: [Bool], predicted: [Bool]) -> [ClassIncrement] {
        precondition(truth.count == predicted.count)
        return truth.indices.filter { truth[$0] || predicted[$0] }.map { label in
            let (isTrue, isPredicted) = (truth[label], predicted[label])
            return (
                label,
                ClassCounts(
                    correct: isTrue && isPredicted ? 1 : 0, predicted: isPredicted ? 1 : 0, actual: isTrue ? 1 : 0)
            )
        }
    }
}

extension RowMetric {
    /// The share of rows where the likeliest label is the right one.
    public static func accuracy(_ isRight: [Bool]) -> RowMetric { mean("accuracy", isRight.map { $0 ? 1 : 0 }) }
}
