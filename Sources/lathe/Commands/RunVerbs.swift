// The verbs that look at runs: `lathe runs`, `lathe compare`.

internal import ArgumentParser
internal import Workbench

struct Runs: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the runs and sweeps of a folder, the newest first.",
        discussion:
            "Folders that are half-written or damaged are listed with what is wrong. Of a sweep's folder its trials are listed."
    )

    @Argument(help: "The folder: checkpoints where it is not named.", completion: .directory) var folder = "checkpoints"
    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.requireNoOverrides("lathe runs")
        try common.show(try RunList(folder))
    }
}

struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Hold runs against each other: what differs in their recipes, and their held-out rows, pair by pair.",
        discussion: """
            Each run is held against the first on the same held-out rows, by the scores that every run keeps of them: the
            difference with an interval from a paired bootstrap and a verdict, and McNemar's test where a row is right or wrong.
            """)

    @Argument(help: "Folders of runs, two at least.", completion: .directory) var runs: [String]
    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.show(
            try RunComparison(runs, try ResolvedRecipe(model: "", overrides: common.overrides, for: .compare)))
    }
}
