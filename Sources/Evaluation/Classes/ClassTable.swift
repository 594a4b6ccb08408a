// Precision, recall and F1 of classes and their averages, as scikit-learn's `classification_report` has them: a fraction of nothing is 0.

/// What is counted of a class: of labels, or of spans of a type.
public struct ClassCounts: Sendable, Equatable {
    /// Right predictions of it.
    public var correct: Int
    /// Predictions of it.
    public var predicted: Int
    /// How often it is the truth.
    public var actual: Int

    public init(correct: Int = 0, predicted: Int = 0, actual: Int = 0) {
        self.correct = correct
        self.predicted = predicted
        self.actual = actual
    }

    public static func + (left: ClassCounts, right: ClassCounts) -> ClassCounts {
        ClassCounts(
            correct: left.correct + right.correct, predicted: left.predicted + right.predicted,
            actual: left.actual + right.actual)
    }

    public static func += (left: inout ClassCounts, right: ClassCounts) { left = left + right }

    var scores: ClassScores {
        func share(_ part: Int, _ whole: Int) -> Double { whole > 0 ? Double(part) / Double(whole) : 0 }
        return ClassScores(
            precision: share(correct, predicted), recall: share(correct, actual),
            f1: share(2 * correct, predicted + actual), support: actual)
    }
}

/// How good the predictions of a class are, or of several on average.
public struct ClassScores: Sendable, Equatable {
    public let precision: Double
    public let recall: Double
    public let f1: Double
    /// How often the class is the truth.
    public let support: Int
}

/// How the scores of classes become one.
public enum ClassAverage: String, Sendable, CaseIterable {
    /// Each class counts the same.
    case macro
    /// Each class counts as often as it is the truth.
    case weighted
    /// All predictions count the same, whatever their class.
    case micro
}

/// The classes of a task with what was counted of each.
public struct ClassTable: Sendable, Equatable {
    public let names: [String]
    public let counts: [ClassCounts]

    public init(names: [String], counts: [ClassCounts]) {
        precondition(names.count == counts.count)
        self.names = names
        self.counts = counts
    }

    /// Of each class, in the order of `names`.
    public var scores: [ClassScores] { counts.map(\.scores) }

    public func average(_ average: ClassAverage) -> ClassScores { Self.average(average, counts) }

    /// The average over those classes that are the truth or predicted somewhere.
    static func average(_ average: ClassAverage, _ counts: [ClassCounts]) -> ClassScores {
        let all = counts.reduce(ClassCounts(), +)
        if average == .micro { return all.scores }
        let scores = counts.filter { $0.actual + $0.predicted > 0 }.map(\.scores)
        func mean(_ value: (ClassScores) -> Double) -> Double {
            var (sum, weights) = (0.0, 0.0)
            for score in scores {
                let weight = average == .macro ? 1 : Double(score.support)
                sum += weight * value(score)
                weights += weight
            }
            return weights > 0 ? sum / weights : 0
        }
        return ClassScores(precision: mean(\.precision), recall: mean(\.recall), f1: mean(\.f1), support: all.actual)
    }
}

/// What a row adds to a class.
public typealias ClassIncrement = (place: Int, counts: ClassCounts)

extension RowMetric {
    /// An average F1 over classes.
    ///
    /// - Parameters:
    ///   - name: "macro_f1".
    ///   - rows: what each row adds to the classes 0..<`classCount`.
    public static func f1(_ name: String, _ average: ClassAverage, rows: [[ClassIncrement]], classCount: Int)
        -> RowMetric
    {
        let entries = rows.map { row in
            row.flatMap { place, counts in
                [counts.correct, counts.predicted, counts.actual].enumerated().compactMap { part, count in
                    count == 0 ? nil : (column: 3 * place + part, value: Double(count))
                }
            }
        }
        return RowMetric(name, higherIsBetter: true, entries: entries, width: 3 * classCount) { sums in
            let counts = (0..<classCount).map { place in
                ClassCounts(
                    correct: Int(sums[3 * place]), predicted: Int(sums[3 * place + 1]),
                    actual: Int(sums[3 * place + 2]))
            }
            return counts.contains { $0.actual + $0.predicted > 0 } ? ClassTable.average(average, counts).f1 : nil
        }
    }
}
