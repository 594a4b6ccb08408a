// The adapters of a model: their numbers in one slab, and the views of it that the layers carry.

public import Models
public import Tensors

/// A linear layer, as far as an adapter needs to know it.
public struct AdaptableLayer: Sendable, Equatable {
    /// `model.layers.0.self_attn.q_proj`.
    public let path: String
    public let inputSize: Int
    public let outputSize: Int

    public init(path: String, inputSize: Int, outputSize: Int) {
        self.path = path
        self.inputSize = inputSize
        self.outputSize = outputSize
    }

    /// What `layer` is.
    public init(_ layer: LinearLayer) {
        self.init(path: layer.path, inputSize: layer.inputSize, outputSize: layer.outputSize)
    }
}

/// One LoRA adapter on each of its target layers.
public final class AdapterSet {
    /// The adapter of one layer.
    public struct Member {
        /// `model.layers.0.self_attn.q_proj`.
        public let path: String
        public let adapter: LowRankAdapter
        /// Slots of A and B in the slab.
        public let a: MatrixSlot
        public let b: MatrixSlot
    }

    public let configuration: AdapterConfiguration
    public let coverage: TargetCoverage
    /// All trainable numbers, layer by layer in network order, A before B.
    public let slab: ParameterSlab
    public let members: [Member]

    /// An adapter for `model` with A and B all zero, attached to nothing.
    public convenience init(_ configuration: AdapterConfiguration, for model: LanguageModel) throws(AdapterError) {
        try self.init(configuration, for: model.linearLayers.map(AdaptableLayer.init))
    }

    /// An adapter for a model with the linear layers `layers`, in network order. A merge needs no more than that of a model.
    public init(_ configuration: AdapterConfiguration, for layers: [AdaptableLayer]) throws(AdapterError) {
        try configuration.validate()
        let coverage = try TargetCoverage(configuration, paths: layers.map(\.path))
        let matched = Set(coverage.matched)
        let layers = layers.filter { matched.contains($0.path) }
        var parameters: [(name: String, rows: Int, columns: Int)] = []
        for layer in layers {
            let rank = try configuration.rank(of: layer.path)
            parameters.append((Self.nameOfA(layer.path), rank, layer.inputSize))
            parameters.append((Self.nameOfB(layer.path), layer.outputSize, rank))
        }
        let slab = ParameterSlab(parameters)
        var members: [Member] = []
        for (index, layer) in layers.enumerated() {
            let (a, b) = (slab.slots[2 * index], slab.slots[2 * index + 1])
            let adapter = LowRankAdapter(
                rank: a.rows, scale: Float(try configuration.scale(of: layer.path)),
                dropout: Float(configuration.dropout),
                a: slab.values(a), b: slab.values(b), gradientA: slab.gradients(a), gradientB: slab.gradients(b),
                index: index, owner: slab)
            members.append(Member(path: layer.path, adapter: adapter, a: a, b: b))
        }
        self.configuration = configuration
        self.coverage = coverage
        self.slab = slab
        self.members = members
    }

    /// Name of A's slot for the module `path`.
    public static func nameOfA(_ path: String) -> String { path + ".lora_A.weight" }
    /// Name of B's slot for the module `path`.
    public static func nameOfB(_ path: String) -> String { path + ".lora_B.weight" }

    public var trainableParameterCount: Int { slab.parameterCount }

    /// The set for passes through `model`.
    /// - Precondition: the model has the layers for which the set was made.
    public func binding(to model: LanguageModel) -> AdapterBinding {
        model.binding(Dictionary(uniqueKeysWithValues: members.map { ($0.path, $0.adapter) }))
    }

    /// Makes the set what acts in passes of `model` that are not told otherwise, in the place of any other.
    public func attach(to model: LanguageModel) { model.adapters = binding(to: model) }

    /// Whether an adapter stands on the head, which can be scored and merged but not trained.
    public var adaptsHead: Bool { members.contains { $0.path == LanguageModel.headPath } }

    /// Runs `body` on the bare base, the adapters off, and puts them back.
    public func whileDetached<Result>(from model: LanguageModel, _ body: () throws -> Result) rethrows -> Result {
        let bound = model.adapters
        model.adapters = .none
        defer { model.adapters = bound }
        return try body()
    }
}

// MARK: - Values

extension AdapterSet {
    /// The start of a training: A uniform in ±1/√in, B zero, so that the adapted model is the base.
    ///
    /// The bound is what `kaiming_uniform_` with a = √5 gives, as PEFT initialises A. A's numbers depend on the seed and its
    /// place among the adapters alone.
    public func initialise(seed: UInt64) {
        let random = RandomStream(seed: seed, purpose: .adapterInitialisation)
        for (index, member) in members.enumerated() {
            let bound = 1 / Double(member.a.columns).squareRoot()
            let values = member.adapter.a.floats
            for element in values.indices {
                let draw = random.uniform(stream: UInt32(index), index: UInt64(element))
                values[element] = Float((2 * draw - 1) * bound)
            }
            member.adapter.b.floats.update(repeating: 0)
        }
    }

    /// Takes over `values` by slot name. Throws, all at once, for every missing, unexpected or mis-shaped one and for numbers
    /// that are not finite; then nothing is changed.
    public func load(_ values: [(name: String, rows: Int, columns: Int, numbers: [Float])]) throws(AdapterError) {
        let check = StrictLoad(
            expected: slab.slots.map { ($0.name, [$0.rows, $0.columns]) },
            found: values.map { ($0.name, [$0.rows, $0.columns]) })
        var problems = check.problems
        for value in values {
            guard let index = value.numbers.firstIndex(where: { !$0.isFinite }) else { continue }
            problems.append(AdapterError.Problem("holds a NaN or infinity at element \(index)", subject: value.name))
        }
        for value in values where value.numbers.count != value.rows * value.columns {
            problems.append(
                AdapterError.Problem("has another number of values than its shape", subject: value.name))
        }
        guard problems.isEmpty else { throw AdapterError(problems: problems) }
        let numbers = Dictionary(values.map { ($0.name, $0.numbers) }) { first, _ in first }
        for slot in slab.slots {
            guard let numbers = numbers[slot.name] else { preconditionFailure("the check passed without \(slot.name)") }
            _ = slab.values(slot).floats.update(from: numbers)
        }
    }

    /// True where B, and with it the adapter, is zero throughout.
    public var isZero: Bool { members.allSatisfy { $0.adapter.b.floats.allSatisfy { $0 == 0 } } }
}
