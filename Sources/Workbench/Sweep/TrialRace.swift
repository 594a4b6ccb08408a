// Round by round: trials are trained to a step, and the better ones go on.

internal import Foundation
internal import Recipes
internal import Spelling

/// The trials of a sweep in their rounds.
struct TrialRace {
    let schedule: SweepSchedule
    private let trials: [SweepTrial]
    /// The steps of each.
    private let totals: [Int]
    private let bench: TrialBench

    init(_ trials: [SweepTrial], _ totals: [Int], _ schedule: SweepSchedule, _ bench: TrialBench) {
        (self.trials, self.totals, self.schedule, self.bench) = (trials, totals, schedule, bench)
    }

    /// Trains what `record` does not know yet, and notes it there; the winner with the steps that it was trained for.
    ///
    /// - Throws: `Failure` where the numbers of every trial ran away.
    func run(_ record: inout SweepRecord, _ observer: any RunObserver) throws -> (trial: Int, steps: Int) {
        let listener = TrialObserver(observer)
        var racing = trials.map(\.number)
        while true {
            let standing = SweepStanding(record.outcomes, counts: schedule.counts)
            for number in racing where !standing.racing.contains(number) { try bench.retire(number) }
            racing = standing.racing
            guard let next = standing.next else { return try winner(standing, record, listener, observer) }
            if standing.hasSubstitutes { observer.receive(.note(words(ofSubstitute: next.trial, standing.round))) }
            let outcome = try train(next.trial, next.round, among: racing.count, listener, observer)
            record.note(outcome, of: next.trial)
            try bench.directory.write(record.json.text(.pretty) + "\n", to: bench.directory.record)
            if bench.interruption.stopRequest.isSet {
                throw bench.interruption.failure(
                    "after trial \(next.trial) of round \(next.round + 1)", saved: bench.directory.record.path)
            }
        }
    }

    private func words(ofSubstitute number: Int, _ round: Int) -> String {
        "the numbers of every trial in round \(round + 1) ran away, so trial \(number) goes on, which did best of those "
            + "that were out"
    }

    /// The winner; where its adapter is gone, it is written anew from what is left of the trial.
    private func winner(
        _ standing: SweepStanding, _ record: SweepRecord, _ listener: TrialObserver, _ observer: any RunObserver
    ) throws -> (trial: Int, steps: Int) {
        guard let winner = standing.winner else { throw failure(record) }
        guard case .scored(let steps, let loss)? = record.outcome(of: winner, round: standing.round) else {
            throw Failure(.internal, "a sweep ended without a winner")
        }
        guard try !bench.hasAdapter(of: winner) else { return (winner, steps) }
        observer.receive(.note("the adapter of trial \(winner), the winner, is gone, so it is made anew"))
        let again = try train(winner, standing.round, among: 1, listener, observer)
        guard again == .scored(step: steps, loss: loss) else {
            throw Failure(
                .badInput, "trial \(winner) won with a loss of \(loss) and does not come to it again",
                hint: "--fresh starts over and removes what this sweep made")
        }
        return (winner, steps)
    }

    private func train(
        _ number: Int, _ round: Int, among count: Int, _ listener: TrialObserver, _ observer: any RunObserver
    ) throws -> TrialOutcome {
        let trial = trials[number - 1], total = totals[number - 1]
        let step = schedule.lastStep(ofRound: round, total: total)
        observer.receive(
            .stage(
                "trial",
                detail:
                    "\(number) of \(Count.text(trials.count, "trial")), round \(round + 1) of \(schedule.counts.count) "
                    + "(\(count) in it), to step \(step) of \(total): \(trial.words)"))
        let isLast = round == schedule.counts.count - 1
        let outcome = try bench.outcome(of: trial, until: isLast ? nil : step, listener)
        if case .failed(let reason) = outcome {
            observer.receive(.warning("trial \(number) is out: \(reason)"))
        }
        return outcome
    }

    private func failure(_ record: SweepRecord) -> Failure {
        let reasons = zip(trials, record.outcomes).compactMap { trial, outcomes -> String? in
            guard case .failed(let reason)? = outcomes.last else { return nil }
            return "trial \(trial.number) (\(trial.words)): \(reason)"
        }
        return Failure(
            .badInput, "no trial has a finite loss:\n  " + reasons.joined(separator: "\n  "),
            hint: "sweep lower values of train.learning_rate; --fresh starts over")
    }
}
