// Everything that training may change, in one allocation each for values, gradients and the two moments.

/// One trainable matrix inside a `ParameterSlab`.
public struct ParameterSlot: Sendable, Hashable {
    /// The full path: `model.layers.0.self_attn.q_proj.lora_A.weight`.
    public let name: String
    public let rows: Int
    public let columns: Int
    /// In numbers, from the slab's start.
    public let offset: Int

    public var count: Int { rows * columns }
    public var range: Range<Int> { offset..<(offset + count) }
}

/// The trainable numbers of a run, fp32. What is not in the slab is frozen by construction.
public final class ParameterSlab {
    public let slots: [ParameterSlot]
    public let count: Int
    public let values: UnsafeMutableBufferPointer<Float>
    public let gradients: UnsafeMutableBufferPointer<Float>
    /// Adam's running mean of the gradient.
    public let firstMoments: UnsafeMutableBufferPointer<Float>
    /// Adam's running mean of the squared gradient.
    public let secondMoments: UnsafeMutableBufferPointer<Float>

    /// A slab of zeros; slots are laid out in the order given.
    public init(_ parameters: [(name: String, rows: Int, columns: Int)]) {
        var slots: [ParameterSlot] = []
        var offset = 0
        for parameter in parameters {
            slots.append(
                ParameterSlot(name: parameter.name, rows: parameter.rows, columns: parameter.columns, offset: offset))
            // Slots start on cache lines: 16 floats.
            offset += (parameter.rows * parameter.columns + 15) / 16 * 16
        }
        self.slots = slots
        self.count = offset
        func zeros() -> UnsafeMutableBufferPointer<Float> {
            let raw = UnsafeMutableRawBufferPointer.allocate(byteCount: max(offset, 1) * 4, alignment: 64)
            let floats = raw.bindMemory(to: Float.self)
            floats.initialize(repeating: 0)
            return UnsafeMutableBufferPointer(rebasing: floats[..<offset])
        }
        values = zeros()
        gradients = zeros()
        firstMoments = zeros()
        secondMoments = zeros()
    }

    deinit {
        for buffer in [values, gradients, firstMoments, secondMoments] {
            UnsafeMutableRawPointer(buffer.baseAddress)?.deallocate()
        }
    }

    /// Numbers in the slots, without the gaps between them.
    public var parameterCount: Int { slots.reduce(0) { $0 + $1.count } }

    public func values(_ slot: ParameterSlot) -> Matrix { matrix(values, slot) }
    public func gradients(_ slot: ParameterSlot) -> Matrix { matrix(gradients, slot) }

    public func zeroGradients() { gradients.update(repeating: 0) }

    private func matrix(_ buffer: UnsafeMutableBufferPointer<Float>, _ slot: ParameterSlot) -> Matrix {
        guard let base = buffer.baseAddress else { preconditionFailure("an empty slab has no slots") }
        return Matrix(
            pointer: UnsafeMutableRawPointer(base + slot.offset), rows: slot.rows, columns: slot.columns, type: .f32)
    }
}
