// Matrices of fp32 numbers that outlive a step, side by side in one allocation.

/// One matrix inside a `MatrixBuffer`.
public struct MatrixSlot: Sendable, Hashable {
    /// The full path: `model.layers.0.self_attn.q_proj.lora_A.weight`.
    public let name: String
    public let rows: Int
    public let columns: Int
    /// In numbers, from the buffer's start.
    public let offset: Int

    public var count: Int { rows * columns }
    public var range: Range<Int> { offset..<(offset + count) }
}

/// Where each of several matrices lies.
public struct MatrixLayout: Sendable {
    public let slots: [MatrixSlot]
    /// Numbers in all, with the gaps between slots.
    public let count: Int

    /// Slots in the order given.
    public init(_ matrices: [(name: String, rows: Int, columns: Int)]) {
        var slots: [MatrixSlot] = []
        var offset = 0
        for matrix in matrices {
            slots.append(MatrixSlot(name: matrix.name, rows: matrix.rows, columns: matrix.columns, offset: offset))
            // Slots start on cache lines: 16 floats.
            offset += (matrix.rows * matrix.columns + 15) / 16 * 16
        }
        self.slots = slots
        count = offset
    }

    public var byteCount: Int { count * 4 }
}

/// The numbers of a layout's matrices: zeros at first, which take memory once they are used, and freed with the buffer.
public final class MatrixBuffer {
    private let memory: PageMemory
    public let numbers: UnsafeMutableBufferPointer<Float>

    public init(_ layout: MatrixLayout) {
        memory = PageMemory(byteCount: layout.byteCount)
        numbers = UnsafeMutableBufferPointer(rebasing: memory.bytes.bindMemory(to: Float.self)[..<layout.count])
    }

    /// A view of `slot`, as long as somebody holds the buffer.
    public func matrix(_ slot: MatrixSlot) -> Matrix {
        guard let base = numbers.baseAddress else { preconditionFailure("an empty buffer has no slots") }
        return Matrix(
            pointer: UnsafeMutableRawPointer(base + slot.offset), rows: slot.rows, columns: slot.columns, type: .f32)
    }
}
