// One total and one time left for all stages of a run.

internal import Foundation

/// Passes events on, and before each that tells how far a stage is, tells how far the run is.
final class RunClock: RunObserver {
    private let observer: any RunObserver
    private var work: RunWork?
    private var amounts: [Double] = []
    private var stage = ""
    private var start: (instant: ContinuousClock.Instant, share: Double)?

    init(_ observer: any RunObserver) { self.observer = observer }

    /// From now on progress is a share of `work`.
    func follow(_ work: RunWork) {
        self.work = work
        amounts = work.phases.map { $0.amount(.relative(modelBytes: work.modelBytes)) }
    }

    func receive(_ event: RunEvent) {
        switch event {
        case .stage(let name, _): stage = name
        case .progress(let done, let total, let unit) where stage != "train": tell(done, of: total, unit)
        case .training(.step(let step, let total, _, _, _, _)): tell(step, of: total, nil)
        case .training(.started(let step, let total, _, _)): begin(at: share(step, of: total, nil) ?? 0)
        default: break
        }
        observer.receive(event)
    }

    private func begin(at share: Double) { start = (.now, share) }

    /// The share of the run that is done when `done` of `total` of a phase are; nil where the phase is none of the run's.
    private func share(_ done: Int, of total: Int, _ unit: String?) -> Double? {
        let counted = unit.map { String($0.prefix { $0 != "," }) }
        guard let work, total > 0,
            let index = work.phases.firstIndex(where: { $0.stage == stage && $0.unit == counted })
        else { return nil }
        let all = amounts.reduce(0, +)
        guard all > 0 else { return nil }
        return (amounts[..<index].reduce(0, +) + amounts[index] * Double(done) / Double(total)) / all
    }

    private func tell(_ done: Int, of total: Int, _ unit: String?) {
        guard let share = share(done, of: total, unit) else { return }
        if start == nil { begin(at: share) }
        var left: Double?
        if let start, share > start.share {
            left = (ContinuousClock.now - start.instant).seconds * (1 - share) / (share - start.share)
        }
        observer.receive(.overall(share: share, secondsLeft: left))
    }
}
