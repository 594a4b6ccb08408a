// Learning from answers that are rated one by one (Ethayarajh et al., "KTO: Model Alignment as Prospect Theoretic Optimization", 2024).

public import Datasets
public import Models
import Recipes

/// Learns from rated answers: the mean over them of a loss of their log ratios to a reference.
public struct KTO: StepObjective, ReferencedObjective {
    public let unit = ExampleUnit.rated
    public let weighting = AnswerWeighting.sum
    public private(set) var reference: ReferencePolicy?
    let loss: RatedLoss
    /// Ratings above it are of good answers.
    let desirableAbove: Double
    /// How long the prompt of one row with the answer of another may be.
    let mostTokens: Int
    public let heldOutRows: Int

    /// - Parameter heldOutRows: rows of which a held-out distance from the reference is.
    init(_ loss: RatedLoss, desirableAbove: Double, mostTokens: Int, heldOutRows: Int = 64) {
        reference = ReferencePolicy()
        self.loss = loss
        self.desirableAbove = desirableAbove
        self.mostTokens = mostTokens
        self.heldOutRows = heldOutRows
    }

    public func held(against reference: ReferencePolicy) -> KTO {
        var objective = self
        objective.reference = reference
        return objective
    }

    public func looking(up kept: KeptScores) -> KTO {
        var objective = self
        objective.reference = reference?.looking(up: kept)
        return objective
    }

    /// Mean rewards of good and of bad answers, 0 where a step has none of the kind, how far these are apart, and the distance from the
    /// reference; how often a reward has the sign that the rating asks for.
    public var measures: [Measure] {
        func mean(_ side: String) -> @Sendable (NamedSums) -> Double? {
            { $0[side] > 0 ? $0["rewards_" + side] / $0[side] : $0.weight > 0 ? 0 : nil }
        }
        let chosen = mean("chosen"), rejected = mean("rejected")
        return [
            Measure("rewards_chosen", isToldInSteps: true, value: chosen),
            Measure("rewards_rejected", isToldInSteps: true, higherIsBetter: false, value: rejected),
            Measure("rewards_margin", isToldInSteps: true) { sums in
                chosen(sums).flatMap { good in rejected(sums).map { good - $0 } }
            },
            .mean("rewards_accuracy", isToldInSteps: true, isCompared: true),
            .mean("kl", isToldInSteps: true, higherIsBetter: false),
        ]
    }

    public func weight(targets: Int) -> Int { 1 }

    public func batch(_ examples: [TokenizedExample], sequences: [Int]?) -> TokenBatch {
        TokenBatch(rated: examples.map { ($0.ids, $0.isTarget, $0.wanted) }, sequences: sequences)
    }

    /// Each batch with the prompts of its rows before the answers of other rows of the step: what the model says of these tells how far it
    /// is from the reference.
    public func joined(_ batches: [TokenBatch]) -> [TokenBatch] {
        loss.isAnchoredAtKL ? batches.withMismatches(mostTokens: mostTokens) : batches
    }

    // MARK: Passes

    /// What a batch of rated answers says of them.
    public struct Reading {
        var policy: [Double] = []
        var reference: [Double] = []
        var isDesirable: [Bool] = []
        /// The log ratios of prompts with the answers of other rows.
        var mismatches: [Double] = []
    }

    /// A step that is one batch goes forward once, and once for the distance from the reference.
    public func sums(_ pass: ObjectivePass) throws -> LossSums {
        guard !pass.measures else { return try measured(pass) }
        let answers = BatchAnswers(pass.batch, weighting)
        var reading = try beside(pass, answers)
        return try pass.run { rows in
            reading.policy = answers.scores(try rows.tokenLosses())
            let counted = counted(reading)
            try goBack(rows, answers, counted.slopes, pass.gradientScale)
            return LossSums(units: counted.units)
        }
    }

    private func measured(_ pass: ObjectivePass) throws -> LossSums {
        if loss.isAnchoredAtKL { _ = try pass.tokenLosses(of: pass.batch.besideAtMost(mostTokens: mostTokens)) }
        try reference?.measure(pass)
        return try pass.run { rows in
            _ = try rows.tokenLosses(weights: pass.gradientScale == nil ? nil : [])
            return LossSums()
        }
    }

    /// All of a batch's reading but what the model says of its own answers.
    private func beside(_ pass: ObjectivePass, _ answers: BatchAnswers) throws -> Reading {
        var reading = Reading()
        reading.reference = try reference?.scores(pass, answers) ?? []
        reading.isDesirable = pass.batch.wanted.map { wanted in
            guard let rating = wanted.first else { preconditionFailure("an answer without a rating") }
            // Ratings travel as floats: one that equals the threshold is to be no higher than it.
            return rating > Float(desirableAbove)
        }
        if let mismatches = pass.batch.beside {
            let policy = try pass.tokenLosses(of: mismatches).sums
            let reference = try reference?.losses(pass, of: mismatches).sums ?? []
            reading.mismatches = zip(policy, reference).map { $1 - $0 }
        }
        return reading
    }

    private func goBack(_ rows: HeadRows, _ answers: BatchAnswers, _ slopes: [Double], _ scale: Float?) throws {
        guard let scale else { return }
        _ = try rows.tokenLosses(
            weights: answers.weights(slopes: slopes, likelihoods: slopes.map { _ in 0 }, scale: scale))
    }

    public func read(_ pass: ObjectivePass) throws -> Reading {
        let answers = BatchAnswers(pass.batch, weighting)
        var reading = try beside(pass, answers)
        reading.policy = try pass.run { answers.scores(try $0.tokenLosses()) }
        return reading
    }

    public func losses(_ readings: [Reading], gradientScale: Float?) -> StepLosses<[Double]> {
        var whole = Reading()
        for reading in readings {
            whole.policy += reading.policy
            whole.reference += reading.reference
            whole.isDesirable += reading.isDesirable
            whole.mismatches += reading.mismatches
        }
        let counted = counted(whole)
        return StepLosses(sums: LossSums(units: counted.units), counts: readings.map(\.policy.count)) {
            Array(counted.slopes[$0])
        }
    }

    public func goBack(_ pass: ObjectivePass, from wayBack: [Double]) throws {
        let answers = BatchAnswers(pass.batch, weighting)
        try pass.run { try goBack($0, answers, wayBack, pass.gradientScale) }
    }

    /// A few numbers for each row.
    public func stepBytes(rows: Int, texts: Int, width: Int) -> Int { rows * 256 }

    // MARK: Numbers

    private func counted(_ reading: Reading) -> (units: [NamedSums], slopes: [Double]) {
        let sum = reading.mismatches.reduce(0, +)
        let distance = max(0, reading.mismatches.isEmpty ? 0 : sum / Double(reading.mismatches.count))
        var units: [NamedSums] = [], slopes: [Double] = []
        for (number, isDesirable) in reading.isDesirable.enumerated() {
            let logRatio = reading.policy[number] - reading.reference[number], reward = loss.beta * logRatio
            let curve = loss.curve(logRatio, isDesirable: isDesirable, anchor: distance)
            slopes.append(curve.slope)
            units.append(
                NamedSums(
                    loss: curve.value, weight: 1,
                    [
                        "rewards_chosen": isDesirable ? reward : 0, "chosen": isDesirable ? 1 : 0,
                        "rewards_rejected": isDesirable ? 0 : reward, "rejected": isDesirable ? 0 : 1,
                        "rewards_accuracy": PairJudgement.share(isDesirable ? reward : -reward), "kl": distance,
                    ]))
        }
        return (units, slopes)
    }
}

extension KTO {
    /// KTO as a recipe has it.
    init(_ train: TrainSection, mostTokens: Int) {
        let settings = train.preferences
        self.init(
            RatedLoss(
                beta: train.beta, isAnchoredAtKL: train.weightedLossTypes.first?.type != .apoZeroUnpaired,
                desirableWeight: settings.desirableWeight, undesirableWeight: settings.undesirableWeight),
            desirableAbove: settings.desirableAbove, mostTokens: mostTokens)
    }
}
