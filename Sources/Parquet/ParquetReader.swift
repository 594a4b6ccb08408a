// A Parquet file as rows. Memory is bounded by a page of each column and the row at hand.

public import JSON

/// Reads a Parquet file, row by row, as JSON values.
///
/// Texts, numbers, truth values, lists and structures are what they are. Days and times become ISO 8601, decimal numbers exact text,
/// UUIDs their usual text, maps with texts as keys objects and other maps lists of pairs. Bytes without a meaning are text where they
/// are UTF-8, else Base64.
public final class ParquetReader {
    /// Rows by the footer's word.
    public let rowCount: Int
    /// Names of the outermost columns.
    public let columnNames: [String]

    private let file: ParquetBytes
    private let schema: Schema
    private let rowGroups: [RowGroup]
    private var nextGroup = 0
    private var rowsLeftInGroup = 0
    private var cursors: [ColumnCursor] = []
    private let maximumRowBytes: Int
    /// Rough size of the row at hand.
    private var rowBytes = 0

    private static let magic = Array("PAR1".utf8)

    /// Opens the file at `path` and reads its footer.
    ///
    /// - Parameter maximumRowBytes: a row with more text and values than this is an error.
    public init(path: String, maximumRowBytes: Int) throws(ParquetError) {
        self.maximumRowBytes = maximumRowBytes
        file = try ParquetBytes(path: path)
        guard file.byteCount >= 12 else { throw ParquetError(.broken, "not a Parquet file: too short") }
        guard try file.bytes(at: 0, count: 4) == Self.magic else {
            throw ParquetError(.broken, "not a Parquet file: it does not begin with PAR1", byteOffset: 0)
        }
        let tail = try file.bytes(at: file.byteCount - 8, count: 8)
        guard Array(tail[4...]) == Self.magic else {
            let isEncrypted = Array(tail[4...]) == Array("PARE".utf8)
            throw ParquetError(
                isEncrypted ? .unsupported : .broken,
                isEncrypted ? "the file is encrypted" : "the file is cut off: it does not end with PAR1",
                byteOffset: file.byteCount - 4)
        }
        let length = tail[..<4].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= file.byteCount - 12 else {
            throw ParquetError(.broken, "a footer larger than the file", byteOffset: file.byteCount - 8)
        }
        let start = file.byteCount - 8 - length
        do throws(ParquetError) {
            var reader = CompactReader(try file.bytes(at: start, count: length))
            let metadata = try FileMetadata(&reader)
            schema = try Schema(metadata.schema)
            rowGroups = metadata.rowGroups
            rowCount = metadata.rowCount
        } catch {
            throw ParquetError(error.fault, error.reason, column: error.column, byteOffset: error.byteOffset ?? start)
        }
        columnNames = schema.fields.map(\.name)
        try check(byteOffset: start)
    }

    private func check(byteOffset: Int) throws(ParquetError) {
        var total = 0
        for group in rowGroups {
            let (sum, overflow) = total.addingReportingOverflow(group.rowCount)
            guard !overflow, group.columns.count == schema.leaves.count else {
                throw ParquetError(.broken, "row groups that do not fit the schema", byteOffset: byteOffset)
            }
            total = sum
            for (chunk, leaf) in zip(group.columns, schema.leaves)
            where chunk.path != leaf.path || (leaf.maximumRepetitionLevel == 0 && chunk.valueCount != group.rowCount) {
                throw ParquetError(
                    .broken, "a column that does not fit the schema", column: leaf.path.joined(separator: "."),
                    byteOffset: byteOffset)
            }
        }
        guard total == rowCount, total == 0 || !schema.leaves.isEmpty else {
            throw ParquetError(
                .broken, "row groups of \(total) rows where the file has \(rowCount)", byteOffset: byteOffset)
        }
    }

    /// The next row; `nil` after the last one.
    public func next() throws(ParquetError) -> JSONObject? {
        while rowsLeftInGroup == 0 {
            guard nextGroup < rowGroups.count else { return nil }
            try open(rowGroups[nextGroup])
            nextGroup += 1
        }
        rowsLeftInGroup -= 1
        rowBytes = 0
        for cursor in cursors where cursor.current?.repetition != 0 {
            throw disagreement(cursor)
        }
        var members: [JSONObject.Member] = []
        members.reserveCapacity(schema.fields.count)
        for field in schema.fields { members.append((field.name, try value(of: field))) }
        if rowsLeftInGroup == 0 {
            for cursor in cursors where cursor.current != nil { throw disagreement(cursor) }
        }
        return JSONObject(members)
    }

    private func open(_ group: RowGroup) throws(ParquetError) {
        cursors.removeAll()
        rowsLeftInGroup = group.rowCount
        guard group.rowCount > 0 else { return }
        for (leaf, chunk) in zip(schema.leaves, group.columns) {
            cursors.append(try ColumnCursor(leaf, chunk, file: file))
        }
    }

    // MARK: Values

    private func value(of node: SchemaNode) throws(ParquetError) -> JSONValue {
        if node.isOptional, try !isDefined(node, at: node.definitionLevel) {
            try skipEntry(node)
            return .null
        }
        switch node.shape {
        case .leaf(let column):
            guard let entry = cursors[column].current else { throw disagreement(cursors[column]) }
            try cursors[column].advance()
            let value = entry.value ?? .null
            try count(value)
            return value
        case .record(let fields):
            var members: [JSONObject.Member] = []
            members.reserveCapacity(fields.count)
            for field in fields { members.append((field.name, try self.value(of: field))) }
            return .object(JSONObject(members))
        case .list(let element):
            var elements: [JSONValue] = []
            try repeated(node) { () throws(ParquetError) in elements.append(try self.value(of: element)) }
            return .array(elements)
        case .map(let key, let value):
            var pairs: [(key: JSONValue, value: JSONValue)] = []
            try repeated(node) { () throws(ParquetError) in
                pairs.append((try self.value(of: key), try self.value(of: value)))
            }
            let members = pairs.compactMap { pair in pair.key.string.map { (key: $0, value: pair.value) } }
            let isEmpty = pairs.isEmpty && !key.isText(in: schema)
            if members.count == pairs.count, !isEmpty { return .object(JSONObject(members)) }
            return .array(pairs.map { .array([$0.key, $0.value]) })
        }
    }

    /// Runs `body` for each element of a list or map.
    private func repeated(_ node: SchemaNode, _ body: () throws(ParquetError) -> Void) throws(ParquetError) {
        guard try isDefined(node, at: node.repeatedDefinitionLevel) else { return try skipEntry(node) }
        while true {
            rowBytes += 16
            try body()
            let isContinued = cursors[node.columns.lowerBound].current?.repetition == node.repetitionLevel
            for column in node.columns
            where (cursors[column].current?.repetition == node.repetitionLevel) != isContinued {
                throw disagreement(cursors[column])
            }
            guard isContinued else { return }
        }
    }

    /// Whether the entries at hand reach `level`: all columns below a node must say the same.
    private func isDefined(_ node: SchemaNode, at level: Int) throws(ParquetError) -> Bool {
        guard let first = node.columns.first else { return true }
        let isDefined = (cursors[first].current?.definition ?? -1) >= level
        for column in node.columns {
            guard let entry = cursors[column].current, (entry.definition >= level) == isDefined else {
                throw disagreement(cursors[column])
            }
        }
        return isDefined
    }

    /// Takes the one entry that stands for something that is not there.
    private func skipEntry(_ node: SchemaNode) throws(ParquetError) {
        for column in node.columns { try cursors[column].advance() }
    }

    private func count(_ value: JSONValue) throws(ParquetError) {
        if case .string(let text) = value { rowBytes += text.utf8.count } else { rowBytes += 8 }
        guard rowBytes <= maximumRowBytes else {
            throw ParquetError(.tooLarge, "a row of more than \(maximumRowBytes >> 20) MiB")
        }
    }

    private func disagreement(_ cursor: ColumnCursor) -> ParquetError {
        ParquetError(
            .broken, "a column that does not agree with the others about rows and lists",
            column: cursor.leaf.path.joined(separator: "."))
    }
}
