// A tensor of an adapter's file in the making: its numbers are made when they are written, one tensor after the other.

internal import Foundation
internal import Kernels
internal import Tensors
internal import WeightFiles

/// What is written under one name.
struct FactorTensor {
    /// In the file.
    let name: String
    let shape: Shape
    /// fp32, as the file's shape has them.
    let numbers: () -> [Float]

    func entry(_ type: DType) -> TensorEntry { TensorEntry(name: name, dtype: type, shape: shape) }

    /// The numbers as bytes of `type`: f32, f16 or bf16.
    ///
    /// - Throws: where one of them is none in that type.
    func bytes(as type: DType) throws(AdapterError) -> [UInt8] {
        let numbers = numbers()
        let bytes = type == .f32 ? Self.bytes(numbers) : Self.rounded(numbers, to: type)
        let isFinite = type == .f32 ? numbers.allSatisfy(\.isFinite) : Self.isFinite(bytes, type)
        guard isFinite else {
            throw AdapterError("holds a number that is too large for \(type.rawValue)", subject: name)
        }
        return bytes
    }

    private static func bytes(_ numbers: [Float]) -> [UInt8] { numbers.withUnsafeBytes { Array($0) } }

    /// To nearest, ties to even.
    private static func rounded(_ numbers: [Float], to type: DType) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 2 * numbers.count) { bytes, count in
            count = 2 * numbers.count
            guard let to = UnsafeMutableRawPointer(bytes.baseAddress) else { return }
            numbers.withUnsafeBufferPointer { from in
                guard let base = from.baseAddress else { return }
                guard type == .bf16 else {
                    let halves = to.bindMemory(to: UInt16.self, capacity: from.count)
                    return Conversion.floatsToHalves(base, into: halves, count: from.count)
                }
                let wide = Matrix(
                    pointer: UnsafeMutableRawPointer(mutating: base), rows: 1, columns: from.count, type: .f32)
                Conversion.convert(wide, into: Matrix(pointer: to, rows: 1, columns: from.count, type: .bf16))
            }
        }
    }

    /// Whether no number has all bits of its exponent set.
    private static func isFinite(_ bytes: [UInt8], _ type: DType) -> Bool {
        let exponent: UInt8 = type == .f16 ? 0x7C : 0x7F
        return stride(from: 1, to: bytes.count, by: 2).allSatisfy { index in
            bytes[index] & exponent != exponent || (type == .bf16 && bytes[index - 1] & 0x80 == 0)
        }
    }
}

extension [FactorTensor] {
    /// Writes them as a safetensors file at `url`, in their order.
    func writeSafetensors(as type: DType, to url: URL, metadata: [(key: String, value: String)]) throws {
        let writer = try SafetensorsWriter(url, entries: map { $0.entry(type) }, metadata: metadata)
        for tensor in self {
            try tensor.bytes(as: type).withUnsafeBytes { try writer.write($0) }
        }
        try writer.finish()
    }
}
