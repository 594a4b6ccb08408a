// The verbs that follow a recipe.

internal import ArgumentParser
internal import Workbench

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a whole recipe: prepare, train, evaluate, merge, export.")

    @OptionGroup var options: RecipeOptions
    @Flag(help: "Start over instead of going on from the newest checkpoint.") var fresh = false

    func run() throws {
        try options.common.show(Pipeline(.thisProcess, fresh: fresh), in: options.session(for: .run))
    }
}

struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train the adapter of a recipe; again: go on from the newest checkpoint.")

    @OptionGroup var options: RecipeOptions
    @Flag(help: "Start over instead of going on from the newest checkpoint.") var fresh = false

    func run() throws {
        let session = try options.session(for: .train)
        try options.common.show(Pipeline(.thisProcess, fresh: fresh, merges: false), in: session)
    }
}

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Everything but the work: data, masks, targets, steps, predicted memory and time.")

    @OptionGroup var options: RecipeOptions

    func run() throws {
        try options.common.show(PlanStage(), in: options.session())
    }
}

/// Forms in which rows can be written.
enum RowFileFormat: String, ExpressibleByArgument, CaseIterable { case jsonl }

struct Prepare: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Prepare the data of a recipe and report on it.")

    @OptionGroup var options: RecipeOptions

    @Option(
        help: ArgumentHelp(
            "Write the cleaned rows under checkpoints/<name>/rows instead of tokenising them.", valueName: "jsonl"))
    var export: RowFileFormat?

    @Flag(help: "Report, and write nothing.") var dryRun = false

    func run() throws {
        let session = try options.session(for: export == nil ? .prepare : .prepareRows)
        if export != nil {
            try options.common.show(ExportRowsStage(writes: !dryRun), in: session)
        } else {
            try options.common.show(PrepareStage(writes: !dryRun), in: session)
        }
    }
}

struct Distill: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Distil a teacher into the adapter of a recipe, and compare the two; again: go on where it stopped.")

    @OptionGroup var options: RecipeOptions
    @Flag(help: "Start over instead of going on from the newest checkpoint.") var fresh = false

    func run() throws {
        try options.common.show(DistillStage(.thisProcess, fresh: fresh), in: options.session(for: .distill))
    }
}

struct RecipeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipe", abstract: "Check or explain a recipe, or print what recipes may hold.",
        subcommands: [Check.self, Explain.self, Schema.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say everything that is wrong with a recipe, with its place.")
        @OptionGroup var options: RecipeOptions

        func run() throws {
            try options.common.show(try RecipeCheck(try options.resolve()))
        }
    }

    struct Explain: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Every key of a recipe, its value and what it means.")
        @OptionGroup var options: RecipeOptions

        func run() throws {
            try options.common.show(RecipeExplanation(try options.resolve()))
        }
    }

    struct Schema: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A JSON Schema of recipes, for editors that check and complete YAML.")

        @Flag(help: "Taken as by every verb: a schema is JSON anyway.") var json = false

        func run() throws { try StandardOutput.showJSON(RecipeSchema().json.text(.pretty)) }
    }
}
