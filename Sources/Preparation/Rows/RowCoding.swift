// Rows as bytes for the spool: smaller and faster to read back than JSON text, and exact.

internal import Datasets
internal import JSON

/// Appends values to bytes.
struct RowEncoder {
    private(set) var bytes: [UInt8] = []

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    mutating func append(_ row: Row, file: Int) {
        append(UInt64(file))
        append(UInt64(row.place.line))
        append(UInt64(row.index))
        append(UInt64(row.copy))
        bytes.append(row.isHeldOut ? 1 : 0)
        append(row.fields)
    }

    private mutating func append(_ object: JSONObject) {
        append(UInt64(object.members.count))
        for member in object.members {
            append(member.key)
            append(member.value)
        }
    }

    private mutating func append(_ value: JSONValue) {
        switch value {
        case .null: bytes.append(0)
        case .bool(let bool): bytes.append(bool ? 2 : 1)
        case .integer(let integer):
            bytes.append(3)
            // Small numbers of either sign stay short.
            append(UInt64(bitPattern: Int64((integer << 1) ^ (integer >> 63))))
        case .double(let double):
            bytes.append(4)
            withUnsafeBytes(of: double.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        case .string(let string):
            bytes.append(5)
            append(string)
        case .array(let elements):
            bytes.append(6)
            append(UInt64(elements.count))
            for element in elements { append(element) }
        case .object(let object):
            bytes.append(7)
            append(object)
        case .digits(let digits):
            bytes.append(8)
            append(digits)
        }
    }

    private mutating func append(_ string: String) {
        var string = string
        string.withUTF8 { utf8 in
            append(UInt64(utf8.count))
            bytes.append(contentsOf: utf8)
        }
    }

    /// Seven bits a byte, low ones first.
    private mutating func append(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// Reads what `RowEncoder` wrote in this very process.
struct RowBytesDecoder {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func row(files: [String]) -> Row {
        let file = Int(number())
        let line = Int(number())
        let index = Int(number())
        let copy = Int(number())
        let isHeldOut = byte() == 1
        return Row(
            fields: object(), place: RowPlace(file: files[file], line: line), index: index, isHeldOut: isHeldOut,
            copy: copy)
    }

    private mutating func object() -> JSONObject {
        let count = Int(number())
        var members: [JSONObject.Member] = []
        members.reserveCapacity(count)
        for _ in 0..<count {
            let key = string()
            members.append((key, value()))
        }
        return JSONObject(members)
    }

    private mutating func value() -> JSONValue {
        switch byte() {
        case 0: return .null
        case 1: return .bool(false)
        case 2: return .bool(true)
        case 3:
            let folded = number()
            return .integer(Int(bitPattern: UInt(folded >> 1)) ^ -Int(folded & 1))
        case 4:
            let bits = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            position += 8
            return .double(Double(bitPattern: UInt64(littleEndian: bits)))
        case 5: return .string(string())
        case 6:
            let count = Int(number())
            var elements: [JSONValue] = []
            elements.reserveCapacity(count)
            for _ in 0..<count { elements.append(value()) }
            return .array(elements)
        case 7: return .object(object())
        case 8: return .digits(string())
        case let tag: preconditionFailure("a spooled row has the tag \(tag)")
        }
    }

    private mutating func string() -> String {
        let count = Int(number())
        defer { position += count }
        return String(decoding: bytes[position..<position + count], as: UTF8.self)
    }

    private mutating func byte() -> UInt8 {
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func number() -> UInt64 {
        var number: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = byte()
            number |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return number }
            shift += 7
        }
    }
}
