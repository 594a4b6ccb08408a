// Metadata values of a GGUF file.

import Tensors

/// The types a GGUF metadata value may have, by their number in the file.
public enum GGUFValueType: UInt32, Sendable {
    case uint8, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64, float64

    /// Bytes of one value; nil for strings and arrays.
    var byteCount: Int? {
        switch self {
        case .uint8, .int8, .bool: 1
        case .uint16, .int16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        case .string, .array: nil
        }
    }
}

/// A metadata value.
public enum GGUFValue: Sendable {
    case uint8(UInt8), int8(Int8), uint16(UInt16), int16(Int16), uint32(UInt32), int32(Int32), uint64(UInt64), int64(
        Int64)
    case float32(Float), float64(Double)
    case bool(Bool)
    case string([UInt8])
    case array(GGUFArray)

    /// The type, as files number it.
    public var type: GGUFValueType {
        switch self {
        case .uint8: .uint8
        case .int8: .int8
        case .uint16: .uint16
        case .int16: .int16
        case .uint32: .uint32
        case .int32: .int32
        case .uint64: .uint64
        case .int64: .int64
        case .float32: .float32
        case .float64: .float64
        case .bool: .bool
        case .string: .string
        case .array: .array
        }
    }

    /// Any integer that fits.
    public var integer: Int? {
        switch self {
        case .uint8(let value): Int(value)
        case .int8(let value): Int(value)
        case .uint16(let value): Int(value)
        case .int16(let value): Int(value)
        case .uint32(let value): Int(value)
        case .int32(let value): Int(value)
        case .uint64(let value): Int(exactly: value)
        case .int64(let value): Int(exactly: value)
        default: nil
        }
    }

    /// Any number.
    public var double: Double? {
        switch self {
        case .float32(let value): Double(value)
        case .float64(let value): value
        default: integer.map(Double.init)
        }
    }

    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The bytes of a string, whatever their encoding.
    public var bytes: [UInt8]? { if case .string(let bytes) = self { bytes } else { nil } }
    /// A string that is UTF-8.
    public var string: String? { bytes.flatMap { String(strictlyDecoding: $0) } }
    public var array: GGUFArray? { if case .array(let array) = self { array } else { nil } }

    /// The type's name, for messages.
    public var typeName: String {
        if case .array(let array) = self { "array of \(array.elementType)" } else { "\(type)" }
    }
}

/// An array in the metadata; it stays in the file until asked for, since a vocabulary has 100,000 strings.
public struct GGUFArray: Sendable {
    public let elementType: GGUFValueType
    public let count: Int
    let storage: Storage
    /// Checked when the file was opened.
    let byteRange: Range<Int>

    /// The elements as they stand in a file, without type and count.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: storage.bytes[byteRange]) }

    /// The strings; nil if the array holds something else.
    public var strings: [[UInt8]]? {
        guard elementType == .string else { return nil }
        let bytes = bytes
        var result: [[UInt8]] = []
        result.reserveCapacity(count)
        var position = 0
        for _ in 0..<count {
            let length = Int(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)))
            result.append(Array(bytes[(position + 8)..<(position + 8 + length)]))
            position += 8 + length
        }
        return result
    }

    /// The integers (booleans count as 0 and 1); nil if the array holds something else.
    public var integers: [Int]? {
        switch elementType {
        case .uint8, .bool: read(UInt8.self) { Int($0) }
        case .int8: read(Int8.self) { Int($0) }
        case .uint16: read(UInt16.self) { Int($0) }
        case .int16: read(Int16.self) { Int($0) }
        case .uint32: read(UInt32.self) { Int($0) }
        case .int32: read(Int32.self) { Int($0) }
        case .uint64: read(UInt64.self) { Int(truncatingIfNeeded: $0) }
        case .int64: read(Int64.self) { Int($0) }
        case .float32, .float64, .string, .array: nil
        }
    }

    /// The numbers as fp32; nil if the array holds something else.
    public var floats: [Float]? {
        switch elementType {
        case .float32: read(UInt32.self) { Float(bitPattern: $0) }
        case .float64: read(UInt64.self) { Float(Double(bitPattern: $0)) }
        default: integers?.map(Float.init)
        }
    }

    private func read<T: FixedWidthInteger, Value>(_ type: T.Type, _ convert: (T) -> Value) -> [Value] {
        let bytes = bytes
        return (0..<count).map {
            convert(T(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<T>.size, as: T.self)))
        }
    }
}

// MARK: - In the making

extension GGUFValue {
    /// A string.
    public static func text(_ text: String) -> GGUFValue { .string(Array(text.utf8)) }
    /// An array of strings.
    public static func texts(_ texts: [[UInt8]]) -> GGUFValue {
        let lengths = texts.map { withUnsafeBytes(of: UInt64($0.count).littleEndian) { Array($0) } }
        return .array(GGUFArray(.string, count: texts.count, zip(lengths, texts).flatMap { $0 + $1 }))
    }
    /// An array of fp32 numbers.
    public static func floats(_ numbers: [Float]) -> GGUFValue {
        .array(GGUFArray(.float32, numbers.map(\.bitPattern)))
    }
    /// An array of integers.
    public static func integers(_ numbers: [Int32]) -> GGUFValue { .array(GGUFArray(.int32, numbers)) }
}

extension GGUFArray {
    fileprivate init(_ type: GGUFValueType, count: Int, _ bytes: [UInt8]) {
        elementType = type
        self.count = count
        storage = Storage(byteCount: bytes.count) { $0.copyBytes(from: bytes) }
        byteRange = 0..<bytes.count
    }

    fileprivate init(_ type: GGUFValueType, _ numbers: [some FixedWidthInteger]) {
        self.init(type, count: numbers.count, numbers.flatMap { withUnsafeBytes(of: $0.littleEndian) { Array($0) } })
    }
}
