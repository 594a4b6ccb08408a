// Distillation from a few tokens of each row: what a file of predictions holds. The student's head and its softmax are those of plain
// training, with more tokens by name than the label.

import Foundation
import Models
import Tensors

extension Distillation {
    /// - Parameters:
    ///   - tokens: the teacher's tokens of each row: with weights, or with log-probabilities where there is a `rest`.
    ///   - rest: the log-probability of all other tokens; nil where the tokens are samples.
    ///   - weights: what divergence and cross-entropy of a row count in the gradient; nil where nothing goes back.
    func sparseLosses(
        _ rows: HeadRows, _ tokens: SparseRows, rest: [Float]?, _ weights: LossWeights?
    ) throws -> RowLosses {
        guard !rows.measures else {
            _ = try rows.tokenLosses(weights: weights.map { _ in [] })
            return RowLosses(zeros: rows.rows.count)
        }
        func teacher(_ row: Int) -> TeacherRow {
            TeacherRow(divergence: divergence, values: tokens.values(row), rest: rest.map { Double($0[row]) })
        }
        if temperature == 1 { return losses(rows, LabelledTokens(tokens, labels: rows.targets), teacher, weights) }
        var losses = RowLosses(zeros: rows.rows.count)
        rows.forEachRow(naming: tokens, temperature: temperature, goesBack: weights != nil) { row in
            let found = teacher(row.index).loss(
                student: Array(row.logProbabilities), rest: row.restLogProbability)
            losses.divergences[row.index] = found.loss
            for place in row.slopes.indices { row.slopes[place] = (weights?.divergence ?? 0) * found.slopes[place] }
            return (weights?.divergence ?? 0) * found.restSlope
        }
        // Of logits that are not divided: another softmax.
        let labels = try rows.tokenLosses(
            weights: weights.flatMap { weights in
                crossEntropyShare > 0
                    ? Array(repeating: Float(weights.crossEntropy), count: rows.rows.count) : nil
            }, isAdded: true)
        losses.crossEntropies = labels.values.map(Double.init)
        return losses
    }

    /// Divergence and cross-entropy of one softmax: the label is one more token by name.
    private func losses(
        _ rows: HeadRows, _ tokens: LabelledTokens, _ teacher: (Int) -> TeacherRow, _ weights: LossWeights?
    ) -> RowLosses {
        var losses = RowLosses(zeros: rows.rows.count)
        rows.forEachRow(naming: tokens.tokens, goesBack: weights != nil) { row in
            let label = tokens.labelPlaces[row.index], logs = Array(row.logProbabilities)
            let isExtra = tokens.labelIsExtra[row.index]
            var student = logs, others = row.restLogProbability
            if isExtra { others = Self.logSum(others, student.remove(at: label)) }
            var found = teacher(row.index).loss(student: student, rest: others)
            losses.divergences[row.index] = found.loss
            losses.crossEntropies[row.index] = -logs[label]
            guard let weights else { return 0 }
            if isExtra {
                // The label is of the teacher's others: their slope is shared out by their parts.
                found.slopes.insert(found.restSlope * exp(logs[label] - others), at: label)
                found.restSlope *= exp(row.restLogProbability - others)
            }
            for place in logs.indices { row.slopes[place] = weights.divergence * found.slopes[place] }
            row.slopes[label] -= weights.crossEntropy
            return weights.divergence * found.restSlope
        }
        return losses
    }

    private static func logSum(_ left: Double, _ right: Double) -> Double {
        let most = max(left, right)
        return most == -.infinity ? most : most + log1p(exp(-abs(left - right)))
    }
}

extension Distillation.RowLosses {
    fileprivate init(zeros count: Int) {
        let zeros = [Double](repeating: 0, count: count)
        self.init(divergences: zeros, crossEntropies: zeros)
    }
}

/// The tokens of a teacher's rows, and the label of each row among them.
private struct LabelledTokens {
    private(set) var tokens = SparseRows()
    /// Where the label stands in its row.
    private(set) var labelPlaces: [Int] = []
    /// Whether it is none of the teacher's tokens.
    private(set) var labelIsExtra: [Bool] = []

    init(_ teachers: SparseRows, labels: [Int32]) {
        precondition(teachers.count == labels.count, "a teacher of other rows")
        tokens.reserve(rows: labels.count, entries: teachers.columns.count + labels.count)
        for (row, label) in labels.enumerated() {
            var columns = Array(teachers.columns(row))
            let place = columns.firstIndex { $0 >= label } ?? columns.count
            let isExtra = place == columns.count || columns[place] != label
            if isExtra { columns.insert(label, at: place) }
            tokens.append(columns.map { ($0, 0) })
            labelPlaces.append(place)
            labelIsExtra.append(isExtra)
        }
    }
}

/// What a teacher says of one row.
private struct TeacherRow {
    let divergence: Divergence
    /// Weights of samples, or log-probabilities.
    let values: ArraySlice<Float>
    /// The log-probability of all others; nil for samples.
    let rest: Double?

    /// Below what the others are taken to have: files keep a mass to a few digits only, and nothing is ruled out by them.
    private static let leastRest = log(0x1p-24)

    struct Loss {
        var loss = 0.0
        /// By the log-probability of each token.
        var slopes: [Double]
        /// By that of all others.
        var restSlope = 0.0
    }

    /// - Parameters:
    ///   - student: its log-probabilities of the teacher's tokens.
    ///   - others: that of all other tokens; −∞ where there are none.
    func loss(student: [Double], rest others: Double) -> Loss {
        var found = Loss(slopes: [])
        found.slopes.reserveCapacity(student.count + 1)
        for (value, student) in zip(values, student) {
            let (loss, slope) =
                rest == nil
                ? (-Double(value) * student, -Double(value))
                : divergence.outcome(student: student, teacher: Double(value))
            found.loss += loss
            found.slopes.append(slope)
        }
        if let rest, others > -.infinity {
            let (loss, slope) = divergence.outcome(student: others, teacher: max(rest, Self.leastRest))
            found.loss += loss
            found.restSlope = slope
        }
        return found
    }
}
