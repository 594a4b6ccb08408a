// Where a sweep stands: which trials race in which round, by what all of them came to.

/// What comes next in a sweep. It follows from the outcomes alone, so a sweep that was stopped goes on as one that was not.
package struct SweepStanding {
    /// Counted from 0.
    package private(set) var round = 0
    /// The trials of the round; of a sweep that is over, the winner.
    package private(set) var racing: [Int]
    /// The trial that is to be trained, and to the end of which round; nil: the sweep is over.
    package private(set) var next: (trial: Int, round: Int)?
    /// Whether trials that were out take the place of those of the round, of which the numbers of all ran away.
    package private(set) var hasSubstitutes = false
    /// nil where the sweep is not over, or the numbers of every trial ran away.
    package private(set) var winner: Int?

    /// - Parameters:
    ///   - outcomes: of each trial, from trial 1 on, round by round.
    ///   - counts: trials of each round.
    package init(_ outcomes: [[TrialOutcome]], counts: [Int]) {
        racing = Array(1...max(1, outcomes.count))
        for (round, goOn) in zip(counts.indices, counts.dropFirst() + [1]) {
            (self.round, hasSubstitutes) = (round, false)
            var best: [Int] = []
            while best.isEmpty {
                if let waiting = racing.first(where: { outcomes[$0 - 1].count <= round }) {
                    next = (waiting, outcomes[waiting - 1].count)
                    return
                }
                best = Self.best(goOn, of: racing, outcomes, round)
                guard best.isEmpty else { break }
                guard let substitute = Self.substitute(for: racing, outcomes) else { return }
                racing.append(substitute)
                hasSubstitutes = true
            }
            racing = best
        }
        winner = racing.first
    }

    /// The trials of `racing` with the least losses in `round`, `count` at most, the best first. Of equal ones the earlier comes first.
    private static func best(_ count: Int, of racing: [Int], _ outcomes: [[TrialOutcome]], _ round: Int) -> [Int] {
        let scored = racing.compactMap { trial in outcomes[trial - 1][round].loss.map { (loss: $0, trial: trial) } }
        return scored.sorted { ($0.loss, $0.trial) < ($1.loss, $1.trial) }.prefix(count).map(\.trial)
    }

    /// Of the trials that are out and whose numbers are sound, the one that got farthest with the least loss.
    private static func substitute(for racing: [Int], _ outcomes: [[TrialOutcome]]) -> Int? {
        let sound = outcomes.indices.compactMap { index -> (rounds: Int, loss: Double, trial: Int)? in
            guard let loss = outcomes[index].last?.loss, !racing.contains(index + 1) else { return nil }
            return (-outcomes[index].count, loss, index + 1)
        }
        return sound.min { $0 < $1 }?.trial
    }
}
