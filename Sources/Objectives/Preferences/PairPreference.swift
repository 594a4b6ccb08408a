// Learning from pairs of answers which is the better one. What DPO, CPO, SimPO and ORPO differ in are the parts of it.

public import Datasets
public import Models

/// Learns from pairs: the mean over pairs of a loss of what the model, and perhaps a reference, say of both answers, and perhaps the
/// likelihood of the chosen one.
public struct PairPreference: ReferencedObjective {
    /// The likelihood of chosen answers as a loss beside the other: the mean over the tokens of a step.
    public struct Likelihood: Sendable, Equatable {
        public let weight: Double
        /// Whether the prompt's tokens are learnt, too.
        public let ofPrompts: Bool

        public init(weight: Double, ofPrompts: Bool = false) {
            self.weight = weight
            self.ofPrompts = ofPrompts
        }
    }

    public let unit = ExampleUnit.pair
    public let looksAtAnswersOnly = true
    public let loss: any PreferenceLoss
    /// Nil where the model is held against nothing.
    public private(set) var reference: ReferencePolicy?
    public let weighting: AnswerWeighting
    /// Nil where it counts nothing.
    public let likelihood: Likelihood?
    /// The reward of an answer by its log ratio.
    let reward: @Sendable (Double) -> Double

    /// - Parameter reward: of a log ratio; a log-probability where there is no reference.
    public init(
        _ loss: any PreferenceLoss, against reference: ReferencePolicy?, weighting: AnswerWeighting = .sum,
        likelihood: Likelihood? = nil, reward: @escaping @Sendable (Double) -> Double
    ) {
        self.loss = loss
        self.reference = reference
        self.weighting = weighting
        self.likelihood = likelihood.flatMap { $0.weight > 0 ? $0 : nil }
        self.reward = reward
    }

    public func held(against reference: ReferencePolicy) -> PairPreference {
        var objective = self
        if objective.reference != nil { objective.reference = reference }
        return objective
    }

    /// The same, what the reference says of the rows that are trained on being looked up.
    public func looking(up kept: KeptScores) -> PairPreference {
        var objective = self
        objective.reference = reference?.looking(up: kept)
        return objective
    }

    /// Rewards, how often that of the chosen answer is the higher one and by how much, log-probabilities, which answer the model itself
    /// finds more likely, the loss of the chosen answers' likelihood where that counts, and how far a token's prediction is from the
    /// reference's: KL(model ‖ reference) over all of the vocabulary, where nothing goes back.
    public var measures: [Measure] {
        [
            .mean("rewards_chosen", isToldInSteps: true),
            .mean("rewards_rejected", isToldInSteps: true, higherIsBetter: false),
            .mean("rewards_accuracy", isToldInSteps: true, isCompared: true),
            .mean("rewards_margin", isToldInSteps: true, isCompared: true),
            .mean("logps_chosen", isToldInSteps: true),
            .mean("logps_rejected", isToldInSteps: true, higherIsBetter: false),
            .mean("prefers_chosen", isCompared: true),
            .mean("prefers_by_mean", isCompared: true),
            .mean("prefers_longer", isCompared: true, higherIsBetter: false),
        ]
            + (likelihood == nil
                ? []
                : [
                    Measure("nll_loss", isToldInSteps: true, higherIsBetter: false) {
                        $0["nll_tokens"] > 0 ? $0["nll"] / $0["nll_tokens"] : nil
                    }
                ])
            + (reference == nil
                ? []
                : [
                    Measure("kl", higherIsBetter: false) {
                        $0["kl_tokens"] > 0 ? $0["kl"] / $0["kl_tokens"] : nil
                    }
                ])
    }

    public func weight(targets: Int) -> Int { 1 }

    /// Where prompts are learnt, those of chosen answers carry loss.
    public func batch(_ examples: [TokenizedExample], sequences: [Int]?) -> TokenBatch {
        guard likelihood?.ofPrompts == true else { return TokenBatch(of: examples, sequences: sequences) }
        return TokenBatch(
            answers: examples.enumerated().map { number, example in
                (example.ids, number % 2 == 0 ? example.ids.indices.map { $0 > 0 } : example.isTarget)
            }, counts: examples.map(\.targetCount), sequences: sequences)
    }

    /// The mean of likelihoods is over the tokens of all batches.
    public func joined(_ batches: [TokenBatch]) -> [TokenBatch] {
        guard likelihood != nil else { return batches }
        let tokens = batches.reduce(0) { $0 + chosenTargets($1).reduce(0, +) }
        let pairs = batches.reduce(0) { $0 + $1.exampleCount / 2 }
        return batches.map { $0.sharing(pairsOfStep: pairs, tokensOfStep: tokens) }
    }

    /// Targets of each chosen answer, those of its prompt with them where they are learnt.
    private func chosenTargets(_ batch: TokenBatch) -> [Int] {
        stride(from: 0, to: batch.exampleCount, by: 2).map {
            batch.targets[batch.bounds[$0]..<batch.bounds[$0 + 1]].count { $0 >= 0 }
        }
    }

    public func sums(_ pass: ObjectivePass) throws -> LossSums {
        // Where only memory is counted the batch is no pair, and nothing of it is looked at.
        guard !pass.measures else { return try measured(pass) }
        guard pass.gradientScale != nil else { return LossSums(units: counted(try read(pass)).units) }
        let answers = BatchAnswers(pass.batch, weighting)
        let reference = try reference?.scores(pass, answers)
        return try pass.run { rows in
            let counted = counted(reading(answers, try rows.tokenLosses(), reference, pass.batch))
            try goBack(rows, answers, counted, pass.gradientScale)
            return LossSums(units: counted.units)
        }
    }

    private func measured(_ pass: ObjectivePass) throws -> LossSums {
        guard pass.gradientScale != nil else {
            try reference?.withPredictions(pass) { _, predictions in
                try pass.run { _ = try scored($0, against: predictions) }
            }
            if reference == nil { _ = try pass.run { try $0.tokenLosses() } }
            return LossSums()
        }
        try reference?.measure(pass)
        return try pass.run { rows in
            _ = try rows.tokenLosses(weights: [])
            return LossSums()
        }
    }

    /// What a batch says of its pairs, where nothing goes back from it.
    func read(_ pass: ObjectivePass) throws -> PairReading {
        let answers = BatchAnswers(pass.batch, weighting)
        guard let reference, !reference.isKnown(pass) else {
            let said = try reference?.scores(pass, answers)
            return try pass.run { reading(answers, try $0.tokenLosses(), said, pass.batch) }
        }
        return try reference.withPredictions(pass) { said, predictions in
            try pass.run { rows in
                let (losses, distances) = try scored(rows, against: predictions)
                var found = reading(answers, losses, answers.scores(said), pass.batch)
                found.distances = stride(from: 0, to: distances.count, by: 2).map { distances[$0] + distances[$0 + 1] }
                return found
            }
        }
    }

    /// The losses of the targets, and how far the predictions of each sequence are from others.
    private func scored(
        _ rows: HeadRows, against predictions: TeacherRows
    ) throws -> (losses: TokenLosses, distances: [Double]) {
        let formula = Divergence.reverseKL.formula(temperature: 1)
        return (
            try rows.tokenLosses(), rows.sums(rows.losses(against: predictions, formula, weights: nil).divergences)
        )
    }

    /// Leaves the gradient of what was counted.
    func goBack(_ rows: HeadRows, _ answers: BatchAnswers, _ counted: CountedPairs, _ scale: Float?) throws {
        guard let scale else { return }
        let weights = answers.weights(slopes: counted.slopes, likelihoods: counted.likelihoods, scale: scale)
        _ = try rows.tokenLosses(weights: weights)
    }

    // MARK: Numbers

    /// What a batch's answers are to the model and its reference.
    func reading(
        _ answers: BatchAnswers, _ losses: TokenLosses, _ reference: [Double]?, _ batch: TokenBatch
    ) -> PairReading {
        let policy = answers.scores(losses), targets = likelihood == nil ? [] : chosenTargets(batch)
        func answer(_ sequence: Int) -> ScoredAnswer {
            ScoredAnswer(
                policy: policy[sequence], reference: reference?[sequence] ?? 0, tokens: answers.tokens[sequence])
        }
        return PairReading(
            pairs: (0..<policy.count / 2).map { AnswerPair(chosen: answer(2 * $0), rejected: answer(2 * $0 + 1)) },
            likelihoods: targets.enumerated().map { pair, tokens in
                PairReading.Likelihood(
                    loss: losses.sums[2 * pair], tokens: tokens,
                    share: batch.stepShare.map { Double($0.pairs) / Double(max($0.tokens, 1)) }
                        ?? 1 / Double(max(tokens, 1)))
            })
    }

    /// What the pairs of `reading` count.
    func counted(_ reading: PairReading) -> CountedPairs {
        var counted = CountedPairs()
        for (number, (pair, found)) in zip(reading.pairs, loss.losses(of: reading.pairs)).enumerated() {
            let chosen = reward(pair.chosen.logRatio), rejected = reward(pair.rejected.logRatio)
            var loss = found.loss
            var told = [
                ("rewards_chosen", chosen), ("rewards_rejected", rejected),
                ("rewards_accuracy", PairJudgement.share(chosen - rejected)), ("rewards_margin", chosen - rejected),
                ("logps_chosen", pair.chosen.policy), ("logps_rejected", pair.rejected.policy),
            ]
            told += PairJudgement(pair, weighting).told
            counted.slopes += [found.chosenSlope, found.rejectedSlope]
            counted.likelihoods += [0, 0]
            if let likelihood {
                let own = reading.likelihoods[number], weight = likelihood.weight * own.share
                loss += weight * own.loss
                counted.likelihoods[2 * number] = weight
                told += [("nll", own.loss), ("nll_tokens", Double(own.tokens))]
            }
            if !reading.distances.isEmpty {
                told += [
                    ("kl", reading.distances[number]), ("kl_tokens", Double(pair.chosen.tokens + pair.rejected.tokens)),
                ]
            }
            counted.units.append(NamedSums(loss: loss, weight: 1, told.map { (name: $0.0, value: $0.1) }))
        }
        return counted
    }
}
