/// A weight that training must not touch, in the form in which its file stores it.
public struct FrozenTensor: Sendable {
    /// The weight's full path, as Hugging Face names it: `model.layers.0.self_attn.q_proj.weight`.
    public let name: String
    public let dtype: DType
    /// Outermost first: a projection is `[out, in]`.
    public let shape: Shape
    public let storage: Storage
    public let byteOffset: Int

    /// - Precondition: the tensor lies inside `storage`.
    public init(name: String, dtype: DType, shape: Shape, storage: Storage, byteOffset: Int) {
        let byteCount = shape.elementCount.flatMap { dtype.byteCount(elements: $0) }
        precondition(
            byteCount.map { byteOffset >= 0 && $0 <= storage.bytes.count - byteOffset } ?? false,
            "\(name) lies outside its storage")
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.storage = storage
        self.byteOffset = byteOffset
    }

    public var elementCount: Int { shape.elementCount ?? 0 }

    public var bytes: UnsafeRawBufferPointer {
        let count = dtype.byteCount(elements: elementCount) ?? 0
        return UnsafeRawBufferPointer(rebasing: storage.bytes[byteOffset..<(byteOffset + count)])
    }
}
