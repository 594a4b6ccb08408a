// Finer types for single matrices of a written model: those that an adapter changes, or those that were chosen one by
// one.

internal import Kernels
public import Tensors

extension OutputPlan {
    /// Gives matrices the finer types that `options` names. One whose rows do not fill a type's blocks gets the next
    /// finer that they fill; one that is finer already stays as it is.
    mutating func refine(_ options: ModelOutputOptions) {
        for index in tensors.indices where tensors[index].isMatrix {
            let tensor = tensors[index]
            let wanted =
                options.tensorTypes[tensor.path] ?? (tensor.delta == nil ? nil : options.touchedType.dtype)
            guard let finer = wanted.flatMap({ $0.orFiner(for: tensor.columns) }),
                finer.bitsPerWeight > tensor.dtype.bitsPerWeight
            else { continue }
            tensors[index].dtype = finer
        }
        uniteStacks()
    }

    /// Gives the parts of a stack, which is one tensor of its file, the finest of their types.
    private mutating func uniteStacks() {
        var finest: [String: DType] = [:]
        for tensor in tensors where tensor.part != nil {
            guard let other = finest[tensor.name], other.bitsPerWeight >= tensor.dtype.bitsPerWeight else {
                finest[tensor.name] = tensor.dtype
                continue
            }
        }
        for index in tensors.indices where tensors[index].part != nil {
            tensors[index].dtype = finest[tensors[index].name] ?? tensors[index].dtype
        }
    }
}

extension PlannedTensor {
    /// Whether it is a matrix of numbers that may be rounded.
    var isMatrix: Bool { shape.rank == 2 && Widening.supports(dtype) }
    var columns: Int { shape.sizes.last ?? 0 }
}

extension DType {
    /// From coarse to fine: what matrices are raised to.
    static let rungs: [DType] = [.q3_K, .q4_K, .q5_K, .q5_0, .q6_K, .q8_0, .f16, .f32]

    /// Bits of a weight, scales and minima included.
    public var bitsPerWeight: Double { Double(blockBytes * 8) / Double(blockElements) }

    /// The type itself, or the next finer one whose blocks rows of `columns` fill.
    func orFiner(for columns: Int) -> DType? {
        if columns % blockElements == 0 { return self }
        return Self.rungs.first { $0.bitsPerWeight >= bitsPerWeight && columns % $0.blockElements == 0 }
    }

    /// The next finer type whose blocks rows of `columns` fill; nil for the finest.
    public func finer(for columns: Int) -> DType? {
        Self.rungs.first { $0.bitsPerWeight > bitsPerWeight + 0.25 && columns % $0.blockElements == 0 }
    }
}

/// One matrix as it is to be written.
public struct PlannedMatrix: Sendable, Equatable {
    /// Hugging Face's name.
    public let path: String
    public let rows: Int
    public let columns: Int
    public let type: DType

    /// Bytes of the matrix in `type`.
    public func bytes(in type: DType) -> Int { rows * (type.byteCount(elements: columns) ?? 0) }
}

extension ModelMerger {
    /// The matrices that are written of the base with `deltas`, and the bytes of all tensors.
    public func plannedMatrices(
        _ deltas: [LowRankDelta], as format: ModelFormat, options: ModelOutputOptions
    ) throws -> (matrices: [PlannedMatrix], bytes: Int) {
        let tensors = try plan(deltas, format, options).tensors
        let matrices = tensors.filter(\.isMatrix).map {
            PlannedMatrix(path: $0.path, rows: $0.shape[0], columns: $0.columns, type: $0.dtype)
        }
        return (matrices, tensors.reduce(0) { $0 + $1.byteCount })
    }
}
