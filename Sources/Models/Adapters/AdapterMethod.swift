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
    /// What `peft_type` says in `adapter_config.json`: `LORA`, or a name that PEFT does not know and therefore refuses.
    public let peftType: String
    /// The member of PEFT's `adapter_config.json` that is true for the method's adapters, and for no others; nil where there is none.
    public let peftSwitch: String?
    /// What there is on a layer; A and B the first, where they are trained themselves.
    private let statesOfLayer: @Sendable (StateLayout) -> [AdapterState]
    /// Where A and B come from.
    let factors: AdapterFactors
    /// What a merge multiplies on a layer; nil: nothing.
    let scaling: (@Sendable (StateLayout) -> MergeScaling?)?
    /// What is computed in passes.
    let pass: any AdapterPass.Type
    /// How the change goes into the weight's stored blocks; nil: it stands beside the weight.
    public let folding: BlockFolding?

    init(
        _ kind: AdapterMethodKind, peftType: String, peftSwitch: String? = nil, factors: AdapterFactors = .trained,
        scaling: (@Sendable (StateLayout) -> MergeScaling?)? = nil, pass: any AdapterPass.Type,
        folding: BlockFolding? = nil, states: @escaping @Sendable (StateLayout) -> [AdapterState]
    ) {
        self.kind = kind
        self.peftType = peftType
        self.peftSwitch = peftSwitch
        self.factors = factors
        self.scaling = scaling
        self.pass = pass
        self.folding = folding
        statesOfLayer = states
    }

    /// PEFT's own name of low-rank adapters.
    public static let loraType = "LORA"

    /// The method of that name.
    public static func of(_ kind: AdapterMethodKind) -> AdapterMethod {
        switch kind {
        case .lora: .lora
        case .dora: .dora
        case .fold: .fold
        }
    }

    /// Every method there is.
    public static var all: [AdapterMethod] { AdapterMethodKind.allCases.map(of) }

    /// What there is on a layer.
    public func states(_ layout: StateLayout) -> [AdapterState] { statesOfLayer(layout) }

    /// Whether PEFT has the method.
    public var isInPEFT: Bool { peftType == Self.loraType }

    /// Whether A and B are trained themselves, as files that hold nothing else have them.
    public var trainsFactors: Bool {
        if case .trained = factors { return true }
        return false
    }

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

/// How a method changes stored blocks themselves: the changed weight has the type and the size of the base's.
public struct BlockFolding: Sendable {
    /// The stored types whose blocks can be changed.
    public let types: [DType]
    /// Inputs of a block.
    public let blockSize: Int
    /// The weight with the adapter's change inside; the one of the last call with the same weight may be changed.
    let weight: @Sendable (_ adapter: LowRankAdapter, _ weight: FrozenTensor) -> FrozenTensor
}
