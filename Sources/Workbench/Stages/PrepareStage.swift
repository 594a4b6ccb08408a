// A recipe's rows through their steps, as tokens.

internal import Foundation
internal import Recipes

/// Prepares the rows of the session's recipe.
public struct PrepareStage: Stage {
    private let writes: Bool

    /// - Parameter writes: whether tokens and report are kept, under `checkpoints/<name>/prepared`.
    public init(writes: Bool = true) { self.writes = writes }

    /// - Throws: `Failure` for data and models that cannot be read, and where another process is at work in the run's
    ///   directory; `PlaceError` where what is there is not Lathe's.
    public func run(_ session: Session, _ observer: any RunObserver) throws -> DataSummary {
        try session.resolved.requireInputs(of: "model", "data")
        let place = RunDirectory.place(of: session.recipe)
        let lock = writes ? try RunLock(place) : nil
        defer { lock?.release() }
        if writes {
            try OutputPlaces(session.resolved).requireRun(RunDirectory(planned: place), writing: [.prepared])
        }
        let split = try session.openRows(staged: writes, observer)
        let files = try split.keep()
        return DataSummary(split.report, files: writes ? files : nil)
    }
}
