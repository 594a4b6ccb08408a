// A tensor in the directory of a weight file that is to be written.

public import Tensors

/// A tensor to come, as a writer's directory tells it ahead.
public struct TensorEntry: Sendable {
    /// The name in the file.
    public let name: String
    public let dtype: DType
    /// Outermost first.
    public let shape: Shape

    public init(name: String, dtype: DType, shape: Shape) {
        self.name = name
        self.dtype = dtype
        self.shape = shape
    }

    /// Bytes of the tensor; nil where they do not fill whole blocks, or are too many to count.
    public var byteCount: Int? { shape.elementCount.flatMap { dtype.byteCount(elements: $0) } }
}
