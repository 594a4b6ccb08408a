// The recipe of one call: read, overridden, complete.

internal import Foundation
public import Recipes

/// A recipe with every key filled in, however it came about.
public struct ResolvedRecipe: Sendable {
    public let recipe: Recipe

    public init(_ recipe: Recipe) { self.recipe = recipe }

    /// Reads a recipe file and applies `key=value` overrides.
    public init(file: String, overrides: [String]) throws {
        try Failure.requireFile(file, "the recipe")
        guard let data = FileManager.default.contents(atPath: file) else {
            throw Failure(.inputOutput, "cannot read the recipe \(file)")
        }
        guard let yaml = String(validating: data, as: UTF8.self) else {
            throw Failure(.badInput, "\(file) is not UTF-8 text")
        }
        recipe = try Recipe.load(
            yaml: yaml, file: file, overrides: overrides, environment: ProcessInfo.processInfo.environment)
    }

    /// For verbs without a recipe file: defaults, a model, the rows to evaluate, and overrides.
    public init(model: String, data: String?, overrides: [String]) throws {
        var recipe = try Recipe.load(overrides: overrides, environment: ProcessInfo.processInfo.environment)
        recipe.model.path = model
        if let data { recipe.data.heldOut = [data] }
        self.recipe = recipe
    }
}
