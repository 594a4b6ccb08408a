// What `lathe recipe check` and `lathe recipe explain` say.

public import JSON
internal import Recipes
internal import Spelling

/// A recipe without faults, with what was understood in other tools' words.
public struct RecipeCheck: Presentable {
    private let notices: [String]
    private let name: String

    public init(_ resolved: ResolvedRecipe) throws {
        try resolved.recipe.requireSupported()
        let run = RunDirectory(planned: RunDirectory.place(of: resolved.recipe))
        try OutputPlaces(resolved).requireAll(of: resolved.recipe, in: run, merges: true)
        // What is swept goes together, or is said here.
        let trials = resolved.recipe.sweep.isEmpty ? 0 : try SweepTrial.all(of: resolved).count
        notices =
            resolved.recipe.notices.map(\.description)
            + (trials > 0 ? ["sweep: \(Count.text(trials, "trial"))"] : [])
            + (try resolved.recipe.train.stepWarnings()).map { "warning: " + $0 }
        name = resolved.recipe.name
    }

    public var json: JSONValue {
        ["name": .string(name), "valid": true, "notices": .array(notices.map { .string($0) })]
    }

    public var text: String { (notices + ["the recipe '\(name)' is whole"]).joined(separator: "\n") }
}

/// Every key of a recipe, its value and what it means.
public struct RecipeExplanation: Presentable {
    private let recipe: Recipe

    public init(_ resolved: ResolvedRecipe) { recipe = resolved.recipe }

    public var json: JSONValue {
        ["resolved": .string(recipe.resolvedYAML()), "explanation": .string(recipe.explain())]
    }
    public var text: String { recipe.explain() }
}
