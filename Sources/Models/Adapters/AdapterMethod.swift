// What a method of adapting is. Each is a value in a file of its own, with its mathematics below it: forward beside backward.

public import Tensors
public import Vocabulary

/// A method of adapting linear layers: the factors A and B, and what it trains and computes beside them.
///
/// A new one is a value in a file of its own, a case of `AdapterMethodKind`, and a line in `AdapterMethod.of(_:)`.
public struct AdapterMethod: Sendable {
    public let kind: AdapterMethodKind
    /// What `peft_type` says in `adapter_config.json`: `LORA`, or a name that PEFT does not know and therefore refuses.
    public let peftType: String
    /// The member of PEFT's `adapter_config.json` that is true for the method's adapters, and for no others; nil where there is none.
    public let peftSwitch: String?
    /// What is trained on a layer beside A and B.
    let ownStates: @Sendable (_ inputSize: Int, _ outputSize: Int) -> [AdapterState]
    /// `rowFactors(of:firstRow:own:)`; nil: there are none.
    let rowFactors: (@Sendable (_ sum: Matrix, _ firstRow: Int, _ own: [[Float]]) -> [Float])?
    /// What is computed in passes.
    let pass: any AdapterPass.Type
    /// How the change goes into the weight's stored blocks; nil: it stands beside the weight.
    public let folding: BlockFolding?

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

    /// What is trained on a layer: A, B, then the method's own states.
    public func states(rank: Int, inputSize: Int, outputSize: Int) -> [AdapterState] {
        [
            // The bound is what `kaiming_uniform_` with a = √5 gives, as PEFT initialises A.
            AdapterState(
                "lora_A.weight", rows: rank, columns: inputSize / inputsPerColumn,
                start: .uniform(1 / Double(inputSize).squareRoot())),
            AdapterState("lora_B.weight", rows: outputSize, columns: rank, start: .zero),
        ] + ownStates(inputSize, outputSize)
    }

    /// Whether PEFT has the method.
    public var isInPEFT: Bool { peftType == Self.loraType }

    /// Inputs of the layer that share a column of A.
    public var inputsPerColumn: Int { folding?.blockSize ?? 1 }

    /// Whether a weight stored as `dtype` can be changed.
    public func changes(_ dtype: DType) -> Bool { folding?.types.contains(dtype) ?? true }

    /// Whether a merge does more than to add B·A.
    public var hasRowFactors: Bool { rowFactors != nil }

    /// By what a merge multiplies each row of W + s·B·A; nil: by nothing.
    /// - Parameters:
    ///   - sum: some rows of W + s·B·A, fp32.
    ///   - firstRow: the row of the weight that `sum` begins with.
    ///   - own: the numbers of the method's own states, all of each.
    public func rowFactors(of sum: Matrix, firstRow: Int, own: [[Float]]) -> [Float]? {
        rowFactors?(sum, firstRow, own)
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

/// A matrix that a method trains on a layer.
public struct AdapterState: Sendable {
    /// Its numbers before training.
    public enum Start: Sendable {
        case zero
        /// Uniform between minus and plus the bound.
        case uniform(Double)
        /// What the function makes of the frozen weight `[out, in]`.
        case fromWeight(@Sendable (_ weight: FrozenTensor, _ values: Matrix) -> Void)
    }

    /// What PEFT calls it, after the module's path: `lora_A.weight`.
    public let name: String
    public let rows: Int
    public let columns: Int
    /// Whether files hold it as `[columns]`, for its one row.
    public let isVector: Bool
    public let start: Start

    /// A matrix `[rows, columns]`.
    public init(_ name: String, rows: Int, columns: Int, start: Start) {
        (self.name, self.rows, self.columns, self.start) = (name, rows, columns, start)
        isVector = false
    }

    /// `count` numbers, one row `[1, count]`.
    public init(_ name: String, count: Int, start: Start) {
        (self.name, self.rows, self.columns, self.start) = (name, 1, count, start)
        isVector = true
    }

    /// Its shape in files.
    public var shape: Shape { isVector ? [columns] : [rows, columns] }
}
