// A whole weight in the type of activations, for products of many rows that generation runs.

import Kernels
import Tensors

extension FrozenTensor {
    /// The matrix in the type of activations, until the end of the enclosing scope; the mapped file itself where it
    /// already holds that type.
    func widened(_ context: PassContext) -> Matrix {
        if isUsableAs(context.precision) {
            return Matrix(
                pointer: UnsafeMutableRawPointer(mutating: bytes.baseAddress.unsafelyUnwrapped),
                rows: shape[0], columns: shape[1], type: context.precision)
        }
        let result = context.activations(rows: shape[0], columns: shape[1])
        Widening.widen(self, into: result)
        return result
    }

    /// Whether the stored bytes are already what products take.
    func isUsableAs(_ type: ElementType) -> Bool {
        rowOrder == .asStored && dtype == (type == .f32 ? .f32 : .bf16) && elementCount > 0
            && UInt(bitPattern: bytes.baseAddress) % UInt(type.byteCount) == 0
    }
}
