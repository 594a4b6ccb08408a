// The one shape of all stages: what is opened goes in, a report comes out.

/// A part of the work on a recipe.
///
/// A stage is a value that says what to do; what it works on is in the session, where everything is opened once. So it
/// runs by itself or in a run, by the same code.
///
///     let session = try Session(model: "base", adapter: "checkpoints/clinic/adapter")
///     let report = try MergeStage(into: OutputPlaces.url("merged")).run(session, SilentObserver())
public protocol Stage {
    associatedtype Report: Presentable

    /// Does the work, and tells `observer` how far it is.
    ///
    /// - Throws: before any work, all that can be known before it: inputs that are missing or do not fit, places that
    ///   are taken, keys that do nothing, memory that is not enough.
    func run(_ session: Session, _ observer: any RunObserver) throws -> Report
}

/// A stage that looks after itself where no run does so for all of its stages.
protocol StandaloneStage: Stage {
    /// Opens what the stage works on, tells what a person should know of it, and throws what is known before any work.
    func open(_ session: Session, _ observer: any RunObserver) throws

    /// What the stage holds at its peaks, once all is opened.
    func forecast(_ session: Session, _ memory: StageMemory) throws -> [StageForecast]
}

extension Session {
    /// Makes ready for `stage`, unless a run has done so for all of its stages.
    func ready(_ stage: some StandaloneStage, _ observer: any RunObserver) throws {
        guard !isOfRun else { return }
        try stage.open(self, observer)
        guard recipe.train.memoryLimitBytes != nil else { return }
        try stage.forecast(self, memory()).requireWithin(recipe.train.memoryLimitBytes, ofRecipe: false)
    }
}
