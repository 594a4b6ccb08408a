// A rate that falls whenever the held-out loss no longer does, as torch's `ReduceLROnPlateau` has it.

internal import Recipes

extension ScheduleSection {
    /// What becomes of `rate` by evaluations that gave these losses, one after the other. What is counted between them follows from
    /// the losses, so that a run which goes on needs nothing else.
    func reduced(_ rate: Double, after losses: [Double]) -> Double {
        var rate = rate, best = Double.infinity
        var worse = 0, resting = 0
        for loss in losses {
            if isBetter(loss, than: best) {
                best = loss
                worse = 0
            } else {
                worse += 1
            }
            if resting > 0 {
                resting -= 1
                worse = 0
            }
            guard worse > patience else { continue }
            let lower = max(rate * factor, minLR ?? 0)
            if rate - lower > eps { rate = lower }
            resting = cooldown
            worse = 0
        }
        return rate
    }

    private func isBetter(_ loss: Double, than best: Double) -> Bool {
        switch thresholdMode {
        case .relative: loss < best * (1 - threshold)
        case .absolute: loss < best - threshold
        }
    }
}
