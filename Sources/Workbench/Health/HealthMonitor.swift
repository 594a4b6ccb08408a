// Looks after a run while it goes: each trouble is told once, when it first shows.

/// Follows the events of a run, and tells an observer what they show to be wrong.
final class HealthMonitor: RunObserver {
    private var run: RunTrace
    private var told: Set<String> = []
    private var nextLook = 1
    private let tell: (HealthFinding) -> Void

    /// - Parameters:
    ///   - run: what an earlier part of the run told.
    ///   - tell: hears of each trouble once.
    init(_ run: RunTrace = RunTrace(), tell: @escaping (HealthFinding) -> Void) {
        self.run = run
        self.tell = tell
        told = Set(HealthRules.findings(in: run).map(\.name))
    }

    /// What the run shows by now.
    var findings: [HealthFinding] { HealthRules.findings(in: run) }

    func receive(_ event: RunEvent) {
        run.add(event)
        guard isLookDue(event) else { return }
        for finding in findings where told.insert(finding.name).inserted { tell(finding) }
    }

    /// Rules read all steps: of a long run they are asked ever more rarely.
    private func isLookDue(_ event: RunEvent) -> Bool {
        guard case .training(let event) = event else { return false }
        switch event {
        case .step:
            guard run.steps.count >= nextLook else { return false }
            nextLook = run.steps.count + max(1, run.steps.count / 20)
            return true
        case .saved, .interrupted: return false
        case .started, .evaluated, .stoppedEarly, .failed, .finished: return true
        }
    }
}
