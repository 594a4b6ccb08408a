// Learning what a teacher would say, beside what the rows say.

public import Datasets
import Foundation
public import Models

/// (1 − share) · divergence + share · cross-entropy, the mean over target tokens: a teacher's predictions and the rows' own answers.
///
/// The divergence is between predictions at the temperature: logits of both are divided by it, and the gradient is that of just this
/// loss, not multiplied by the temperature's square; so does TRL. The cross-entropy is that at temperature 1, always.
/// From samples of a teacher's predictions, the teacher's own entropy is not known: what is told as divergence then has it in it.
public struct Distillation: Objective {
    public let unit = ExampleUnit.sequence
    public var measures: [Measure] {
        (["divergence", "cross_entropy"] + (hidden == nil ? [] : ["hidden"])).map {
            Measure.mean($0, isToldInSteps: true, higherIsBetter: false)
        }
    }
    private var teacher: any TeacherSource
    let divergence: Divergence
    let temperature: Double
    let crossEntropyShare: Double
    /// What hidden states add to the loss, and how much it counts.
    private var hidden: (match: HiddenMatch, weight: Double)?

    /// - Parameters:
    ///   - temperature: at which the teacher's distribution is what `teacher` gives, where that is not all of it.
    ///   - crossEntropyShare: from 0 to 1.
    /// - Throws: `DistillationError` where the divergence cannot be learnt from what the teacher gives.
    public init(
        from teacher: any TeacherSource, by divergence: Divergence, temperature: Double = 1, crossEntropyShare: Double
    ) throws(DistillationError) {
        precondition(temperature > 0 && (0...1).contains(crossEntropyShare))
        try Self.check(divergence, teacher.form)
        self.teacher = teacher
        self.divergence = divergence
        self.temperature = temperature
        self.crossEntropyShare = crossEntropyShare
    }

    /// The same, with the distance of the hidden states from the teacher's added to the loss.
    /// - Parameter match: of the same teacher, and student.
    public func matching(_ match: HiddenMatch, weight: Double) -> Distillation {
        var objective = self
        objective.teacher = match.source
        objective.hidden = (match, weight)
        return objective
    }

    /// Whether `divergence` can be learnt from a teacher's predictions in that form: asked before there are any.
    public static func check(_ divergence: Divergence, _ form: TeacherForm) throws(DistillationError) {
        if form == .sampled, !divergence.isLinearInTeacher { throw .needsWholeDistribution }
    }

    public func weight(targets: Int) -> Int { targets }

    public func sums(_ pass: ObjectivePass) throws -> LossSums {
        try teacher.withTargets(pass) { targets in
            try pass.run(residualsAfter: hidden?.match.studentBlocks ?? []) { rows in
                let losses = try losses(rows, targets, pass.gradientScale.map(Double.init))
                return try sums(rows, losses)
            }
        }
    }

    /// What a row's losses count in the gradient.
    struct LossWeights {
        let divergence: Double
        let crossEntropy: Double
    }

    /// What the rows of a pass come to.
    struct RowLosses {
        var divergences: [Double]
        var crossEntropies: [Double]
        /// Of hidden states; empty where they are not looked at.
        var hidden: [Double] = []
    }

    private func losses(_ rows: HeadRows, _ targets: TeacherTargets, _ scale: Double?) throws -> RowLosses {
        let weights = scale.map {
            LossWeights(divergence: $0 * (1 - crossEntropyShare), crossEntropy: $0 * crossEntropyShare)
        }
        switch targets {
        case .sampled(let tokens): return try sparseLosses(rows, tokens, rest: nil, weights)
        case .topK(let tokens, let rest): return try sparseLosses(rows, tokens, rest: rest, weights)
        case .full(let teacher):
            let losses = rows.losses(
                against: teacher, divergence.formula(temperature: temperature),
                weights: weights.map { .init(divergence: $0.divergence, crossEntropy: $0.crossEntropy) })
            return RowLosses(
                divergences: losses.divergences, crossEntropies: losses.crossEntropies,
                hidden: hidden.map { hidden in
                    hidden.match.losses(rows, teacher, weight: scale.map { $0 * hidden.weight })
                } ?? [])
        }
    }

    private func sums(_ rows: HeadRows, _ losses: RowLosses) throws -> LossSums {
        let parts = [losses.divergences, losses.crossEntropies] + (hidden == nil ? [] : [losses.hidden])
        let sums = parts.map(rows.sums), counts = rows.counts
        let totals = counts.indices.map { unit in
            mixed(sums[0][unit], sums[1][unit]) + (hidden.map { $0.weight * sums[2][unit] } ?? 0)
        }
        try rows.checkFinite(totals)
        return LossSums(
            units: counts.indices.map { unit in
                NamedSums(
                    loss: totals[unit], weight: counts[unit],
                    zip(measures, sums).map { ($0.name, $1[unit]) })
            })
    }

    /// A share of 0 leaves out what may be anything.
    private func mixed(_ divergence: Double, _ crossEntropy: Double) -> Double {
        (crossEntropyShare < 1 ? (1 - crossEntropyShare) * divergence : 0)
            + (crossEntropyShare > 0 ? crossEntropyShare * crossEntropy : 0)
    }
}
