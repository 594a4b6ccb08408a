// Adapters into their base, or several into one.

internal import ArgumentParser
internal import Foundation
internal import Vocabulary
internal import Workbench

struct Merge: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Merge an adapter, or several as one, into its base; prove that the merged model is base + adapter.",
        discussion: """
            Several adapters are combined as PEFT's add_weighted_adapter does it:
              lathe merge --model M --adapter A=0.7 --adapter B=0.3 --method ties --density 0.5 --out DIR
            The last = of --adapter parts the path from its weight where a number follows; what stands there under the whole \
            name is the adapter itself.
            """)

    private static let methods = CombinationMethod.allCases.map(\.rawValue)

    /// What is written.
    enum Output: String, ExpressibleByArgument, CaseIterable { case model, adapter }

    @Option(help: ModelOptions.modelHelp, completion: .file()) var model: String
    @Option(
        help: ArgumentHelp(
            "An adapter, and how much it counts: a PEFT directory or a Lathe checkpoint (.h5). More than once for several.",
            valueName: "path[=weight]"),
        completion: .file())
    var adapter: [String]
    @Option(
        help: ArgumentHelp(
            "How several become one: \(Self.methods.joined(separator: ", ")). (default: cat, which adds them up exactly)"
        ),
        completion: .list(Self.methods))
    var method: String?
    @Option(help: "The share of numbers that ties, dare and magnitude_prune keep: above 0, at most 1.")
    var density: String?
    @Option(
        help: "What elects the sign of ties: \(MajoritySign.allCases.map(\.rawValue).joined(separator: ", ")).",
        completion: .list(MajoritySign.allCases.map(\.rawValue)))
    var majoritySignMethod: String?
    @Option(help: "The rank that svd methods leave; not given: the largest of the adapters.") var svdRank: String?
    @Option(help: "Start of the random draws of dare.") var seed: String?
    @Option(
        help: ArgumentHelp(
            "Choose weights and density by the loss on these rows; more than once for several domains.",
            valueName: "[name=]file"),
        completion: .file())
    var search: [String] = []
    @Option(help: "The most combinations that --search tries. (default: \(CombinationTrial.usualLimit))")
    var searchLimit: Int?
    @Option(
        help: ArgumentHelp("Rows on which the result is measured, by domain.", valueName: "[name=]file"),
        completion: .file())
    var data: [String] = []
    @Option(
        name: .customLong("as"), help: "What is written: the merged model, or the combined adapter in PEFT's form.",
        completion: .list(Output.allCases.map(\.rawValue)))
    var output = Output.model
    @Flag(help: "Write the merged model all the same where little of the fine-tune is left in it.")
    var allowNearNoOp = false
    @Option(help: "Where it goes (a new folder, or one that Lathe wrote).", completion: .directory) var out: String
    @OptionGroup var common: CommonOptions

    func run() throws {
        try requireSeveral()
        guard !allowNearNoOp || output == .model else {
            throw Failure(.usage, "--allow-near-no-op has no effect: nothing is merged", hint: "leave it out")
        }
        let trial = try trial()
        let session = Session(
            try ResolvedRecipe(
                model: model, overrides: common.overrides, flags: settings,
                for: trial == nil ? .merge : .mergeOfRows),
            adapters: try adapter.map(NamedAdapter.init(argument:)), weighs: trial != nil)
        let place = OutputPlaces.url(out)
        switch output {
        case .model: try common.show(MergeStage(into: place, trying: trial), in: session)
        case .adapter: try common.show(CombineStage(into: place, trying: trial), in: session)
        }
    }

    /// Throws where a flag says how adapters are combined, and there is one alone, which is only weighted.
    private func requireSeveral() throws {
        let flags = [
            ("--method", method), ("--density", density), ("--majority-sign-method", majoritySignMethod),
            ("--svd-rank", svdRank),
        ]
        guard adapter.count == 1, let flag = flags.first(where: { $0.1 != nil }) else { return }
        throw Failure(
            .usage, "\(flag.0) has no effect: one adapter alone is only weighted",
            hint: "leave it out, or name another --adapter")
    }

    /// The rows that are asked; nil where there are none.
    private func trial() throws -> CombinationTrial? {
        guard !search.isEmpty || searchLimit == nil else {
            throw Failure(.usage, "--search-limit without --search", hint: "leave it out")
        }
        guard !search.isEmpty || !data.isEmpty else { return nil }
        return try CombinationTrial(
            search: search.map(NamedRows.init(argument:)), report: data.map(NamedRows.init(argument:)),
            limit: searchLimit ?? CombinationTrial.usualLimit)
    }

    /// The options as the recipe's keys, which hold their ranges and defaults.
    private var settings: [KeyFlag] {
        let prunes = method.flatMap(CombinationMethod.init)?.prunes ?? false
        let density = density ?? (prunes && !search.isEmpty ? "\(CombinationTrial.usualDensity)" : nil)
        return [
            KeyFlag("--method", as: "merge.method", method), KeyFlag("--density", as: "merge.density", density),
            KeyFlag("--majority-sign-method", as: "merge.majority_sign_method", majoritySignMethod),
            KeyFlag("--svd-rank", as: "merge.svd_rank", svdRank), KeyFlag("--seed", as: "seed", seed),
            KeyFlag("--allow-near-no-op", as: "merge.allow_near_no_op", allowNearNoOp ? "true" : nil),
        ].compactMap(\.self)
    }
}
