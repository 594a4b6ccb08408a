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
        var racing = trials.map(\.number)
        let listener = TrialObserver(observer)
        for round in schedule.counts.indices {
            let isLast = round == schedule.counts.count - 1
            for number in racing where record.outcome(of: number, round: round) == nil {
                let outcome = try train(number, round, among: racing.count, listener, observer)
                record.note(outcome, of: number)
                try bench.directory.write(record.json.text(.pretty) + "\n", to: bench.directory.record)
                if bench.interruption.stopRequest.isSet {
                    throw bench.interruption.failure(
                        "after trial \(number) of round \(round + 1)", saved: bench.directory.record.path)
                }
            }
            let best = record.best(isLast ? 1 : schedule.counts[round + 1], of: racing, round: round)
            guard !best.isEmpty else { throw failure(record, racing, round) }
            for number in racing where !best.contains(number) { try bench.retire(number) }
            racing = best
        }
        guard let winner = racing.first,
            case .scored(let steps, _)? = record.outcome(of: winner, round: schedule.counts.count - 1)
        else { throw Failure(.internal, "a sweep ended without a winner") }
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

    private func failure(_ record: SweepRecord, _ racing: [Int], _ round: Int) -> Failure {
        let reasons = racing.compactMap { number -> String? in
            guard case .failed(let reason)? = record.outcome(of: number, round: round) else { return nil }
            return "trial \(number) (\(trials[number - 1].words)): \(reason)"
        }
        return Failure(
            .badInput, "no trial has a finite loss:\n  " + reasons.joined(separator: "\n  "),
            hint: "sweep lower values of train.learning_rate; --fresh starts over")
    }
}
