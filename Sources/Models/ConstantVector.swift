// Small frozen vectors, kept widened: norm weights and biases.

import Tensors

/// A frozen vector `[1, n]` in fp32, in memory of its own.
final class ConstantVector {
    let matrix: Matrix

    init(_ values: [Float]) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(values.count, 1) * 4, alignment: 64)
        values.withUnsafeBytes { buffer.copyMemory(from: $0) }
        matrix = Matrix(
            pointer: UnsafeMutableRawPointer(mutating: UnsafeRawPointer(buffer.baseAddress.unsafelyUnwrapped)),
            rows: 1, columns: values.count, type: .f32)
    }

    /// The same number throughout.
    convenience init(repeating value: Float, count: Int) { self.init(Array(repeating: value, count: count)) }

    deinit { matrix.pointer.deallocate() }
}
