// The same student trained on labels alone: what a distilled one is compared with.

internal import Foundation
internal import Recipes

extension ResolvedRecipe {
    /// The recipe without its teacher: a run of its own beside this one, of which the adapter is all that counts.
    var onLabelsAlone: ResolvedRecipe {
        changing { recipe in
            recipe.name += "-labels"
            recipe.distill = DistillSection()
            recipe.evaluate = EvaluateSection()
            recipe.evaluate.enabled = false
            recipe.merge = MergeSection()
            recipe.export = []
        }
    }
}

/// Trains the student of a run on labels alone, in `checkpoints/NAME-labels`, where it goes on from what an earlier call left.
struct LabelsRun {
    let invocation: Invocation
    let fresh: Bool

    /// Where the adapter lies.
    static func adapter(of recipe: Recipe) -> URL {
        RunDirectory(planned: RunDirectory.place(of: recipe.name + "-labels")).adapter
    }

    /// The digest of what was trained.
    func train(_ session: Session, _ observer: any RunObserver) throws -> String {
        let student = Session(session.resolved.onLabelsAlone)
        return try Pipeline(invocation, fresh: fresh, merges: false).run(student, observer).training.digest
    }
}
