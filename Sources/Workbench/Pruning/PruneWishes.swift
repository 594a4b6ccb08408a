// What of a base is to stay, as a person says it.

internal import Models

/// Which parts of a base are to stay, or how many.
public struct PruneWishes: Sendable {
    /// By what blocks are chosen.
    public enum Criterion: String, Sendable, CaseIterable {
        /// The run of blocks goes that turns the residual stream least.
        case angle
        /// Block after block goes, each time the one without which the loss is least.
        case loss
    }

    /// The blocks that stay: "0-15,20".
    public var layers: String?
    /// How many blocks stay, chosen by rows.
    public var layerCount: Int?
    /// By what they are chosen; nil: the angle.
    public var criterion: Criterion?
    /// Inner channels of each feed-forward network that stay.
    public var mlpWidth: Int?
    /// Query heads of each attention that stay.
    public var heads: Int?
    /// Whether tokens go that the rows never use.
    public var keepsUsedTokens = false
    /// Tokens that choices look at, at most.
    public var tokenLimit: Int?

    /// Nothing is removed.
    public init() {}

    /// Tokens that choices look at where nobody says so.
    public static let usualTokenLimit = 4096

    /// Whether something is to go of blocks that stay, or of the vocabulary.
    private var narrows: Bool { mlpWidth != nil || heads != nil || keepsUsedTokens }

    /// The criterion called `name`.
    ///
    /// - Throws: `Failure` where none is.
    public static func criterion(_ name: String) throws -> Criterion {
        guard let criterion = Criterion(rawValue: name) else {
            throw Failure(
                .usage, "--by \(name): unknown", hint: Criterion.allCases.map(\.rawValue).joined(separator: " or "))
        }
        return criterion
    }

    /// Throws where wishes contradict one another or would do nothing, whatever the model.
    ///
    /// - Parameter hasRows: whether rows are named.
    func require(hasRows: Bool) throws {
        if layers != nil, let layerCount {
            throw Failure(
                .usage, "--to \(layerCount) beside --layers",
                hint: "name the blocks that stay, or how many: one of the two")
        }
        guard layers != nil || layerCount != nil || narrows else {
            throw Failure(
                .usage, "nothing says what is to be removed",
                hint: "--layers 0-15,20, or --to 16 --data FILE, --mlp-width N, --heads N, --vocabulary used")
        }
        if keepsUsedTokens, !hasRows {
            throw Failure(
                .usage, "--vocabulary used without --data: rows say which tokens are in use",
                hint: "name rows: --data FILE")
        }
        if let layerCount, !hasRows {
            throw Failure(
                .usage, "--to \(layerCount) without --data: blocks are chosen by what they do on rows",
                hint: "name rows: --data FILE; or the blocks: --layers 0-15,20")
        }
        if let criterion, layerCount == nil {
            throw Failure(.usage, "--by \(criterion.rawValue) without --to", hint: "leave it out, or say --to N")
        }
        if let tokenLimit {
            guard tokenLimit > 0 else {
                throw Failure(.usage, "--tokens \(tokenLimit): expected a whole number from 1")
            }
            guard hasRows, layerCount != nil || mlpWidth != nil || heads != nil else {
                throw Failure(.usage, "--tokens without a choice by rows", hint: "leave it out")
            }
        }
    }

    /// Throws where a model of this kind has not what is to stay, or all of it would.
    func require(_ model: ModelConfiguration) throws {
        let block = model.blocks[0], shape = block.attention.shape, together = shape.heads / shape.groups
        func check(_ flag: String, _ count: Int?, below all: Int, _ what: String, inSteps step: Int = 1) throws {
            guard let count, !(step...all - step).contains(count) || count % step != 0 || all <= step else { return }
            let steps = step > 1 ? " in steps of \(step)" : ""
            throw Failure(
                .usage, "\(flag) \(count): the model has \(all) \(what)",
                hint: all > step ? "\(step) to \(all - step) can stay\(steps)" : "none of them can go")
        }
        let isWhole = block.attention.projection == .separate && block.feedForward.projection == .separate
        for (flag, count) in [("--mlp-width", mlpWidth), ("--heads", heads)] where count != nil {
            guard isWhole, model.weightNames?.isTransposed != true else {
                throw Failure(
                    .usage, "\(flag): models of the family \(model.family) store several parts in one weight",
                    hint: "whole blocks can go: see --to and --layers")
            }
        }
        try check("--to", layerCount, below: model.layers, "blocks")
        if let mlpWidth, model.blocks.contains(where: { $0.feedForward.experts != nil }) {
            throw Failure(
                .usage, "--mlp-width \(mlpWidth): the inner channels of experts cannot be removed",
                hint: "--layers or --to removes blocks, --heads heads")
        }
        // Products of bf16 take pairs.
        try check("--mlp-width", mlpWidth, below: block.feedForward.width, "inner channels", inSteps: 2)
        if let heads, block.attention.headNorm != nil, block.attention.headNormReach != .eachHead {
            throw Failure(
                .usage, "--heads \(heads): heads that have norms of their own, or one for all, cannot be removed",
                hint: "--layers or --to removes blocks, --mlp-width inner channels")
        }
        try check(
            "--heads", heads, below: shape.heads,
            together > 1 ? "query heads, of which \(together) share a key head and stay together" : "query heads",
            inSteps: together)
        guard let layers, try BlockList(layers).numbers(of: model.layers).count == model.layers else { return }
        guard !narrows else { return }
        throw Failure(
            .usage, "--layers \(layers): all blocks stay, so nothing would be removed",
            hint: "the model has \(model.layers) blocks: list those that are to stay")
    }
}
