/// A loss or a gradient became no number, and the run ended.
struct BrokenNumbers: HealthRule {
    func findings(in run: RunTrace) -> [HealthFinding] {
        guard let failure = run.failure else { return [] }
        let rate = run.rates.last ?? 0
        let before = run.losses.last.map { ", after a loss of \($0.shown)" } ?? ""
        return [
            HealthFinding(
                "broken_numbers", "step \(failure.step) failed\(before): \(failure.reason)",
                [.init("learning_rate", rate)], step: failure.step, key: "train.learning_rate",
                advice: failure.step > 1
                    ? "a tenth of it; and look at the rows that the error names"
                    : "it is not to blame for the first step: look at the rows that the error names, and at the base",
                explains: ["rate_too_high", "loss_flat"])
        ]
    }
}
