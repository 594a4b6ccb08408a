// Runs that learn which answer is better, by what their objectives tell of rewards.

/// The better answer gets the higher reward as often as by tossing a coin.
struct PreferenceStuck: HealthRule {
    func findings(in run: RunTrace) -> [HealthFinding] {
        let accuracies = run.measure("rewards_accuracy"), margins = run.measure("rewards_margin")
        guard run.progress >= 0.6, accuracies.count >= 15 else { return [] }
        let half = accuracies.count / 2, accuracy = accuracies.suffix(half).mean
        let pairs = Double(half * (run.facts?.batchSize ?? 1))
        // Three deviations of a coin, and no more than a tenth.
        guard abs(accuracy - 0.5) < max(0.06, min(0.1, 1.5 / pairs.squareRoot())) || accuracy < 0.5 else { return [] }
        let rows = run.facts?.rows
        let same = (rows?.equalPairs ?? 0) * 5 >= max(1, rows?.units ?? 0)
        return [
            HealthFinding(
                "preference_stuck",
                "the better answer has the higher reward in \(accuracy.percent) of pairs over the last \(half) steps, as by chance"
                    + (same
                        ? "; both answers are the same in \(rows?.equalPairs ?? 0) of \(rows?.units ?? 0) pairs" : ""),
                [.init("rewards_accuracy", accuracy), .init("rewards_margin", margins.suffix(half).mean)],
                step: run.steps.last?.number, key: "data.train",
                advice:
                    "look with lathe inspect whether chosen and rejected are the right way round, and differ in what counts",
                explains: ["loss_flat"])
        ]
    }
}

/// Both answers become less likely, the better one too.
struct ChosenFalls: HealthRule {
    func findings(in run: RunTrace) -> [HealthFinding] {
        let chosen = run.measure("rewards_chosen"), rejected = run.measure("rewards_rejected")
        guard run.progress >= 0.5, chosen.count >= 15, rejected.count == chosen.count else { return [] }
        let width = max(3, chosen.count / 5)
        let end = chosen.suffix(width).mean, other = rejected.suffix(width).mean
        // A little below 0 is common: all probability that rejected answers lose goes somewhere else.
        guard end < -1.5, other < end, -end > 0.7 * (end - other), end < chosen.prefix(width).mean - 1 else {
            return []
        }
        return [
            HealthFinding(
                "chosen_falls",
                "the reward of chosen answers fell to \(end.shown), with that of rejected ones (\(other.shown)): the model unlearns "
                    + "both, and writes something else",
                [.init("rewards_chosen", end), .init("rewards_rejected", other)], step: run.steps.last?.number,
                key: "train.learning_rate",
                advice: "a third of it; a higher beta or an SFT term beside the loss holds chosen answers up")
        ]
    }
}

/// Length tells the better answer, or what is written grows or shrinks.
struct LengthDrift: HealthRule {
    func findings(in run: RunTrace) -> [HealthFinding] { [skewed(run) ?? drifting(run)].compactMap { $0 } }

    private func skewed(_ run: RunTrace) -> HealthFinding? {
        guard let rows = run.facts?.rows, rows.units >= 10, rows.chosenTokens > 0, rows.rejectedTokens > 0 else {
            return nil
        }
        let ratio = Double(rows.chosenTokens) / Double(rows.rejectedTokens)
        guard ratio > 2 || ratio < 0.5 else { return nil }
        return HealthFinding(
            "length_drift",
            "chosen answers have \(ratio.shown) times the tokens of rejected ones: the model learns length first",
            [.init("chosen_tokens", rows.chosenTokens), .init("rejected_tokens", rows.rejectedTokens)],
            key: "data.train", advice: "pairs of like length; or a loss that counts a token's mean")
    }

    /// Of answers that the model writes, more and more come to their end by the limit.
    private func drifting(_ run: RunTrace) -> HealthFinding? {
        let cut = run.measure("cut_off")
        guard cut.count >= 15 else { return nil }
        let width = max(3, cut.count / 5), first = cut.prefix(width).mean, last = cut.suffix(width).mean
        guard last >= 0.5, first < 0.25 else { return nil }
        return HealthFinding(
            "length_drift",
            "\(last.percent) of the answers that the model writes are cut off by their limit, and at the beginning it were "
                + "\(first.percent)",
            [.init("first_cut_off", first), .init("cut_off", last)], step: run.steps.last?.number,
            key: "train.rewards",
            advice: "rewards that do not grow with length; a higher train.beta holds the model back")
    }
}

/// All answers to a question get one reward: nothing says which of them is better.
struct RewardsAlike: HealthRule {
    func findings(in run: RunTrace) -> [HealthFinding] {
        let alike = run.measure("groups_without_spread")
        guard alike.count >= 10 else { return [] }
        let share = alike.suffix(alike.count / 2).mean, reward = run.measure("reward").suffix(alike.count / 2).mean
        // Of a model that answers all of it rightly there is nothing to say.
        guard share >= 0.9, !(reward > 0.95) else { return [] }
        return [
            HealthFinding(
                "rewards_alike",
                "in \(share.percent) of groups all answers have the same reward (\(reward.shown) in the mean): there is nothing to "
                    + "learn of them",
                [.init("groups_without_spread", share), .init("reward", reward)], step: run.steps.last?.number,
                key: "train.rewards",
                advice: "rewards that tell nearly right from wrong, easier questions, or more train.num_generations",
                explains: ["adapter_still", "loss_flat", "rate_too_low"])
        ]
    }
}
