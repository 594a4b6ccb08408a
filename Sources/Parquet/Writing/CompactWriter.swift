// Thrift's compact protocol, as far as Parquet's metadata needs it, written.

/// Makes bytes of Thrift structures. Fields are written in the order of their numbers.
struct CompactWriter {
    private(set) var bytes: [UInt8] = []
    private var lastField = 0

    mutating func field(_ id: Int, _ number: Int32) {
        begin(id, .i32)
        varint(Self.zigzag(Int64(number)))
    }

    mutating func field(_ id: Int, long number: Int) {
        begin(id, .i64)
        varint(Self.zigzag(Int64(number)))
    }

    mutating func field(_ id: Int, _ text: String) {
        begin(id, .binary)
        self.text(text)
    }

    mutating func field(_ id: Int, numbers: [Int32]) {
        list(id, .i32, count: numbers.count)
        for number in numbers { varint(Self.zigzag(Int64(number))) }
    }

    mutating func field(_ id: Int, texts: [String]) {
        list(id, .binary, count: texts.count)
        for text in texts { self.text(text) }
    }

    /// A field that is a structure, written by `body`.
    mutating func field(_ id: Int, structure body: (inout CompactWriter) -> Void) {
        begin(id, .structure)
        structure(body)
    }

    /// A field that is a list of structures, each written by `body`.
    mutating func field<Element>(
        _ id: Int, structures elements: [Element], _ body: (inout CompactWriter, Element) -> Void
    ) {
        list(id, .structure, count: elements.count)
        for element in elements { structure { body(&$0, element) } }
    }

    /// A structure that stands by itself.
    mutating func structure(_ body: (inout CompactWriter) -> Void) {
        let outer = lastField
        lastField = 0
        body(&self)
        bytes.append(CompactReader.Kind.stop.rawValue)
        lastField = outer
    }

    // MARK: Parts

    private mutating func begin(_ id: Int, _ kind: CompactReader.Kind) {
        let step = id - lastField
        precondition(step > 0, "fields are written in the order of their numbers")
        if step <= 15 {
            bytes.append(UInt8(step) << 4 | kind.rawValue)
        } else {
            bytes.append(kind.rawValue)
            varint(Self.zigzag(Int64(id)))
        }
        lastField = id
    }

    private mutating func list(_ id: Int, _ kind: CompactReader.Kind, count: Int) {
        begin(id, .list)
        if count < 15 {
            bytes.append(UInt8(count) << 4 | kind.rawValue)
        } else {
            bytes.append(0xF0 | kind.rawValue)
            varint(UInt64(count))
        }
    }

    private mutating func text(_ text: String) {
        varint(UInt64(text.utf8.count))
        bytes += text.utf8
    }

    private mutating func varint(_ number: UInt64) { Varint.append(number, to: &bytes) }

    private static func zigzag(_ number: Int64) -> UInt64 {
        UInt64(bitPattern: number << 1) ^ UInt64(bitPattern: number >> 63)
    }
}

/// Numbers in groups of seven bits, the lowest first.
enum Varint {
    static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
