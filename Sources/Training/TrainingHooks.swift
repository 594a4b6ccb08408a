// What the loop asks its surroundings to do.

public import Objectives

/// The surroundings of a run: listeners, evaluation and saving.
public struct TrainingHooks {
    /// Told of everything that happens.
    public var onEvent: (TrainingEvent) -> Void
    /// The held-out loss of the model as it is now, or nil where the evaluation was given up because the run is to stop; without it
    /// the run evaluates nothing.
    public var evaluate: (() throws -> HeldOutLoss?)?
    /// Called before a snapshot is made: the time to give up memory that the next step takes again.
    public var beforeSave: (() -> Void)?
    /// Keeps a snapshot and returns where; nil: the run saves nothing.
    public var save: ((TrainingSnapshot) throws -> String)?
    /// Called once the last step's snapshot is saved, before the last evaluation.
    public var afterLastStep: (() throws -> Void)?
    /// Asks the run to stop after the step in hand.
    public var stopRequest: StopRequest?
    /// After this step the run evaluates, saves and pauses; nil: it goes on to its end. Where the run itself is not scored then, the
    /// score is told and forgotten: who goes on has the run that never paused.
    public var pausesAfter: Int?

    public init(
        onEvent: @escaping (TrainingEvent) -> Void = { _ in }, evaluate: (() throws -> HeldOutLoss?)? = nil,
        beforeSave: (() -> Void)? = nil, save: ((TrainingSnapshot) throws -> String)? = nil,
        afterLastStep: (() throws -> Void)? = nil, stopRequest: StopRequest? = nil, pausesAfter: Int? = nil
    ) {
        self.onEvent = onEvent
        self.evaluate = evaluate
        self.beforeSave = beforeSave
        self.save = save
        self.afterLastStep = afterLastStep
        self.stopRequest = stopRequest
        self.pausesAfter = pausesAfter
    }

    var isStopping: Bool { stopRequest?.isSet == true }
}

/// What held-out rows say of the model as it is.
public struct HeldOutLoss: Sendable, Equatable {
    public var loss: Double
    /// What the objective tells beside it.
    public var measures: [MeasuredValue]

    public init(_ loss: Double, measures: [MeasuredValue] = []) {
        self.loss = loss
        self.measures = measures
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
        /// Stopped after the step that the hooks name; it can go on from its snapshot.
        case paused
    }

    public let ending: Ending
    /// Steps completed.
    public let steps: Int
    /// The loss of the last step; nil where no step was done.
    public let finalLoss: Double?
    public let best: EvaluationRecord?
    /// The last evaluation, that of a pause included; nil where there was none.
    public let last: EvaluationRecord?
    /// Tokens trained on in this process.
    public let tokens: Int
    /// Seconds spent in steps in this process, without evaluation and saving.
    public let trainingSeconds: Double

    /// Tokens a second over the steps of this process; 0 without any.
    public var tokensPerSecond: Double { trainingSeconds > 0 ? Double(tokens) / trainingSeconds : 0 }
}
