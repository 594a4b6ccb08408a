// What happens during long work, told to whoever listens. Stages never know who does.

public import Training

/// Something that happened.
public enum RunEvent: Sendable {
    /// A stage began: "prepare", "train", ….
    case stage(String, detail: String)
    /// A line worth reading.
    case note(String)
    /// Something the person should know before trusting the result.
    case warning(String)
    case training(TrainingEvent)
    /// What a run is, told before its first step.
    case facts(RunFacts)
    /// What the steps so far show to be wrong, the first time that they do.
    case health(HealthFinding)
    /// `done` of `total` units of the current stage.
    case progress(done: Int, total: Int, unit: String)
    /// How much of all stages is done, and what is left by the pace so far; comes before the event that tells of it.
    case overall(share: Double, secondsLeft: Double?)
}

/// A listener of `RunEvent`s.
public protocol RunObserver {
    func receive(_ event: RunEvent)
}

/// Hears nothing.
public struct SilentObserver: RunObserver {
    public init() {}
    public func receive(_ event: RunEvent) {}
}
