// Several recipes on one base and one set of rows, each in a session of its own.

internal import Recipes

extension Session {
    /// A session of `resolved` on what is open here: base, model and tokenizer are the same, and nothing is opened or prepared again.
    ///
    /// - Parameter rows: what it trains on, and what stands for its held-out rows.
    func sharing(_ resolved: ResolvedRecipe, rows: PreparedSplit) -> Session {
        let other = Session(resolved)
        (other.openedBase, other.openedModel) = (openedBase, openedModel)
        (other.compiledTemplate, other.knownEncoder) = (compiledTemplate, knownEncoder)
        other.givenRows = rows
        other.heldOutRows[resolved.recipe.learnt.unit] = rows.heldOut
        other.trainedLabels = rows.labels
        other.isOfRun = true
        return other
    }
}
