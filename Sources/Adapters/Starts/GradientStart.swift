// LoRA-GA (Wang et al., 2024): A and B begin with the strongest directions of the weight's gradient G `[out, in]`. G itself is never
// formed: beside B = 0 the gradient of B is G·Aᵀ, and beside A = 0 that of A is Bᵀ·G, which is all that a search in a random subspace
// asks for (Halko, Martinsson and Tropp, 2011). So the passes are those of a training with a larger rank.

import Kernels
public import Models
import Tensors
public import Vocabulary

/// What a start by gradients does.
public struct GradientSettings: Sendable {
    public var direction = GradientDirections.strongestInA
    public var scale = GradientScale.stable
    /// γ of `stable`.
    public var stableGamma = 16.0

    public init() {}
}

/// Finds factors in the gradient of the weights under an adapter.
public struct GradientStart {
    private let set: AdapterSet
    private let settings: GradientSettings
    private let seed: UInt64
    /// How often G·Gᵀ turns the subspace.
    private static let powers = 4
    /// Directions of the subspace for each one of the rank.
    private static let directionsOfRank = 4

    /// Passes that `factors` asks for.
    public static let passes = 2 * powers + 2

    /// - Parameter set: whose factors are to begin.
    public init(_ set: AdapterSet, _ settings: GradientSettings, seed: UInt64) {
        self.set = set
        self.settings = settings
        self.seed = seed
    }

    /// A and B of each layer.
    ///
    /// - Parameters:
    ///   - model: the base; what acts on it stays what it is.
    ///   - gradient: leaves the gradient of the mean loss in the slab of the set, which then acts on the model.
    public func factors(
        on model: LanguageModel, gradient: (AdapterSet) throws -> Void
    ) throws -> [String: StartFactors] {
        let probe = try probe(), bound = model.adapters, random = RandomStream(seed: seed, purpose: .projection)
        probe.initialise(seed: seed, on: model)
        probe.attach(to: model)
        defer { model.adapters = bound }
        for (index, member) in probe.members.enumerated() {
            let a = member.adapter.states[0].values.floats
            for place in a.indices { a[place] = Float(random.normal(stream: UInt32(index), index: UInt64(place))) }
        }
        try outward(probe, gradient)
        for _ in 0..<Self.powers {
            try inward(probe, gradient)
            for member in probe.members {
                Elements.copy(member.adapter.states[0].gradients, into: member.adapter.states[0].values)
                try OrthonormalRows.make(member.adapter.states[0].values)
            }
            try outward(probe, gradient)
        }
        try inward(probe, gradient)
        var factors: [String: StartFactors] = [:]
        for (index, (member, own)) in zip(probe.members, set.members).enumerated() {
            factors[member.path] = try take(member.adapter, own, UInt32(index), on: model)
        }
        return factors
    }

    /// An adapter on the same layers that adds nothing while one of its factors is zero, of the rank of the subspace and scale 1.
    private func probe() throws(AdapterError) -> AdapterSet {
        var ranks: [AdapterConfiguration.Override<Int>] = [], alphas: [AdapterConfiguration.Override<Double>] = []
        for member in set.members {
            let most = min(member.adapter.inputSize, member.adapter.outputSize)
            let rank = min(Self.directionsOfRank * member.adapter.trainedRank, most)
            ranks.append(.init(pattern: member.path, value: rank))
            alphas.append(.init(pattern: member.path, value: Double(rank)))
        }
        let configuration = AdapterConfiguration(
            rank: 1, alpha: 1, targets: .patterns(set.members.map(\.path)), rankOverrides: ranks,
            alphaOverrides: alphas, head: set.configuration.head)
        return try AdapterSet(configuration, for: set.layers)
    }

    /// B becomes an orthonormal basis of G·Aᵀ, A zero.
    private func outward(_ probe: AdapterSet, _ gradient: (AdapterSet) throws -> Void) throws {
        for member in probe.members { Elements.fill(member.adapter.states[1].values) }
        probe.slab.valuesChanged()
        try gradient(probe)
        let workspace = Workspace()
        for member in probe.members {
            let b = member.adapter.states[1]
            try workspace.scoped {
                let basis = workspace.matrix(rows: b.values.columns, columns: b.values.rows)
                Elements.transpose(b.gradients, into: basis)
                try OrthonormalRows.make(basis)
                Elements.transpose(basis, into: b.values)
            }
        }
    }

    /// Leaves Bᵀ·G in the gradients of A.
    private func inward(_ probe: AdapterSet, _ gradient: (AdapterSet) throws -> Void) throws {
        for member in probe.members { Elements.fill(member.adapter.states[0].values) }
        probe.slab.valuesChanged()
        try gradient(probe)
    }

    // MARK: From directions to factors

    /// The factors of a layer, of the basis B `[out, k]` and the gradients Bᵀ·G `[k, in]` of A.
    private func take(
        _ probe: LowRankAdapter, _ own: AdapterSet.Member, _ stream: UInt32, on model: LanguageModel
    ) throws -> StartFactors {
        let rank = own.adapter.trainedRank, basis = probe.states[1].values, workspace = Workspace()
        defer { withExtendedLifetime(workspace) {} }
        let inner = workspace.matrix(rows: probe.trainedRank, columns: probe.inputSize)
        Elements.copy(probe.states[0].gradients, into: inner)
        let found = try SingularValues(consuming: inner).withFixedSigns
        guard 2 * rank <= found.count else {
            throw AdapterError("has too few directions for init_lora_weights: lora_ga", subject: own.path)
        }
        let turned = workspace.matrix(rows: found.rows, columns: found.count)
        _ = turned.floats.update(from: found.left)
        let left = workspace.matrix(rows: basis.rows, columns: found.count)
        Products.times(basis, turned, into: left)
        let (ofA, ofB) = places(rank, stream)
        let factors = try factors(found.values[ofB[0]], own, on: model)
        var a: [Float] = [], b = [Float](repeating: 0, count: basis.rows * rank)
        for place in ofA {
            a += found.right[place * found.columns..<(place + 1) * found.columns].map { $0 * factors.a }
        }
        for (column, place) in ofB.enumerated() {
            let strength = found.values[place] * factors.b
            for row in 0..<basis.rows { b[row * rank + column] = strength * left.floats[row * found.count + place] }
        }
        return StartFactors(a: a, b: b)
    }

    /// Which of the 2r strongest directions A and B take.
    private func places(_ rank: Int, _ stream: UInt32) -> (a: [Int], b: [Int]) {
        let (first, second) = (Array(0..<rank), Array(rank..<2 * rank))
        switch settings.direction {
        case .alternating: return (first.map { 2 * $0 + 1 }, first.map { 2 * $0 })
        case .strongestInB: return (second, first)
        case .strongestInA: return (first, second)
        case .random:
            let order = RandomStream(seed: seed, purpose: .adapterInitialisation)
                .permutation(of: 2 * rank, stream: stream)
            return (Array(order[..<rank]), Array(order[..<rank]))
        }
    }

    /// By what A and B are multiplied.
    /// - Parameter strength: of the first direction that B takes.
    private func factors(
        _ strength: Float, _ member: AdapterSet.Member, on model: LanguageModel
    ) throws -> (a: Float, b: Float) {
        switch settings.scale {
        case .unit: return (1, 1)
        case .gradientDescent: return (1 / member.adapter.scale, 1 / member.adapter.scale)
        case .stable:
            let root = Double(member.adapter.outputSize).squareRoot().squareRoot()
            return (1, Float(root / settings.stableGamma.squareRoot()))
        case .weightSVD:
            guard strength > 0, let weight = model.linearLayer(member.path)?.weight else { return (1, 1) }
            let workspace = Workspace()
            defer { withExtendedLifetime(workspace) {} }
            let whole = workspace.matrix(rows: member.adapter.outputSize, columns: member.adapter.inputSize)
            Widening.widen(weight, into: whole)
            weight.dropPages()
            let found = try SingularValues(strongest: 1, of: whole, seed: seed)
            return (1, (found.values.first ?? strength) / strength)
        }
    }
}
