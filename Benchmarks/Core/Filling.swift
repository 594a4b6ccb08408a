// Numbers to compute with: small, of both signs, none so small that the processor slows down.

import Kernels
import Tensors

extension Workspace {
    /// A matrix of numbers in about ±1/16 that do not repeat soon; valid as long as the workspace.
    func filled(rows: Int, columns: Int, type: ElementType) -> Matrix {
        let result = matrix(rows: rows, columns: columns, type: type)
        var state: UInt32 = 0x9E37_79B9
        func next() -> Float {
            state ^= state << 13
            state ^= state >> 17
            state ^= state << 5
            return (Float(state >> 8) * 0x1p-24 - 0.5) / 8
        }
        switch type {
        case .f32:
            let numbers = result.pointer.assumingMemoryBound(to: Float.self)
            for index in 0..<result.count { numbers[index] = next() }
        case .bf16:
            let numbers = result.pointer.assumingMemoryBound(to: UInt16.self)
            for index in 0..<result.count { numbers[index] = UInt16(next().bitPattern >> 16) }
        }
        return result
    }
}

/// Memory of one benchmark, given back with its last holder.
final class Buffer<Element> {
    let start: UnsafeMutablePointer<Element>

    init(_ count: Int, of element: Element) {
        start = .allocate(capacity: count)
        start.initialize(repeating: element, count: count)
    }

    deinit { start.deallocate() }
}
