// `lathe sweep`.

internal import ArgumentParser
internal import Workbench

struct Sweep: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Try several values of a recipe's keys and judge the best; again: go on where it stopped.",
        discussion: """
            The recipe names keys with their values: sweep: { train.learning_rate: [1e-4, 3e-4], adapter.r: [8, 32] }.
            Trials share one base and one set of prepared rows. They are compared on rows held back from the training
            rows (search.val_size); the held-out rows judge the winner, once. All is kept in checkpoints/NAME-sweep.
            """)

    @OptionGroup var options: RecipeOptions
    @Flag(help: "Start over instead of going on with the trials that are there.") var fresh = false

    func run() throws {
        try options.common.show(SweepStage(.thisProcess, fresh: fresh), in: options.session(for: .sweep))
    }
}
