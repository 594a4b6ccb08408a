// A run of which all that counts is what its student learns from its teacher.

internal import Recipes

/// Trains the student of a recipe and compares it with its teacher; nothing is merged or exported.
public struct DistillStage: Stage {
    private let pipeline: Pipeline

    /// - Parameters:
    ///   - invocation: the call that the run answers.
    ///   - fresh: whether it starts over.
    public init(_ invocation: Invocation, fresh: Bool = false) {
        pipeline = Pipeline(invocation, fresh: fresh, merges: false, generates: true)
    }

    /// - Throws: where the recipe has no teacher; else as a run of the recipe does.
    public func run(_ session: Session, _ observer: any RunObserver) throws -> RunReport {
        guard session.recipe.distill.isAsked else {
            throw Failure(
                .badInput, "distill.teacher: the recipe has no teacher",
                hint:
                    "name a model in distill.teacher or an adapter in distill.teacher_adapter; lathe train learns from the rows "
                    + "themselves")
        }
        return try pipeline.run(session, observer)
    }
}
