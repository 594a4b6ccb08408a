// What a method of adapting is. Each is a value in a file of its own, with its mathematics below it: forward beside backward.

public import Tensors
public import Vocabulary

/// A method of adapting linear layers. What it computes is a part of
///
///     y = r ⊙ (W (i ⊙ x) + b) + s · B (A x)
///
/// where it says which of r, i, A and B there are, and what of them is trained.
///
/// A new one is a value in a file of its own, a case of `AdapterMethodKind`, and a line in `AdapterMethod.of(_:)`.
public struct AdapterMethod: Sendable {
    public let kind: AdapterMethodKind
    /// How PEFT's `adapter_config.json` speaks of it.
    public let words: PEFTWords
    /// What there is on a layer; A and B the first, where they are trained themselves.
    private let statesOfLayer: @Sendable (StateLayout) -> [AdapterState]
    /// Where A and B come from.
    let factors: AdapterFactors
    /// What a merge multiplies on a layer; nil: nothing.
    let scaling: (@Sendable (StateLayout) -> MergeScaling?)?
    /// s, of α and the rank; nil: α/r, or α/√r where that is asked for.
    public let scale: (@Sendable (_ alpha: Double, _ rank: Int) -> Double)?
    /// Which of the r directions count; nil: all do, and files hold them all.
    public let directions: (@Sendable (_ states: [TrainedMatrix]) -> [Bool])?
    /// The modules of a family that carry it where nobody names any; nil: all linear layers do.
    private let usualTargets: (@Sendable (ModelFamily) -> [String]?)?
    /// What nobody said of the settings, by the modules that carry the adapter; nil: nothing depends on them.
    private let resolve: (@Sendable (AdapterMethodSettings, [String], ModelFamily?) -> AdapterMethodSettings)?
    /// Layouts in which all names of its states occur.
    private let samples: [StateLayout]
    /// What is computed in passes.
    let pass: any AdapterPass.Type
    /// How the change goes into the weight's stored blocks; nil: it stands beside the weight.
    public let folding: BlockFolding?

    init(
        _ kind: AdapterMethodKind, words: PEFTWords, factors: AdapterFactors = .trained,
        scaling: (@Sendable (StateLayout) -> MergeScaling?)? = nil,
        scale: (@Sendable (_ alpha: Double, _ rank: Int) -> Double)? = nil,
        directions: (@Sendable (_ states: [TrainedMatrix]) -> [Bool])? = nil, pass: any AdapterPass.Type,
        folding: BlockFolding? = nil,
        usualTargets: (@Sendable (ModelFamily) -> [String]?)? = nil,
        resolve: (@Sendable (AdapterMethodSettings, [String], ModelFamily?) -> AdapterMethodSettings)? = nil,
        samples: [StateLayout] = [StateLayout(inputSize: 1, outputSize: 1, rank: 1)],
        states: @escaping @Sendable (StateLayout) -> [AdapterState]
    ) {
        self.kind = kind
        self.words = words
        self.factors = factors
        self.scaling = scaling
        self.scale = scale
        self.directions = directions
        self.usualTargets = usualTargets
        self.resolve = resolve
        self.samples = samples
        self.pass = pass
        self.folding = folding
        statesOfLayer = states
    }

    /// The method of that name.
    public static func of(_ kind: AdapterMethodKind) -> AdapterMethod {
        switch kind {
        case .lora: .lora
        case .dora: .dora
        case .fold: .fold
        case .ia3: .ia3
        case .vera: .vera
        case .loha: .loha
        case .lokr: .lokr
        case .adalora: .adalora
        }
    }

    /// Every method there is.
    public static var all: [AdapterMethod] { AdapterMethodKind.allCases.map(of) }

    /// `settings` with what nobody said of them, by the modules that carry the adapter and the model's family.
    public func resolved(
        _ settings: AdapterMethodSettings, on modules: [String], of family: ModelFamily?
    ) -> AdapterMethodSettings {
        resolve?(settings, modules, family) ?? settings
    }

    /// The modules that carry it where nobody names any.
    public func usualModules(of family: ModelFamily?) -> UsualModules {
        guard let usualTargets else { return .allLinear }
        return family.flatMap(usualTargets).map { .named($0) } ?? .unknown
    }

    /// What there is on a layer.
    public func states(_ layout: StateLayout) -> [AdapterState] { statesOfLayer(layout) }

    /// All states that it has on some layer or other; of their sizes nothing is to be asked.
    public var knownStates: [AdapterState] {
        var names = Set<String>()
        return samples.flatMap(states).filter { names.insert($0.name).inserted }
    }

    /// Whether A and B are trained themselves, as files that hold nothing else have them.
    public var trainsFactors: Bool {
        if case .trained = factors { return true }
        return false
    }

    /// Whether A and B are made of what is trained.
    public var makesFactors: Bool {
        if case .made = factors { return true }
        return false
    }

    /// Whether its adapters add a product s·B·A.
    public var hasProduct: Bool { trainsFactors || makesFactors }

    /// Inputs of the layer that share a column of A.
    public var inputsPerColumn: Int { folding?.blockSize ?? 1 }

    /// Whether a weight stored as `dtype` can be changed.
    public func changes(_ dtype: DType) -> Bool { folding?.types.contains(dtype) ?? true }

    /// r of A and B on a layer; 0 where there are none.
    func factorRank(_ layout: StateLayout) -> Int {
        switch factors {
        case .trained: layout.rank
        case .made(let made): made.rank(layout)
        case .none: 0
        }
    }

    /// A `[r, in]`, of which a column may stand for several inputs, and B `[out, r]`, as LoRA trains them.
    static func factorStates(_ layout: StateLayout, inputsPerColumn: Int = 1) -> [AdapterState] {
        [
            // The bound is what `kaiming_uniform_` with a = √5 gives, as PEFT initialises A.
            AdapterState(
                "lora_A.weight", rows: layout.rank, columns: layout.inputSize / inputsPerColumn,
                start: .uniform(1 / Double(layout.inputSize).squareRoot())),
            AdapterState("lora_B.weight", rows: layout.outputSize, columns: layout.rank, start: .zero),
        ]
    }
}

/// What carries an adapter where nobody says it.
public enum UsualModules: Sendable, Equatable {
    /// All linear layers of the blocks.
    case allLinear
    /// Modules whose paths end in one of the names.
    case named([String])
    /// The method takes some of them, and which is not known of the family.
    case unknown
}

/// How a method changes stored blocks themselves: the changed weight has the type and the size of the base's.
public struct BlockFolding: Sendable {
    /// The stored types whose blocks can be changed.
    public let types: [DType]
    /// Inputs of a block.
    public let blockSize: Int
    /// The weight with the adapter's change inside; the one of the last call with the same weight may be changed.
    let weight: @Sendable (_ adapter: LowRankAdapter, _ weight: FrozenTensor) -> FrozenTensor
}
