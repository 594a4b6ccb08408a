// What happens during a run, told to whoever listens: the loop never knows who that is.

/// Something that happened. Seconds are for people: they are in no result.
public enum TrainingEvent: Sendable, Equatable, Codable {
    /// - Parameter fromStep: steps already done, above 0 after a resume.
    case started(fromStep: Int, totalSteps: Int, examples: Int, trainableParameters: Int)
    /// Step number `step`, counted from 1, is done.
    case step(
        step: Int, totalSteps: Int, record: StepRecord, signs: StepSigns?, tokensPerSecond: Double, secondsLeft: Double)
    case evaluated(EvaluationRecord, isBest: Bool)
    case saved(step: Int, path: String)
    /// No improvement for as many evaluations as the recipe allows.
    case stoppedEarly(step: Int, bestStep: Int, bestLoss: Double)
    /// Somebody asked the run to stop; it can go on from its snapshot.
    case interrupted(step: Int)
    /// Step number `step` could not be done, or not scored, and the run ends: its numbers are not finite, or a row cannot be read.
    case failed(step: Int, reason: String)
    case finished(step: Int, finalLoss: Double, seconds: Double)

    /// Whether a listener who wants every `interval`-th step hears of this: of the last step and of everything else always.
    public func isDue(every interval: Int) -> Bool {
        guard case .step(let step, let totalSteps, _, _, _, _) = self else { return true }
        return step % interval == 0 || step == totalSteps
    }
}
