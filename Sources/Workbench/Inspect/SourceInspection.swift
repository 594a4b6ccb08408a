// `lathe inspect RECIPE --at PLACE`: a row as it stands in its file, before any step.

internal import Foundation
public import JSON
internal import Preparation
internal import Recipes

/// What stands at a place of a recipe's data files.
public struct SourceInspection: Presentable {
    private let place: String
    private let row: JSONObject

    /// - Parameters:
    ///   - recipe: the recipe's file.
    ///   - place: as reports write it, "held.jsonl:6".
    ///   - isUnmasked: personal data is shown, too.
    /// - Throws: `Failure` where nothing stands there.
    public init(recipe: String, at place: String, overrides: [String] = [], isUnmasked: Bool = false) throws {
        try Failure.requireExists(recipe, "the recipe")
        let resolved = try ResolvedRecipe(file: recipe, overrides: overrides, for: .inspectRecipe)
        try resolved.requireInputs(of: "data")
        guard let row = try RowCleaning(resolved.recipe, countTokens: nil, judge: nil).source(at: place) else {
            throw Failure(
                .usage, "\(path: place): the data files of \(path: recipe) have no row there",
                hint: "places are written as FILE:LINE, the file as the recipe names it")
        }
        self.place = place
        self.row = isUnmasked ? row : PersonalDataCover().fields(row)
    }

    public var json: JSONValue { ["kind": "source", "place": .string(place), "row": .object(row)] }

    public var text: String { JSONValue.object(row).text(.pretty) }
}
