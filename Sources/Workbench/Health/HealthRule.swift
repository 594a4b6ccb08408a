// What a rule of a run's health is, and all of them.

/// Looks at a run for one kind of trouble.
///
/// A new one is a type in a file of its own in `Rules`, and a line in `HealthRules.all`. A rule is quiet: what a sound run can show too,
/// it does not report.
protocol HealthRule: Sendable {
    /// What the run shows by now, the worst first.
    func findings(in run: RunTrace) -> [HealthFinding]
}

/// The rules that are asked, in the order in which their findings are told: causes before what follows from them.
enum HealthRules {
    static let all: [any HealthRule] = [
        BrokenNumbers(), EmptyMasks(), CutAnswers(), RepeatedRows(), KnownAnswers(), LongWarmUp(), AdapterStill(),
        RateTooHigh(),
        RateTooLow(), LossAtChance(), LossFlat(), RateEndsEarly(), HeavyRows(), AlwaysClipped(), HeldOutUnlike(),
        Overfitting(),
        PreferenceStuck(), ChosenFalls(), LengthDrift(),
    ]

    /// What all rules find, each name once.
    static func findings(in run: RunTrace) -> [HealthFinding] {
        var found: [HealthFinding] = []
        for finding in all.flatMap({ $0.findings(in: run) }) where !found.contains(where: { $0.name == finding.name }) {
            if !found.contains(where: { $0.explained.contains(finding.name) }) { found.append(finding) }
        }
        return found
    }
}
