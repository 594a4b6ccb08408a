// How long each trial of a sweep is trained before the next choice: the rounds of successive halving.

internal import Recipes

/// The rounds of a sweep. In each, the trials that are left are trained to a share of their steps; the last one ends them.
struct SweepSchedule: Equatable {
    /// Trials in each round.
    let counts: [Int]
    private let factor: Int
    private let minimumSteps: Int

    init(trials: Int, _ search: SearchSection) {
        (factor, minimumSteps) = (search.factor, search.minSteps)
        var counts = [trials]
        while search.method == .halving, let last = counts.last, last > 1 { counts.append(max(1, last / factor)) }
        self.counts = counts
    }

    /// The step to which a trial of `total` steps is trained in round `round`, counted from 0: of each later round it has `factor` times
    /// fewer.
    func lastStep(ofRound round: Int, total: Int) -> Int {
        var step = total
        for _ in round..<(counts.count - 1) { step = (step + factor - 1) / factor }
        return min(total, max(step, minimumSteps))
    }

    /// What all trials take together at most: which go on is not known before, so those with most to do are counted.
    ///
    /// - Parameters:
    ///   - totals: the steps of each trial.
    ///   - weights: what a step of each counts.
    func mostWork(totals: [Int], weights: [Int]) -> Int {
        let heaviest = zip(totals, weights).sorted { $0.0 * $0.1 > $1.0 * $1.1 }
        return counts.indices.reduce(0) { sum, round in
            heaviest.prefix(counts[round]).reduce(sum) { sum, trial in
                let before = round == 0 ? 0 : lastStep(ofRound: round - 1, total: trial.0)
                return sum + trial.1 * (lastStep(ofRound: round, total: trial.0) - before)
            }
        }
    }
}
