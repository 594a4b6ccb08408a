// Thrift's compact protocol, as far as Parquet's metadata uses it. Every length is checked against the bytes that are there.

/// Reads Thrift structures from bytes.
struct CompactReader {
    enum Kind: UInt8 {
        case stop = 0
        case yes, no, byte, i16, i32, i64, double, binary, list, set, map, structure
    }

    struct Field {
        var id: Int
        var kind: Kind
    }

    private let bytes: [UInt8]
    private(set) var position: Int
    private var lastFieldIDs: [Int] = []
    private var lastFieldID = 0

    /// Deeper nesting than any metadata has.
    private static let maximumDepth = 24

    init(_ bytes: [UInt8], at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    var remaining: Int { bytes.count - position }

    // MARK: Structures

    mutating func beginStructure() {
        lastFieldIDs.append(lastFieldID)
        lastFieldID = 0
    }

    /// The next field of the structure; `nil` after its last one.
    mutating func nextField() throws(ParquetError) -> Field? {
        let byte = try readByte()
        let kind = try Self.kind(byte & 0x0F)
        if kind == .stop {
            lastFieldID = lastFieldIDs.popLast() ?? 0
            return nil
        }
        let step = Int(byte >> 4)
        lastFieldID = step > 0 ? lastFieldID + step : Int(truncatingIfNeeded: try readInteger())
        return Field(id: lastFieldID, kind: kind)
    }

    /// Runs `body` on each field of a structure. What `body` does not read it must skip.
    mutating func structure(
        _ body: (inout CompactReader, Field) throws(ParquetError) -> Void
    ) throws(ParquetError) {
        beginStructure()
        while let field = try nextField() { try body(&self, field) }
    }

    /// Runs `body` on each element of a list of structures.
    mutating func list(
        _ field: Field, _ body: (inout CompactReader) throws(ParquetError) -> Void
    ) throws(ParquetError) {
        guard field.kind == .list || field.kind == .set else { throw Self.unexpected("a list") }
        let (count, kind) = try listHeader()
        guard kind == .structure else {
            for _ in 0..<count { try skip(kind, depth: 0, inList: true) }
            return
        }
        for _ in 0..<count { try body(&self) }
    }

    /// The texts of a list.
    mutating func texts(_ field: Field) throws(ParquetError) -> [String] {
        guard field.kind == .list else { throw Self.unexpected("a list") }
        let (count, kind) = try listHeader()
        guard kind == .binary || count == 0 else { throw Self.unexpected("texts") }
        var texts: [String] = []
        for _ in 0..<count { texts.append(try readText()) }
        return texts
    }

    // MARK: Values

    mutating func integer(_ field: Field) throws(ParquetError) -> Int {
        switch field.kind {
        case .i16, .i32, .i64: Int(truncatingIfNeeded: try readInteger())
        case .byte: Int(Int8(bitPattern: try readByte()))
        default: throw Self.unexpected("a whole number")
        }
    }

    func bool(_ field: Field) throws(ParquetError) -> Bool {
        switch field.kind {
        case .yes: true
        case .no: false
        default: throw Self.unexpected("a truth value")
        }
    }

    mutating func text(_ field: Field) throws(ParquetError) -> String {
        guard field.kind == .binary else { throw Self.unexpected("a text") }
        return try readText()
    }

    /// Reads over a field's value.
    mutating func skip(_ field: Field) throws(ParquetError) { try skip(field.kind, depth: 0, inList: false) }

    // MARK: Bytes

    private mutating func skip(_ kind: Kind, depth: Int, inList: Bool) throws(ParquetError) {
        guard depth < Self.maximumDepth else { throw ParquetError(.broken, "the metadata is nested too deeply") }
        switch kind {
        case .stop: break
        // A truth value is the field's kind itself, but a byte in a list.
        case .yes, .no: if inList { _ = try readByte() }
        case .byte: _ = try readByte()
        case .i16, .i32, .i64: _ = try readInteger()
        case .double: try advance(8)
        case .binary: try advance(try readCount())
        case .list, .set:
            let (count, element) = try listHeader()
            for _ in 0..<count { try skip(element, depth: depth + 1, inList: true) }
        case .map:
            let count = try readCount()
            guard count > 0 else { return }
            let kinds = try readByte()
            let (key, value) = (try Self.kind(kinds >> 4), try Self.kind(kinds & 0x0F))
            for _ in 0..<count {
                try skip(key, depth: depth + 1, inList: true)
                try skip(value, depth: depth + 1, inList: true)
            }
        case .structure:
            beginStructure()
            while let field = try nextField() { try skip(field.kind, depth: depth + 1, inList: false) }
        }
    }

    private mutating func listHeader() throws(ParquetError) -> (count: Int, kind: Kind) {
        let byte = try readByte()
        var count = Int(byte >> 4)
        if count == 15 { count = try readCount() }
        // An element takes a byte at least.
        guard count <= remaining else { throw ParquetError(.broken, "the metadata names more elements than it has") }
        return (count, try Self.kind(byte & 0x0F))
    }

    private mutating func readText() throws(ParquetError) -> String {
        let start = position
        let count = try readCount()
        let first = position
        try advance(count)
        guard let text = String(validating: bytes[first..<position], as: UTF8.self) else {
            throw ParquetError(.broken, "a name in the metadata is not UTF-8", byteOffset: start)
        }
        return text
    }

    private mutating func readCount() throws(ParquetError) -> Int {
        let value = try readVariable()
        guard value <= UInt64(remaining) else {
            throw ParquetError(.broken, "the metadata names more bytes than it has")
        }
        return Int(value)
    }

    private mutating func readInteger() throws(ParquetError) -> Int64 {
        let value = try readVariable()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    private mutating func readVariable() throws(ParquetError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 70, by: 7) {
            let byte = try readByte()
            value |= shift < 64 ? UInt64(byte & 0x7F) << UInt64(shift) : 0
            if byte < 0x80 { return value }
        }
        throw ParquetError(.broken, "a number in the metadata has no end")
    }

    private mutating func readByte() throws(ParquetError) -> UInt8 {
        guard position < bytes.count else { throw Self.cut }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func advance(_ count: Int) throws(ParquetError) {
        guard count <= remaining else { throw Self.cut }
        position += count
    }

    private static func kind(_ code: UInt8) throws(ParquetError) -> Kind {
        guard let kind = Kind(rawValue: code) else {
            throw ParquetError(.broken, "the metadata has an unknown kind of value")
        }
        return kind
    }

    private static func unexpected(_ wanted: String) -> ParquetError {
        ParquetError(.broken, "the metadata has something else where \(wanted) should stand")
    }

    /// The bytes end inside a structure: whoever read only the beginning of a file can try with more.
    static let cut = ParquetError(.broken, "the metadata is cut off")
}
