// What the loop asks its surroundings to do.

/// The surroundings of a run: listeners, evaluation and saving.
public struct TrainingHooks {
    /// Told of everything that happens.
    public var onEvent: (TrainingEvent) -> Void
    /// The held-out loss of the model as it is now; nil: the run evaluates nothing.
    public var evaluate: (() throws -> Double)?
    /// Called before a snapshot is made: the time to give up memory that the next step takes again.
    public var beforeSave: (() -> Void)?
    /// Keeps a snapshot and returns where; nil: the run saves nothing.
    public var save: ((TrainingSnapshot) throws -> String)?
    /// Asks the run to stop after the step in hand.
    public var stopRequest: StopRequest?

    public init(
        onEvent: @escaping (TrainingEvent) -> Void = { _ in }, evaluate: (() throws -> Double)? = nil,
        beforeSave: (() -> Void)? = nil, save: ((TrainingSnapshot) throws -> String)? = nil,
        stopRequest: StopRequest? = nil
    ) {
        self.onEvent = onEvent
        self.evaluate = evaluate
        self.beforeSave = beforeSave
        self.save = save
        self.stopRequest = stopRequest
    }
}

/// How a run ended.
public struct TrainingOutcome: Sendable, Equatable {
    public enum Ending: Sendable, Equatable {
        /// All steps are done.
        case finished
        case stoppedEarly
        /// Stopped on request; it can go on from its snapshot.
        case interrupted
    }

    public let ending: Ending
    /// Steps completed.
    public let steps: Int
    /// The loss of the last step; nil where no step was done.
    public let finalLoss: Double?
    public let best: EvaluationRecord?
    /// Tokens trained on in this process.
    public let tokens: Int
    /// Seconds spent in steps in this process, without evaluation and saving.
    public let trainingSeconds: Double

    /// Tokens a second over the steps of this process; 0 without any.
    public var tokensPerSecond: Double { trainingSeconds > 0 ? Double(tokens) / trainingSeconds : 0 }
}
