// Rows into a Parquet file. Memory is bounded by a group of rows, whatever their number.

internal import CZstd

/// Writes rows one after the other: plain values, packed by zstd.
///
///     let writer = ParquetWriter([.init("id", .single(.whole)), .init("text", .single(.text))]) { try file.write($0) }
///     try writer.append([.whole(1), .text("a")])
///     try writer.finish()
public final class ParquetWriter {
    private let columns: [WrittenColumn]
    private let write: ([UInt8]) throws -> Void
    private var leaves: [LeafBuffer]
    private var offset = 0
    private var rowsInGroup = 0
    private var rows = 0
    private var groups: [Group] = []

    private struct Group {
        var rows: Int
        var chunks: [Chunk]
    }

    /// The values of a leaf in a group: one page.
    private struct Chunk {
        var leaf: Int
        var values: Int
        var offset: Int
        var plainBytes: Int
        var storedBytes: Int
    }

    /// A group ends with the row that makes it as large as this.
    private static let groupBytes = 16 << 20
    private static let groupRows = 1 << 16
    private static let magic = Array("PAR1".utf8)
    private static let zstd: Int32 = 6

    /// - Parameters:
    ///   - columns: with different names.
    ///   - write: gets the file's bytes in order.
    public init(_ columns: [WrittenColumn], write: @escaping ([UInt8]) throws -> Void) {
        self.columns = columns
        self.write = write
        leaves = columns.flatMap(Self.leaves)
    }

    private static func leaves(_ column: WrittenColumn) -> [LeafBuffer] {
        switch column.shape {
        case .single(let leaf): [LeafBuffer([column.name], leaf.type)]
        case .numbers(let names): names.map { LeafBuffer([column.name, $0], .double) }
        case .floats:
            [LeafBuffer([column.name, "list", "element"], .float, maximumDefinition: 2, isRepeated: true)]
        }
    }

    /// Takes a row: a value for each column, in their order.
    ///
    /// - Precondition: each value is null or fits its column's shape.
    public func append(_ values: [WrittenValue]) throws {
        precondition(values.count == columns.count, "a value for each column")
        var leaf = 0
        for (column, value) in zip(columns, values) {
            switch column.shape {
            case .single:
                append(value, to: leaf)
                leaf += 1
            case .numbers(let names):
                appendNumbers(value, names.count, to: leaf)
                leaf += names.count
            case .floats:
                appendFloats(value, to: leaf)
                leaf += 1
            }
        }
        rowsInGroup += 1
        if rowsInGroup >= Self.groupRows || leaves.reduce(0, { $0 + $1.byteCount }) >= Self.groupBytes {
            try flush()
        }
    }

    private func append(_ value: WrittenValue, to leaf: Int) {
        switch (value, leaves[leaf].type) {
        case (.null, _): leaves[leaf].appendNull()
        case (.truth(let truth), .boolean): leaves[leaf].append(truth)
        case (.whole(let number), .int64): leaves[leaf].append(number)
        case (.number(let number), .double): leaves[leaf].append(number)
        case (.whole(let number), .double): leaves[leaf].append(Double(number))
        case (.text(let text), .byteArray): leaves[leaf].append(text)
        default: preconditionFailure("the value does not fit its column")
        }
    }

    private func appendNumbers(_ value: WrittenValue, _ count: Int, to leaf: Int) {
        guard case .numbers(let numbers) = value else {
            precondition(value == .null, "the value does not fit its column")
            for place in 0..<count { leaves[leaf + place].appendNull() }
            return
        }
        precondition(numbers.count == count, "a number for each name")
        for (place, number) in numbers.enumerated() { leaves[leaf + place].append(number) }
    }

    private func appendFloats(_ value: WrittenValue, to leaf: Int) {
        guard case .floats(let floats) = value else {
            precondition(value == .null, "the value does not fit its column")
            return leaves[leaf].appendNull()
        }
        guard !floats.isEmpty else { return leaves[leaf].appendNull(1) }
        for (place, float) in floats.enumerated() { leaves[leaf].append(float, isFirst: place == 0) }
    }

    // MARK: Bytes

    private func put(_ bytes: [UInt8]) throws {
        if offset == 0 {
            try write(Self.magic)
            offset = Self.magic.count
        }
        try write(bytes)
        offset += bytes.count
    }

    /// Writes the rows of a group, leaf by leaf.
    private func flush() throws {
        guard rowsInGroup > 0 else { return }
        var chunks: [Chunk] = []
        for leaf in leaves.indices {
            let (page, count) = leaves[leaf].takePage()
            let stored = Self.packed(page)
            var header = CompactWriter()
            header.structure { header in
                header.field(1, 0)
                header.field(2, Int32(page.count))
                header.field(3, Int32(stored.count))
                header.field(5) { data in
                    data.field(1, Int32(count))
                    // Values are plain, levels runs.
                    data.field(2, 0)
                    data.field(3, 3)
                    data.field(4, 3)
                }
            }
            let start = max(offset, Self.magic.count)
            try put(header.bytes)
            try put(stored)
            chunks.append(
                Chunk(
                    leaf: leaf, values: count, offset: start, plainBytes: header.bytes.count + page.count,
                    storedBytes: header.bytes.count + stored.count))
        }
        groups.append(Group(rows: rowsInGroup, chunks: chunks))
        rows += rowsInGroup
        rowsInGroup = 0
    }

    private static func packed(_ bytes: [UInt8]) -> [UInt8] {
        let room = ZSTD_compressBound(bytes.count)
        return [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            let written = bytes.withUnsafeBytes {
                ZSTD_compress(buffer.baseAddress, room, $0.baseAddress, $0.count, ZSTD_CLEVEL_DEFAULT)
            }
            precondition(ZSTD_isError(written) == 0, "zstd has no room where it said how much it needs")
            count = written
        }
    }

    /// Writes what is left and the footer. Nothing is appended after it.
    public func finish() throws {
        try flush()
        try put([])
        var footer = CompactWriter()
        footer.structure { footer in
            footer.field(1, 1)
            footer.field(2, structures: schema) { element, node in node(&element) }
            footer.field(3, long: rows)
            footer.field(4, structures: groups) { self.write($1, to: &$0) }
            footer.field(6, "lathe")
        }
        try put(footer.bytes)
        try put(withUnsafeBytes(of: UInt32(footer.bytes.count).littleEndian) { Array($0) } + Self.magic)
    }

    private func write(_ group: Group, to writer: inout CompactWriter) {
        writer.field(1, structures: group.chunks) { column, chunk in
            column.field(2, long: chunk.offset)
            column.field(3) { data in
                let leaf = self.leaves[chunk.leaf]
                data.field(1, Int32(leaf.type.rawValue))
                data.field(2, numbers: [0, 3])
                data.field(3, texts: leaf.path)
                data.field(4, Self.zstd)
                data.field(5, long: chunk.values)
                data.field(6, long: chunk.plainBytes)
                data.field(7, long: chunk.storedBytes)
                data.field(9, long: chunk.offset)
            }
        }
        writer.field(2, long: group.chunks.reduce(0) { $0 + $1.plainBytes })
        writer.field(3, long: group.rows)
    }

    // MARK: Schema

    private typealias Node = (inout CompactWriter) -> Void

    /// The nodes of the schema, depth first.
    private var schema: [Node] {
        let columns = columns
        let root: Node = { node in
            node.field(4, "schema")
            node.field(5, Int32(columns.count))
        }
        return [root] + columns.flatMap(Self.nodes)
    }

    private static func nodes(_ column: WrittenColumn) -> [Node] {
        switch column.shape {
        case .single(let leaf): [Self.leaf(column.name, leaf, .optional)]
        case .numbers(let names):
            [group(column.name, .optional, children: names.count)] + names.map { Self.leaf($0, .number, .required) }
        case .floats:
            [
                group(column.name, .optional, children: 1, converted: 3), group("list", .repeated, children: 1),
                Self.leaf("element", .float, .required),
            ]
        }
    }

    private static func leaf(
        _ name: String, _ leaf: WrittenColumn.Leaf, _ repetition: SchemaElement.Repetition
    ) -> Node {
        { node in
            node.field(1, Int32(leaf.type.rawValue))
            node.field(3, Int32(repetition.rawValue))
            node.field(4, name)
            guard leaf == .text else { return }
            node.field(6, 0)
            node.field(10) { logical in logical.field(1) { _ in } }
        }
    }

    private static func group(
        _ name: String, _ repetition: SchemaElement.Repetition, children: Int, converted: Int32? = nil
    ) -> Node {
        { node in
            node.field(3, Int32(repetition.rawValue))
            node.field(4, name)
            node.field(5, Int32(children))
            if let converted { node.field(6, converted) }
        }
    }
}
