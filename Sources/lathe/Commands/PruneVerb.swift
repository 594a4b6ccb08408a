// `lathe prune`.

internal import ArgumentParser
internal import Workbench

struct Prune: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a smaller model: a base without some of its parts, and what that costs before any training.",
        discussion: """
            What stays is a Hugging Face directory like any other, to train an adapter on, to distil into or to export:
              lathe prune --model M --layers 0-15,20 --data rows.jsonl --out DIR
              lathe prune --model M --to 20 --by loss --mlp-width 1024 --data rows.jsonl --out DIR
            Choices look at the rows of --data: choose on rows that nothing is to be judged by afterwards.
            """)

    /// Which tokens stay.
    enum Vocabulary: String, ExpressibleByArgument, CaseIterable { case all, used }

    @Option(help: ModelOptions.modelHelp, completion: .file()) var model: String
    @Option(help: "The blocks that stay, counted from 0: 0-15,20.") var layers: String?
    @Option(help: "In place of a list: how many blocks stay, chosen by the rows of --data.") var to: Int?
    @Option(
        help: ArgumentHelp(
            "By what blocks are chosen: the run that turns the residual stream least (angle), or each time the block "
                + "without which the loss is least (loss, slower). (default: angle)"),
        completion: .list(PruneWishes.Criterion.allCases.map(\.rawValue)))
    var by: String?
    @Option(help: "How many inner channels of each feed-forward network stay: those that say most on --data.")
    var mlpWidth: Int?
    @Option(help: "How many query heads of each attention stay, with the key heads that they share.") var heads: Int?
    @Option(
        help: "Which tokens stay: all, or those that --data uses with what they and any other text are made of (used).",
        completion: .list(Vocabulary.allCases.map(\.rawValue)))
    var vocabulary = Vocabulary.all
    @Option(
        help: ArgumentHelp(
            "Tokens of --data that choices look at, at most, spread over all rows. (default: \(PruneWishes.usualTokenLimit))"
        ))
    var tokens: Int?
    @Option(
        help: "Rows to choose by, and on which base and pruned model are compared; not given: a few built-in texts.",
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
        var wishes = PruneWishes()
        (wishes.layers, wishes.layerCount) = (layers, to)
        wishes.criterion = try by.map(PruneWishes.criterion)
        (wishes.mlpWidth, wishes.heads, wishes.tokenLimit) = (mlpWidth, heads, tokens)
        wishes.keepsUsedTokens = vocabulary == .used
        let stage = try PruneStage(wishes, type: type, into: OutputPlaces.url(out))
        let recipe = try ResolvedRecipe(
            model: model, data: data, overrides: common.overrides, for: data == nil ? .prune : .pruneScored)
        try common.show(stage, in: Session(recipe))
    }
}
