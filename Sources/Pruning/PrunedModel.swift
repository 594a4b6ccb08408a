// A base of which parts are left out, as a model: who writes it, reads it or computes with it sees no other.

internal import Digests
public import Foundation
public import JSON
public import Models
public import Tensors
public import WeightFiles

/// What a plan leaves of a base. Tensors of which all stays are the base's own, mapped and not copied, under the names that they have
/// afterwards; of others what stays is copied when it is asked for.
public struct PrunedModel: ModelSource {
    /// What it is made of.
    public let base: any ModelSource
    public let plan: PruningPlan
    /// What it is.
    public let configuration: ModelConfiguration
    public let paths: [String]
    public let huggingFaceConfiguration: JSONValue?
    private let axes: PrunedAxes
    private let names: WeightNames

    /// - Throws: `PruningError` where the files of the base's family cannot say what is left.
    public init(_ base: any ModelSource, _ plan: PruningPlan) throws {
        let whole = try ModelConfiguration(of: base)
        let configuration = plan.applied(to: whole)
        guard let names = whole.weightNames else {
            throw PruningError(base.location, "the weights of the family \(whole.family) have no names here")
        }
        self.names = names
        axes = PrunedAxes(plan, of: whole, names)
        self.base = base
        self.plan = plan
        self.configuration = configuration
        huggingFaceConfiguration = try base.huggingFaceConfiguration.map {
            try PrunedConfiguration(of: base.location, plan, configuration).json($0)
        }
        let places = Dictionary(uniqueKeysWithValues: plan.blocks.enumerated().map { ($1, $0) })
        paths = base.paths.compactMap { path in
            guard let (number, rest) = names.block(of: path) else { return path }
            return places[number].map { names.name(inBlock: $0, rest) }
        }
    }

    /// The base's name of the weight called `path`; nil where there is none.
    private func source(of path: String) -> String? {
        guard let (number, rest) = names.block(of: path) else { return path }
        return plan.blocks.indices.contains(number) ? names.name(inBlock: plan.blocks[number], rest) : nil
    }

    // MARK: Weights

    public var location: String { base.location }
    public var otherNames: [String] { base.otherNames }
    public var warnings: [String] { base.warnings }

    public var byteCount: Int { paths.reduce(0) { $0 + ((try? tensor(at: $1))?.bytes.count ?? 0) } }

    public func shape(at path: String) -> Shape? {
        guard let source = source(of: path), let whole = base.shape(at: source) else { return nil }
        let kept = axes.kept(of: source)
        var sizes = whole.sizes
        if let rows = kept.rows, !sizes.isEmpty { sizes[0] = rows.count }
        if let columns = kept.columns, sizes.count == 2 { sizes[1] = columns.count }
        return Shape(sizes)
    }

    public func typeName(at path: String) -> String? { source(of: path).flatMap(base.typeName) }

    public func tensor(at path: String) throws(WeightError) -> FrozenTensor {
        guard let source = source(of: path) else { throw missing(path) }
        let stored = try base.tensor(at: source), kept = axes.kept(of: source)
        return stored.sliced(as: path, rows: kept.rows, columns: stored.shape.rank == 2 ? kept.columns : nil)
    }

    /// The base's digest with what stays of it.
    public func contentDigest() throws(WeightError) -> String {
        SHA256.hex(of: "\(try base.contentDigest()) \(plan)")
    }

    public func releasePages(of path: String) { source(of: path).map(base.releasePages(of:)) }
    public func releasePages() { base.releasePages() }

    // MARK: What stands beside them

    public var configurationName: String? { base.configurationName }
    public var chatTemplatePlace: ChatTemplatePlace { base.chatTemplatePlace }
    public func statedConfiguration() throws -> ModelConfiguration { configuration }
    public func configurationNotes() throws -> [String] { try base.configurationNotes() }
    public func companions() throws -> [(name: String, url: URL)] { try base.companions() }

    public func tokenizerSource() throws -> TokenizerSource? {
        try base.tokenizerSource().map { source in tokenizer?.source(source) ?? source }
    }

    public func generationSettings() throws -> JSONValue? {
        try base.generationSettings().map { settings in tokenizer?.generation(settings) ?? settings }
    }

    public func companionContents() throws -> [(name: String, bytes: [UInt8])] {
        let files = try base.companionContents()
        guard let tokenizer else { return files }
        return try files.compactMap { name, bytes in try tokenizer.file(name, bytes).map { (name, $0) } }
    }

    /// What becomes of the tokenizer; nil where it stays as it is.
    private var tokenizer: PrunedTokenizer? { plan.tokens.map { PrunedTokenizer(TokenNumbers($0)) } }
}
