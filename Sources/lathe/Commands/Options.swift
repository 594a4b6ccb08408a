// What the verbs share: recipe, overrides, output form.

internal import ArgumentParser
internal import JSON
internal import Workbench

/// Overrides and the form of the output: every verb has them.
struct CommonOptions: ParsableArguments {
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Override a recipe key: train.max_steps=50.", valueName: "key=value"),
        completion: .custom { _, _, _ in RecipeSchema.keyPaths.map { $0 + "=" } })
    var overrides: [String] = []

    @Flag(help: "Print one JSON object on standard output.")
    var json = false

    @Flag(name: .shortAndLong, help: "No progress on standard error.")
    var quiet = false

    /// Throws where a key was set for a call that reads no recipe.
    func requireNoOverrides(_ call: String) throws {
        guard let first = overrides.first else { return }
        throw Failure(.usage, "--set \(first): \(call) reads no key of a recipe", hint: "leave it out")
    }

    /// Tells a person on standard error what a stage does.
    var observer: ConsoleObserver { ConsoleObserver(quiet: quiet) }

    /// Does a stage and prints its report.
    func show(_ stage: some Stage, in session: Session) throws { try show(try stage.run(session, observer)) }

    /// Prints a result in the form asked for: the last that a verb does. Told to stop after it, the command has done its work.
    ///
    /// - Parameter isStyled: whether the text has colours of its own.
    func show(_ result: some Presentable, isStyled: Bool = false) throws {
        if json {
            try StandardOutput.showJSON(result.json.text(.pretty))
        } else {
            try StandardOutput.show(result.text, isStyled: isStyled)
        }
        StopSignals.passOver()
    }
}

/// A recipe file and its overrides.
struct RecipeOptions: ParsableArguments {
    @Argument(help: "The recipe file (YAML).", completion: .file(extensions: ["yaml", "yml"]))
    var recipe: String

    @OptionGroup var common: CommonOptions

    /// - Parameter verb: `nil` for one that reads the whole recipe.
    func resolve(for verb: Verb? = nil) throws -> ResolvedRecipe {
        try ResolvedRecipe(file: recipe, overrides: common.overrides, for: verb)
    }

    func session(for verb: Verb? = nil) throws -> Session { Session(try resolve(for: verb)) }
}

/// A base model and an adapter.
struct AdaptedModelOptions: ParsableArguments {
    @Option(help: ModelOptions.modelHelp, completion: .file()) var model: String
    @Option(help: ModelOptions.adapterHelp, completion: .file()) var adapter: String
    @OptionGroup var common: CommonOptions

    func session(for verb: Verb) throws -> Session {
        Session(try ResolvedRecipe(model: model, overrides: common.overrides, for: verb), adapter: adapter)
    }
}

/// A base model and, where given, an adapter.
struct ModelOptions: ParsableArguments {
    static let modelHelp: ArgumentHelp = "The base model: a Hugging Face directory or a GGUF file."
    static let adapterHelp: ArgumentHelp =
        "The adapter: a PEFT or MLX directory, a GGUF-LoRA file or a Lathe checkpoint (.h5)."

    @Option(help: Self.modelHelp, completion: .file()) var model: String
    @Option(help: Self.adapterHelp, completion: .file()) var adapter: String?

    @OptionGroup var common: CommonOptions

    /// - Parameters:
    ///   - sets: of held-out rows, the first of which stands for the recipe's own.
    ///   - judge: an adapter with the head of a reward model.
    func session(evaluatingOn sets: [NamedRows], judgedBy judge: String? = nil) throws -> Session {
        let flags = [KeyFlag("--reward-model", as: "evaluate.reward_model", judge)].compactMap(\.self)
        let resolved = try ResolvedRecipe(evaluating: model, on: sets, overrides: common.overrides, flags: flags)
        return Session(resolved, adapter: adapter)
    }

    func session(for verb: Verb, data: String? = nil) throws -> Session {
        Session(try ResolvedRecipe(model: model, data: data, overrides: common.overrides, for: verb), adapter: adapter)
    }

    /// - Parameters:
    ///   - adapter: in the place of the one that was given.
    ///   - overrides: beside those that were given.
    func session(for verb: Verb, adapter: String?, and overrides: [String]) throws -> Session {
        let resolved = try ResolvedRecipe(model: model, overrides: common.overrides + overrides, for: verb)
        return Session(resolved, adapter: adapter)
    }
}
