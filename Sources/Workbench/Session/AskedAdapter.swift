// The adapter that a recipe asks for.

internal import Adapters
internal import Models
internal import Recipes
internal import Spelling
internal import Tokenizers

extension AdapterConfiguration {
    /// The adapter that a recipe asks for.
    /// - Parameters:
    ///   - layers: of the model, in network order.
    ///   - family: the model's.
    ///   - parameters: what of the model can be trained beside the adapter.
    ///   - tokenizer: tells the ids of tokens that are named by their text; nil: none are trained.
    init(
        _ section: AdapterSection, for layers: [AdaptableLayer], of family: ModelFamily?,
        beside parameters: [BaseParameter] = [],
        _ tokenizer: Tokenizer? = nil
    ) throws {
        let paths = layers.map(\.path)
        var targets = try Self.targets(section, in: family)
        try Self.naming("adapter.target_modules: ") { _ = try TargetCoverage(targets, paths: paths) }
        if let blocks = section.layers {
            func block(_ path: String) -> Int? { path.split(separator: ".").compactMap { Int($0) }.first }
            let targeted = try TargetCoverage(targets, paths: paths).matched
            let absent = Set(blocks).subtracting(targeted.compactMap(block)).sorted()
            guard absent.isEmpty else {
                let last = paths.compactMap(block).max() ?? 0
                throw Failure(
                    .badInput,
                    "adapter.layers: no target module stands in "
                        + "\(Count.noun(absent.count, "block")) \(absent.map { String($0) }.joined(separator: ", "))",
                    hint: "the model's blocks are numbered from 0 to \(last)")
            }
            let chosen = targeted.filter { block($0).map(blocks.contains) ?? false }
            let unchangeable = Set(Self.leftOut(section, of: layers).map(\.path))
            let changeable = chosen.filter { !unchangeable.contains($0) }
            // Where nothing is left, all are refused by name.
            targets = .patterns(changeable.isEmpty ? chosen : changeable)
        }
        // A method that has no rank or no scale has the same adapter whatever the defaults say.
        let words = AdapterMethod.of(section.method).words
        self.init(
            method: section.method, rank: words.rank == nil ? 1 : section.rank,
            alpha: words.alpha == nil ? 1 : section.alpha, dropout: section.dropout,
            usesRankStabilisation: section.useRSLoRA,
            targets: targets,
            rankOverrides: section.rankPattern.map { Override(pattern: $0.pattern, value: $0.value) },
            alphaOverrides: section.alphaPattern.map { Override(pattern: $0.pattern, value: $0.value) })
        if let tokenizer {
            beside.modules = section.modulesToSave
            beside.biases = section.bias
            beside.tokens = try Self.tokens(section.trainableTokenIndices, tokenizer)
        }
        if section.continueFrom == nil { start = section.start.kind }
        settings = AdapterMethod.of(method).resolved(
            section.settings,
            on: try Self.naming("adapter.target_modules: ") { try TargetCoverage(self, for: layers).matched },
            of: family)
        try Self.naming("adapter.") { try requireSettings(on: layers) }
        try Self.naming("adapter.") {
            try requireEffect(on: layers)
            if tokenizer != nil { _ = try AdapterSet(self, for: layers, beside: parameters) }
        }
    }

    /// The targets of `section`, or where it has none those that are usual.
    private static func targets(_ section: AdapterSection, in family: ModelFamily?) throws -> AdapterTargets {
        switch section.targetModules {
        case .allLinear: return .allLinear
        case .patterns(let patterns): return .patterns(patterns)
        case .usual:
            switch AdapterMethod.of(section.method).usualModules(of: family) {
            case .allLinear: return .allLinear
            case .named(let names): return .patterns(names)
            case .unknown:
                throw Failure(
                    .badInput,
                    "adapter.target_modules: which modules adapter.method \(section.method.rawValue) takes is not known of "
                        + "models of family \(family?.name ?? "unknown")",
                    hint: "name them in adapter.target_modules, or set it to all-linear")
            }
        }
    }

    /// The ids of `names`: ids as they are, and texts of single tokens.
    static func tokens(_ names: [String], _ tokenizer: Tokenizer) throws -> [TrainedBeside.Tokens] {
        let ids = try names.map { name in
            if let id = Int32(name) { return id }
            if let id = tokenizer.id(ofToken: name) { return id }
            let pieces = tokenizer.encode(name, addSpecialTokens: false).ids
            guard pieces.count == 1 else {
                throw Failure(
                    .badInput, "adapter.trainable_token_indices: \(name) is no token of the model",
                    hint: "name a token as the tokenizer's vocabulary has it, or its id")
            }
            return pieces[0]
        }
        return ids.isEmpty ? [] : [TrainedBeside.Tokens(ids: ids)]
    }

    /// Those of `layers` that `all-linear` does not mean, since the method cannot change their weights.
    static func leftOut(_ section: AdapterSection, of layers: [AdaptableLayer]) -> [AdaptableLayer] {
        if case .patterns = section.targetModules { return [] }
        return layers.filter { $0.path != LanguageModel.headPath && !section.method.changes($0) }
    }

    /// What a person should know of layers that are left out: a line for each kind of layer and stored type.
    func notes(on leftOut: [AdaptableLayer]) -> [String] {
        var counts: [(what: String, count: Int)] = []
        for layer in leftOut {
            let kind = layer.path.split(separator: ".").last.map(String.init) ?? layer.path
            let what = kind + (layer.weightType.map { " (\($0.rawValue.uppercased()))" } ?? "")
            if let index = counts.firstIndex(where: { $0.what == what }) {
                counts[index].count += 1
            } else {
                counts.append((what, 1))
            }
        }
        return counts.map {
            "adapter.method: \(method.rawValue) leaves out \($0.what) in \(Count.text($0.count, "layer")): it changes "
                + "\(method.changeableTypes) alone"
        }
    }

    /// Puts the key of a recipe before what an error is about.
    static func naming<Result>(_ key: String, _ check: () throws -> Result) throws -> Result {
        do { return try check() } catch var error as AdapterError {
            for index in error.problems.indices {
                error.problems[index].subject = key + (error.problems[index].subject ?? "")
            }
            throw error
        }
    }
}
