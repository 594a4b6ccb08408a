// The rows that a teacher wrote for a run, and how they take the place of the recipe's own.

internal import Files
internal import Foundation
public import JSON
internal import Recipes
internal import Synthesis
internal import Vocabulary

/// What came of a teacher's writing.
public struct WrittenRows: Presentable, Sendable {
    /// The file of rows.
    let file: URL
    /// The form that they have.
    let format: RowFormat
    let teacher: String
    let report: WritingReport

    public var json: JSONValue {
        var json = report.json
        if case .object(var object) = json {
            object["path"] = .string(file.path)
            object["teacher"] = .string(teacher)
            json = .object(object)
        }
        return json
    }

    public var text: String {
        (report.lines + ["rows: \(path: file.path)"]).joined(separator: "\n")
    }

    /// `recipe`, trained on these rows. They are JSON lines whatever the prompts were read from.
    func applied(to recipe: Recipe) -> Recipe {
        var recipe = recipe
        recipe.data.train = [file.path]
        // They were answered: from here on there are rows.
        recipe.distill.writing.prompts = []
        recipe.data.format = format
        var input = recipe.data.input
        (input.mix, input.layout, input.encoding) = ([], DataInput().layout, DataInput().encoding)
        recipe.data.input = input
        return recipe
    }
}
