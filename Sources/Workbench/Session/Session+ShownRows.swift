// Rows that are shown with their answers before each question.

internal import Datasets
internal import Recipes
internal import Spelling
internal import Vocabulary

extension Session {
    /// The first rows of the file that the recipe names, read once; empty where none are to be shown.
    ///
    /// - Throws: `Failure` where no file is named, or it has fewer rows.
    func shownRows() throws -> [DataRow] {
        let count = recipe.evaluate.fewShot
        guard count > 0 else { return [] }
        if let openedShownRows { return openedShownRows }
        guard let file = recipe.evaluate.fewShotFrom else {
            throw Failure(
                .badInput, "evaluate.few_shot: \(count): nothing says which rows are shown",
                hint: "evaluate.few_shot_from names the file whose first rows they are")
        }
        try Failure.requireFile(file, "the file of evaluate.few_shot_from")
        let preparation = try preparation(for: recipe.learntOfRows)
        let rows = try RowSet(
            files: [file], settings: preparation.settings, hasTemplate: preparation.renderer != nil
        ).rows
        guard rows.count >= count else {
            throw Failure(
                .badInput, "evaluate.few_shot: \(count): \(path: file) has \(Count.text(rows.count, "row"))",
                hint: "lower it, or name another file in evaluate.few_shot_from")
        }
        let shown = Array(rows.prefix(count))
        openedShownRows = shown
        return shown
    }
}
