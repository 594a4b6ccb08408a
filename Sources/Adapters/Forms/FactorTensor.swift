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

    func entry(_ type: DType) -> TensorEntry {
        TensorEntry(name: name, dtype: Self.stored(type, columns: shape.sizes.last ?? 1), shape: shape)
    }

    /// The type of a matrix that is wanted in `type`: where rows do not fill its blocks, half precision, as llama.cpp's converter
    /// has it.
    static func stored(_ type: DType, columns: Int) -> DType { columns % type.blockElements == 0 ? type : .f16 }

    /// The numbers as bytes of `type`: a float type, or Q8_0.
    ///
    /// - Throws: where one of them is none in that type.
    func bytes(as type: DType) throws(AdapterError) -> [UInt8] {
        let numbers = numbers(), type = entry(type).dtype
        guard numbers.allSatisfy(\.isFinite), let bytes = bytes(of: numbers, as: type) else {
            throw AdapterError("holds a number that is too large for \(type.rawValue)", subject: name)
        }
        return bytes
    }

    /// nil where a number is none in that type.
    private func bytes(of numbers: [Float], as type: DType) -> [UInt8]? {
        if type == .f32 { return Self.bytes(numbers) }
        if type.isQuantised { return Self.blocks(numbers, rows: shape.sizes.first ?? 1, type) }
        let bytes = Self.rounded(numbers, to: type)
        return Self.isFinite(bytes, type) ? bytes : nil
    }

    private static func blocks(_ numbers: [Float], rows: Int, _ type: DType) -> [UInt8]? {
        var numbers = numbers
        var bytes = [UInt8](repeating: 0, count: type.byteCount(elements: numbers.count) ?? 0)
        let unfit = numbers.withUnsafeMutableBytes { numbers in
            bytes.withUnsafeMutableBytes { bytes -> Int? in
                guard let from = numbers.baseAddress, let to = bytes.baseAddress else { return nil }
                let block = Matrix(
                    pointer: from, rows: rows, columns: numbers.count / MemoryLayout<Float>.stride / max(rows, 1),
                    type: .f32)
                return Quantisation.quantise(block, type, into: to)
            }
        }
        return unfit == nil ? bytes : nil
    }

    private static func bytes(_ numbers: [Float]) -> [UInt8] { numbers.withUnsafeBytes { Array($0) } }

    /// To nearest, ties to even, in f16 or bf16.
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
