// The recipe of one call: read, overridden, complete.

internal import Files
internal import Foundation
public import Recipes

/// A recipe with every key filled in, however it came about.
public struct ResolvedRecipe: Sendable {
    public let recipe: Recipe
    /// Where it was read from.
    let file: String?

    public init(_ recipe: Recipe) {
        self.recipe = recipe
        file = nil
    }

    /// Reads a recipe file and applies `key=value` overrides.
    public init(file: String, overrides: [String]) throws {
        try Failure.requireFile(file, "the recipe")
        guard let yaml = String(validating: try WholeFile.bytes(file), as: UTF8.self) else {
            throw Failure(.badInput, "\(file) is not UTF-8 text")
        }
        var recipe = try Recipe.load(
            yaml: yaml, file: file, overrides: overrides, environment: ProcessInfo.processInfo.environment)
        if !recipe.isSet("name") { recipe.name = Self.name(ofFile: file) ?? recipe.name }
        self.recipe = recipe
        self.file = file
    }

    /// What a recipe without a name is called: as its file, so that two of them have two run directories.
    private static func name(ofFile file: String) -> String? {
        let name = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
        // What stands in a file's name and may not stand in a run's.
        let plain = name.map { Recipe.isName("x\($0)") ? $0 : "-" }.drop { $0 == "." }
        return Recipe.isName(String(plain)) ? String(plain) : nil
    }

    /// For verbs without a recipe file: defaults, a model, the rows to evaluate, and overrides.
    public init(model: String, data: String?, overrides: [String]) throws {
        var recipe = try Recipe.load(overrides: overrides, environment: ProcessInfo.processInfo.environment)
        recipe.model.path = model
        if let data { recipe.data.heldOut = [data] }
        self.recipe = recipe
        file = nil
    }
}
