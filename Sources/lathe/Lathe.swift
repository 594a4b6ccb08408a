// The command. One file in Commands/ is one verb; everything it does is in Workbench.

internal import ArgumentParser

@main
struct Lathe: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lathe",
        abstract: "Fine-tune language models with LoRA adapters on the machine you have.",
        discussion: """
            Write a recipe, run it, see what changed on held-out data, merge, export.
            Start with: lathe run recipes/quickstart.yaml
            """,
        version: "0.1.0",
        subcommands: [
            Run.self, PlanCommand.self, Prepare.self, Train.self, Evaluate.self, Score.self, Merge.self, Export.self,
            Generate.self, Distill.self, Inspect.self, RecipeCommand.self, DoctorCommand.self,
        ])

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            exit(reporting: error)
        }
    }
}
