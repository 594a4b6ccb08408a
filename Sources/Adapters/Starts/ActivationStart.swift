// EVA (Paischer et al., 2024): A begins with the strongest directions of what a layer is given, and ranks go where they explain most.
// Rows are read batch by batch, again and again, until the directions that are needed stay what they are.

import Kernels
public import Models
public import Tensors

/// What a start by activations does.
public struct ActivationSettings: Sendable {
    /// A layer's rank is at most the one asked for times this.
    public var rho = 2.0
    /// The cosine from which a direction counts as the one before.
    public var tau = 0.99
    /// Whether directions are divided by the root of their strength.
    public var whitens = false
    /// Whether α follows a changed rank.
    public var adjustsScale = true

    public init() {}
}

/// Finds the directions for the layers of one adapter.
public struct ActivationStart {
    /// Layers that are given the same rows.
    fileprivate struct Group {
        let paths: [String]
        var found: IncrementalComponents
        /// Whether each direction was the same in the last part as before.
        var isSettled: [Bool]
        /// Whether all that are needed were, when last looked at.
        var isDone = false
    }

    private let configuration: AdapterConfiguration
    private let settings: ActivationSettings
    /// Of each layer that carries an adapter, in network order.
    private let ranks: [(path: String, rank: Int)]
    private var groups: [Group] = []
    /// The ranks as they come out.
    private var given: [String: Int] = [:]

    /// A search for the layers that `set` adapts.
    public init(_ set: AdapterSet, _ settings: ActivationSettings) {
        configuration = set.configuration
        self.settings = settings
        ranks = set.members.map { ($0.path, $0.adapter.trainedRank) }
    }

    /// Whether no more rows are needed.
    public private(set) var isDone = false
    /// Whether every layer was given enough rows at once to have directions.
    public var hasDirections: Bool { !groups.isEmpty && groups.allSatisfy { !$0.found.values.isEmpty } }
    /// Rows that a batch must have at least, for the layer that looks for most directions.
    public var rowsNeeded: Int { groups.map(\.found.count).max() ?? 1 }

    /// Takes what the base's layers are given for `batch`.
    ///
    /// - Parameters:
    ///   - rows: those of the batch that count; nil: all.
    ///   - workspace: for the pass.
    /// - Returns: false where the batch has too few rows for a layer that needs more of them, which passes them over.
    @discardableResult
    public mutating func take(
        _ batch: TokenBatch, rows: [Int32]?, on model: LanguageModel, workspace: Workspace
    ) throws -> Bool {
        look()
        guard !isDone else { return true }
        var isEnough = true
        let wanted = Dictionary(ranks.map { ($0.path, $0.rank) }) { first, _ in first }
        let isFirst = groups.isEmpty
        try model.layerInputs(batch, workspace: workspace) { input in
            let paths = input.layers.map(\.path).filter { wanted[$0] != nil }
            guard let first = paths.first else { return }
            if isFirst { add(paths, wanted, width: input.rows.columns) }
            guard let index = groups.firstIndex(where: { $0.paths[0] == first }) else { return }
            if try !groups[index].take(input.rows, rows, settings, workspace) { isEnough = false }
        }
        if hasDirections { distribute() }
        return isEnough
    }

    private mutating func add(_ paths: [String], _ ranks: [String: Int], width: Int) {
        let most = paths.map { Int((Double(ranks[$0] ?? 0) * settings.rho).rounded(.toNearestOrEven)) }.max() ?? 0
        let count = min(most, width)
        groups.append(
            Group(
                paths: paths, found: IncrementalComponents(count, width: width),
                isSettled: [Bool](repeating: false, count: count)))
        for path in paths { given[path] = count }
    }

    /// Looks which layers need no more rows.
    private mutating func look() {
        for index in groups.indices {
            let needed = given[groups[index].paths[0]] ?? 0
            groups[index].isDone = groups[index].isSettled[..<needed].allSatisfy(\.self)
        }
        isDone = !groups.isEmpty && groups.allSatisfy(\.isDone)
    }

    /// Gives the ranks to the directions that explain most, over all layers.
    private mutating func distribute() {
        var shares: [(path: String, share: Double)] = []
        for group in groups { shares += group.found.shares.map { (group.paths[0], $0) } }
        for group in groups {
            for path in group.paths.dropFirst() { shares += group.found.shares.map { (path, $0) } }
        }
        let budget = ranks.reduce(0) { $0 + $1.rank }
        // Equal ones in the order of layers.
        let order = shares.indices.sorted { (-shares[$0].share, $0) < (-shares[$1].share, $1) }
        given = Dictionary(uniqueKeysWithValues: ranks.map { ($0.path, 0) })
        for index in order.prefix(budget) { given[shares[index].path, default: 0] += 1 }
        for group in groups {
            // The layer whose directions are looked at has the most of them.
            for path in group.paths.dropFirst() where given[path, default: 0] > given[group.paths[0], default: 0] {
                (given[path], given[group.paths[0]]) = (given[group.paths[0]], given[path])
            }
        }
    }

    /// The adapter with its ranks, and the A of each of its layers. Layers that explain too little carry none.
    public func result() throws(AdapterError) -> (configuration: AdapterConfiguration, factors: [String: StartFactors])
    {
        var configuration = configuration
        var factors: [String: StartFactors] = [:]
        var kept: [String] = []
        var ranks: [AdapterConfiguration.Override<Int>] = [], alphas: [AdapterConfiguration.Override<Double>] = []
        for (path, asked) in self.ranks {
            guard let group = groups.first(where: { $0.paths.contains(path) }) else {
                throw AdapterError("was given no rows: init_lora_weights: eva cannot begin it", subject: path)
            }
            guard let rank = given[path], rank > 0 else { continue }
            kept.append(path)
            factors[path] = StartFactors(a: group.directions(rank, whitened: settings.whitens), b: nil)
            var alpha = try self.configuration.alpha(of: path)
            if rank != asked, settings.adjustsScale { alpha *= Double(rank) / Double(asked) }
            if rank != configuration.rank { ranks.append(.init(pattern: path, value: rank)) }
            if alpha != configuration.alpha { alphas.append(.init(pattern: path, value: alpha)) }
        }
        if kept.count < self.ranks.count { configuration.targets = .patterns(kept) }
        configuration.rankOverrides = ranks
        configuration.alphaOverrides = alphas
        return (configuration, factors)
    }
}

extension ActivationStart.Group {
    /// Takes the rows that count, where they are enough and more are needed.
    /// - Returns: false where they are too few.
    fileprivate mutating func take(
        _ given: Matrix, _ rows: [Int32]?, _ settings: ActivationSettings, _ workspace: Workspace
    ) throws -> Bool {
        let count = rows?.count ?? given.rows
        guard !isDone, found.count > 0 else { return true }
        guard count >= found.count else { return false }
        let before = found
        if let rows {
            try workspace.scoped {
                let chosen = workspace.matrix(rows: rows.count, columns: given.columns)
                rows.withUnsafeBufferPointer { Elements.gatherRows(given, $0, into: chosen) }
                try found.add(chosen)
            }
        } else {
            try found.add(given)
        }
        if !before.values.isEmpty { isSettled = found.likeness(to: before).map { $0 >= settings.tau } }
        return true
    }

    /// The first directions, row after row.
    fileprivate func directions(_ count: Int, whitened: Bool) -> [Float] {
        var numbers = Array(found.directions[..<(count * found.width)])
        guard whitened else { return numbers }
        for index in numbers.indices { numbers[index] /= found.values[index / found.width].squareRoot() }
        return numbers
    }
}
