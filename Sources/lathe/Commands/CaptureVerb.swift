// `lathe capture`.

internal import ArgumentParser
internal import Workbench

struct Capture: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keep what a recipe's teacher predicts at each target token; again: go on, or add new rows.")

    @OptionGroup var options: RecipeOptions

    func run() throws {
        try options.common.show(CaptureStage(), in: options.session(for: .capture))
    }
}
