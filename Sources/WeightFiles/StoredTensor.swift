// Where a tensor lies in its file, whatever the format.

public import Tensors

/// An entry of a weight file's directory, checked against the file's size.
public struct StoredTensor: Sendable {
    /// The name in the file.
    public let name: String
    public let type: StoredType
    /// Outermost first.
    public let shape: Shape
    /// From the file's start.
    public let byteRange: Range<Int>

    /// Part `index` of a stack: what has this place in the outermost dimension, under the stack's name; nil where there is none.
    public func part(_ index: Int) -> StoredTensor? {
        guard shape.rank > 1, 0..<shape[0] ~= index else { return nil }
        let bytes = byteRange.count / shape[0], start = byteRange.lowerBound + index * bytes
        return StoredTensor(
            name: name, type: type, shape: Shape(Array(shape.sizes.dropFirst())), byteRange: start..<start + bytes)
    }

    /// The tensor's numbers, under `path` and with `form`.
    ///
    /// Bytes that do not lie on their element's alignment (allowed in files, seldom met) are copied once to where they do.
    func frozen(in file: MappedFile, as path: String, form: StoredForm = .asStored) throws(WeightError)
        -> FrozenTensor
    {
        guard let dtype = type.dtype else {
            throw WeightError(
                file: file.path, "tensor type \(type.name) is not supported", tensor: name,
                byteOffset: byteRange.lowerBound,
                hint: "convert the model to F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, IQ4_NL, IQ4_XS or a K-quant")
        }
        let alignment = dtype.isQuantised ? 2 : dtype.blockBytes
        let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[byteRange])
        guard UInt(bitPattern: bytes.baseAddress) % UInt(alignment) != 0 else {
            return FrozenTensor(
                name: path, dtype: dtype, shape: form.meaning(shape), storage: file.storage,
                byteOffset: byteRange.lowerBound, form: form)
        }
        let copy = Storage(byteCount: bytes.count) { $0.copyMemory(from: bytes) }
        return FrozenTensor(
            name: path, dtype: dtype, shape: form.meaning(shape), storage: copy, byteOffset: 0, form: form)
    }
}
