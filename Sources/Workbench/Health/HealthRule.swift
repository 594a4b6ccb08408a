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
public enum HealthRules {
    static let all: [any HealthRule] = [
        BrokenNumbers(), EmptyMasks(), CutAnswers(), RepeatedRows(), KnownAnswers(), LongWarmUp(), RewardsAlike(),
        AdapterStill(),
        RateTooHigh(), RateTooLow(), PreferenceStuck(), ChosenFalls(), LengthDrift(), LossAtChance(), LossFlat(),
        RateEndsEarly(), HeavyRows(), AlwaysClipped(), HeldOutUnlike(), Overfitting(),
    ]

    /// What a run shows to be wrong, by the bytes of its `events.jsonl`: of one that goes on, what it shows by now.
    public static func findings(inLog log: [UInt8]) -> [HealthFinding] { findings(in: RunTrace(log: log)) }

    /// What all rules find, each name once.
    static func findings(in run: RunTrace) -> [HealthFinding] {
        var found: [HealthFinding] = []
        for finding in all.flatMap({ $0.findings(in: run) }) where !found.contains(where: { $0.name == finding.name }) {
            if !found.contains(where: { $0.explained.contains(finding.name) }) { found.append(finding) }
        }
        return found
    }
}
