// The command. One file in Commands/ is one verb; everything it does is in Workbench.

internal import ArgumentParser
internal import Foundation
internal import Vocabulary
internal import Workbench

@main
struct Lathe: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lathe",
        abstract: "Fine-tune language models with LoRA adapters on the machine you have.",
        discussion: """
            Write a recipe, run it, see what changed on held-out data, merge, export.
            Start with: lathe run recipes/quickstart.yaml
            """,
        version: LatheVersion.text,
        subcommands: [
            Init.self, Models.self, Run.self, PlanCommand.self, Prepare.self, Train.self, Evaluate.self, Score.self,
            Predict.self, Merge.self,
            Extract.self, Export.self, Verify.self, Imatrix.self, Prune.self, Generate.self, Serve.self, Capture.self,
            Distill.self,
            Sweep.self, Runs.self, Compare.self, StudioCommand.self, Inspect.self,
            Fetch.self, RecipeCommand.self,
            DoctorCommand.self,
            Manual.self,
        ])

    /// Throws where an argument is no UTF-8: the parser would put other characters in the place of its bytes.
    private static func requireText() throws {
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let argument = CommandLine.unsafeArgv[index] else { continue }
            guard String(validatingCString: argument) != nil else {
                throw Failure(.usage, "argument \(index) is not UTF-8: \(String(cString: argument))")
            }
        }
    }

    static func main() {
        StandardStreams.openClosed()
        // A file that grows beyond its limit is an error to report, not a signal to die from.
        signal(SIGXFSZ, SIG_IGN)
        // So is a reader that goes away.
        signal(SIGPIPE, SIG_IGN)
        StopSignals.watch { failure in
            // Away from a progress line that is being drawn.
            if StandardError.isTerminal { StandardError.send("\n") }
            exit(reporting: failure)
        }
        do {
            try requireText()
            try InstructionSetLimit.apply()
            var command = try parseAsRoot()
            try RepeatedOption.requireNone(in: Array(CommandLine.arguments.dropFirst()))
            try command.run()
        } catch {
            exit(reporting: error)
        }
    }
}
