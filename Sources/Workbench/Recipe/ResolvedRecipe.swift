// The recipe of one call: read, overridden, complete.

internal import Files
internal import Foundation
public import Recipes
internal import Spelling

/// A recipe with every key filled in, however it came about.
public struct ResolvedRecipe: Sendable {
    public private(set) var recipe: Recipe
    /// Where it was read from.
    let file: String?
    /// Files that the recipe names and that were not found, by key.
    private let missing: [(key: String, failure: Failure)]
    /// What it was read of; nil where that was no file.
    private let source: Source?

    private struct Source {
        let yaml: String
        let overrides: [String]
        let verb: Verb?
    }

    public init(_ recipe: Recipe) {
        self.recipe = recipe
        file = nil
        missing = []
        source = nil
    }

    /// The same file read again with further overrides, which win over those that it was read with.
    func overridden(by overrides: [String]) throws -> ResolvedRecipe {
        guard let file, let source else { throw Failure(.internal, "a recipe without a file cannot be read again") }
        return try ResolvedRecipe(
            yaml: source.yaml, file: file, overrides: source.overrides + overrides, for: source.verb)
    }

    /// The same with another model.
    func withModel(_ path: String) -> ResolvedRecipe { changing { $0.model.path = path } }

    /// The same with what `change` makes of its recipe.
    func changing(_ change: (inout Recipe) -> Void) -> ResolvedRecipe {
        var other = self
        change(&other.recipe)
        return other
    }

    /// Throws for the first file that a key of `sections` names and that does not exist.
    func requireInputs(of sections: String...) throws {
        if let found = missing.first(where: { missing in sections.contains { missing.key.hasPrefix($0 + ".") } }) {
            throw found.failure
        }
    }

    /// Reads a recipe file and applies `key=value` overrides.
    ///
    /// - Parameter verb: who follows the recipe; `nil` for one that reads all of it.
    public init(file: String, overrides: [String], for verb: Verb? = nil) throws {
        try Failure.requireFile(file, "the recipe")
        guard let yaml = String(validating: try WholeFile.bytes(file), as: UTF8.self) else {
            throw Failure(.badInput, "\(path: file) is not UTF-8 text")
        }
        try self.init(yaml: yaml, file: file, overrides: overrides, for: verb)
    }

    /// A recipe's text, as if it stood in `file`.
    init(yaml: String, file: String, overrides: [String] = [], for verb: Verb? = nil) throws {
        var recipe = try Recipe.load(
            yaml: yaml, file: file, overrides: overrides, environment: ProcessInfo.processInfo.environment)
        if let verb { try recipe.requireReading(by: verb) }
        guard recipe.idleKeys.isEmpty else { throw RecipeError(recipe.idleKeys) }
        if !recipe.isSet("name") { recipe.name = Self.name(ofFile: file) ?? recipe.name }
        var paths = RecipePaths(recipeFile: file)
        self.recipe = try paths.resolve(recipe)
        self.file = file
        missing = paths.missing
        source = Source(yaml: yaml, overrides: overrides, verb: verb)
    }

    /// What a recipe without a name is called: as its file, so that two of them have two run directories.
    private static func name(ofFile file: String) -> String? {
        let name = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
        // What stands in a file's name and may not stand in a run's.
        let plain = name.map { Recipe.isName("x\($0)x") ? $0 : "-" }.drop { $0 == "." || $0 == " " }
        return Recipe.isName(String(plain)) ? String(plain) : nil
    }

    /// For work without a recipe file: defaults, a model, the rows to evaluate, and overrides.
    ///
    /// - Parameters:
    ///   - flags: of the verb, that stand for keys.
    ///   - verb: which refuses keys that it does not read; `nil` for one that reads all of them.
    public init(
        model: String, data: String? = nil, overrides: [String] = [], flags: [KeyFlag] = [], for verb: Verb? = nil
    ) throws {
        var recipe: Recipe
        do {
            recipe = try Recipe.load(
                overrides: overrides + flags.map(\.override), environment: ProcessInfo.processInfo.environment)
        } catch {
            if let failure = flags.lazy.compactMap({ $0.failure(in: error) }).first { throw failure }
            throw error
        }
        if let verb { try recipe.requireReading(by: verb) }
        recipe.model.path = model
        if let data { recipe.data.heldOut = [data] }
        self.init(recipe)
    }
}

extension ResolvedRecipe {
    /// For a comparison on sets of held-out rows: the first stands for the recipe's own, the others beside it.
    ///
    /// - Throws: where two sets have one name, or a name can be none.
    public init(
        evaluating model: String, on sets: [NamedRows], overrides: [String], flags: [KeyFlag] = []
    ) throws {
        try self.init(model: model, data: sets.first?.path, overrides: overrides, flags: flags, for: .evaluate)
        for set in sets.dropFirst() {
            guard Recipe.isName(set.name) else {
                throw Failure(
                    .usage, "--data \(path: set.path): \(ShownText.name(set.name)) can be no name of a set",
                    hint: "name it: NAME=\(path: set.path), of letters, digits, '.', '_', '-'")
            }
            guard !recipe.evaluate.heldOut.contains(where: { $0.name == set.name }) else {
                throw Failure(
                    .usage, "--data: two sets are called \(set.name)", hint: "name one of them: OTHER=\(path: set.path)"
                )
            }
            recipe.evaluate.heldOut.append(HeldOutFiles(name: set.name, files: [set.path]))
        }
        guard recipe.isSet("evaluate.general"), recipe.generalSet == nil else { return }
        throw Failure(
            .usage, "--set evaluate.general: no set is called \(ShownText.name(recipe.evaluate.general))",
            hint: "give its rows: --data \(recipe.evaluate.general)=FILE")
    }
}

/// A flag of a verb that stands for a recipe's key, which holds its range and its default.
public struct KeyFlag: Sendable {
    private let flag: String
    private let key: String
    private let value: String

    /// - Parameters:
    ///   - flag: as it is written, with its dashes.
    ///   - value: nil where it was not given.
    public init?(_ flag: String, as key: String, _ value: String?) {
        guard let value else { return nil }
        (self.flag, self.key, self.value) = (flag, key, value)
    }

    fileprivate var override: String { "\(key)=\(value)" }

    /// What is wrong with the flag, in its own name; nil where nothing is.
    fileprivate func failure(in error: RecipeError) -> Failure? {
        let found = error.diagnostics.first { $0.keyPath == key && $0.place.file == "--set " + override }
        return found.map { Failure(.usage, "\(flag) \(value): \($0.message)", hint: $0.hint) }
    }
}
