import Kernels
import Tensors

/// A matrix with memory of its own, exactly as large as its numbers, between two guards.
final class TestMatrix {
    private static let guardBytes = 4096
    private static let guardByte: UInt8 = 0xA5
    private let memory: UnsafeMutableRawBufferPointer
    let matrix: Matrix

    /// Undefined numbers, starting `misalignment` numbers off a cache line.
    init(_ rows: Int, _ columns: Int, type: ElementType = .f32, misalignment: Int = 0) {
        let bytes = (rows * columns + misalignment) * type.byteCount
        memory = .allocate(byteCount: bytes + 2 * Self.guardBytes, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: Self.guardByte)
        let start = memory.baseAddress.unsafelyUnwrapped + Self.guardBytes + misalignment * type.byteCount
        matrix = Matrix(pointer: start, rows: rows, columns: columns, type: type)
    }

    /// `values`, rounded to `type`.
    convenience init(_ values: [Float], _ rows: Int, _ columns: Int, type: ElementType = .f32, misalignment: Int = 0) {
        precondition(values.count == rows * columns)
        self.init(rows, columns, type: type, misalignment: misalignment)
        for (index, value) in values.enumerated() {
            switch type {
            case .f32: matrix.floats[index] = value
            case .bf16:
                let bits = value.bitPattern
                let half = value.isNaN ? UInt16(bits >> 16) | 0x40 : UInt16((bits + 0x7fff + (bits >> 16 & 1)) >> 16)
                matrix.pointer.assumingMemoryBound(to: UInt16.self)[index] = half
            }
        }
    }

    /// Numbers in ±`size`, the same for the same `seed`.
    convenience init(
        random rows: Int, _ columns: Int, type: ElementType = .f32, seed: UInt64, size: Float = 1, misalignment: Int = 0
    ) {
        self.init(
            randomFloats(rows * columns, seed: seed, size: size), rows, columns, type: type, misalignment: misalignment)
    }

    deinit { memory.deallocate() }

    var values: [Float] {
        switch matrix.type {
        case .f32: Array(matrix.floats)
        case .bf16:
            (0..<matrix.count).map {
                Float(bitPattern: UInt32(matrix.pointer.assumingMemoryBound(to: UInt16.self)[$0]) << 16)
            }
        }
    }

    var doubles: [Double] { values.map(Double.init) }

    /// Whether nothing was written outside the matrix.
    var paddingIsIntact: Bool {
        guard let base = memory.baseAddress else { return false }
        let start = matrix.pointer - base, end = start + matrix.byteCount
        return memory[..<start].allSatisfy { $0 == Self.guardByte }
            && memory[end...].allSatisfy { $0 == Self.guardByte }
    }
}

func randomFloats(_ count: Int, seed: UInt64, size: Float = 1) -> [Float] {
    let stream = RandomStream(seed: seed, purpose: .probe)
    return (0..<count).map { Float(stream.uniform(stream: 0, index: UInt64($0)) * 2 - 1) * size }
}

/// d Σ f(x)·dy / dx by central differences.
func differences(_ x: [Double], _ dy: [Double], _ f: ([Double]) -> [Double]) -> [Double] {
    var x = x
    return x.indices.map { index in
        let (value, step) = (x[index], 1e-5)
        x[index] = value + step
        let up = zip(f(x), dy).reduce(0) { $0 + $1.0 * $1.1 }
        x[index] = value - step
        let down = zip(f(x), dy).reduce(0) { $0 + $1.0 * $1.1 }
        x[index] = value
        return (up - down) / (2 * step)
    }
}
