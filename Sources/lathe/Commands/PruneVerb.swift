// `lathe prune`.

internal import ArgumentParser
internal import Workbench

struct Prune: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a smaller model: a base without some of its parts, and what that costs before any training.",
        discussion: """
            What stays is a Hugging Face directory like any other, to train an adapter on, to distil into or to export:
              lathe prune --model M --layers 0-15,20 --data held.jsonl --out DIR
            """)

    @Option(help: ModelOptions.modelHelp, completion: .file()) var model: String
    @Option(help: "The blocks that stay, counted from 0: 0-15,20.") var layers: String
    @Option(
        help: "Rows on which base and pruned model are compared; not given: a few built-in texts.",
        completion: .file())
    var data: String?
    @Option(
        help: "Number type of the weights: auto (the base's own, bf16 of a quantised one), fp32, fp16 or bf16.",
        completion: .list(["auto", "fp32", "fp16", "bf16"]))
    var type = "auto"
    @Option(help: "Where the model goes (a new folder, or one that Lathe wrote).", completion: .directory)
    var out: String
    @OptionGroup var common: CommonOptions

    func run() throws {
        let stage = try PruneStage(layers: layers, type: type, into: OutputPlaces.url(out))
        let recipe = try ResolvedRecipe(
            model: model, data: data, overrides: common.overrides, for: data == nil ? .prune : .pruneScored)
        try common.show(stage, in: Session(recipe))
    }
}
