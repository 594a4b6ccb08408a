// Parquet's metadata structures (parquet.thrift of parquet-format 2.10), as far as reading needs them.

/// The footer of a file.
struct FileMetadata {
    var schema: [SchemaElement] = []
    var rowCount = 0
    var rowGroups: [RowGroup] = []

    init(_ reader: inout CompactReader) throws(ParquetError) {
        try reader.structure { reader, field throws(ParquetError) in
            switch field.id {
            case 2:
                try reader.list(field) { reader throws(ParquetError) in self.schema.append(try SchemaElement(&reader)) }
            case 3: rowCount = try reader.integer(field)
            case 4:
                try reader.list(field) { reader throws(ParquetError) in self.rowGroups.append(try RowGroup(&reader)) }
            case 8: throw ParquetError(.unsupported, "the file is encrypted")
            default: try reader.skip(field)
            }
        }
        guard rowCount >= 0, rowGroups.allSatisfy({ $0.rowCount >= 0 }) else {
            throw ParquetError(.broken, "a negative number of rows")
        }
    }
}

/// Physical types of values.
enum PhysicalType: Int {
    case boolean = 0
    case int32, int64, int96, float, double, byteArray, fixedByteArray
}

/// A node of the schema, which is written depth first.
struct SchemaElement {
    enum Repetition: Int { case required = 0, optional, repeated }

    var name = ""
    var type: PhysicalType?
    var byteCount = 0
    var repetition = Repetition.required
    var childCount = 0
    var convertedType: Int?
    var logicalType: LogicalType?
    var scale = 0

    init(_ reader: inout CompactReader) throws(ParquetError) {
        try reader.structure { reader, field throws(ParquetError) in
            switch field.id {
            case 1:
                guard let type = PhysicalType(rawValue: try reader.integer(field)) else {
                    throw ParquetError(.unsupported, "a column of an unknown type")
                }
                self.type = type
            case 2: byteCount = try reader.integer(field)
            case 3:
                guard let repetition = Repetition(rawValue: try reader.integer(field)) else {
                    throw ParquetError(.broken, "a column of an unknown repetition")
                }
                self.repetition = repetition
            case 4: name = try reader.text(field)
            case 5: childCount = try reader.integer(field)
            case 6: convertedType = try reader.integer(field)
            case 7: scale = try reader.integer(field)
            case 10: logicalType = try LogicalType(&reader, field)
            default: try reader.skip(field)
            }
        }
        guard byteCount >= 0, childCount >= 0 else { throw ParquetError(.broken, "a negative size in the schema") }
    }
}

/// What values of a column mean.
enum LogicalType: Equatable {
    enum Unit: Int {
        case milliseconds = 1
        case microseconds, nanoseconds
    }

    case string, map, list, enumeration, date, json, bson, uuid, float16
    case decimal(scale: Int)
    case time(Unit)
    case timestamp(Unit, isUTC: Bool)
    case integer(bits: Int, isSigned: Bool)
    /// Null, or a type of a later version: values are given as they are stored.
    case unknown

    /// Reads the union that field 10 of a schema element is.
    init(_ reader: inout CompactReader, _ field: CompactReader.Field) throws(ParquetError) {
        guard field.kind == .structure else { throw ParquetError(.broken, "a logical type that is no structure") }
        var type = LogicalType.unknown
        try reader.structure { reader, field throws(ParquetError) in
            guard field.kind == .structure else { return try reader.skip(field) }
            switch field.id {
            case 1: type = .string
            case 2: type = .map
            case 3: type = .list
            case 4: type = .enumeration
            case 5: return type = .decimal(scale: try Self.members(&reader).scale)
            case 6: type = .date
            case 7: return type = .time(try Self.members(&reader).unit)
            case 8:
                let members = try Self.members(&reader)
                return type = .timestamp(members.unit, isUTC: members.isTrue)
            case 10:
                let members = try Self.members(&reader)
                return type = .integer(bits: members.scale, isSigned: members.isTrue)
            case 12: type = .json
            case 13: type = .bson
            case 14: type = .uuid
            case 15: type = .float16
            default: type = .unknown
            }
            try reader.skip(field)
        }
        self = type
    }

    private struct Members {
        var scale = 0
        var isTrue = false
        var unit = Unit.microseconds
    }

    /// The members of the types that have any: all of them are a number, a truth value or a unit.
    private static func members(_ reader: inout CompactReader) throws(ParquetError) -> Members {
        var members = Members()
        try reader.structure { reader, field throws(ParquetError) in
            switch (field.id, field.kind) {
            case (1, .i16), (1, .i32), (1, .i64), (1, .byte): members.scale = try reader.integer(field)
            case (_, .yes): members.isTrue = true
            case (2, .structure):
                try reader.structure { reader, field throws(ParquetError) in
                    members.unit = Unit(rawValue: field.id) ?? .microseconds
                    try reader.skip(field)
                }
            default: try reader.skip(field)
            }
        }
        return members
    }
}

/// Rows whose columns stand together.
struct RowGroup {
    var columns: [ColumnChunk] = []
    var rowCount = 0

    init(_ reader: inout CompactReader) throws(ParquetError) {
        try reader.structure { reader, field throws(ParquetError) in
            switch field.id {
            case 1:
                try reader.list(field) { reader throws(ParquetError) in self.columns.append(try ColumnChunk(&reader)) }
            case 3: rowCount = try reader.integer(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// One column of a row group.
struct ColumnChunk {
    var type = -1
    var codec = 0
    var valueCount = -1
    var compressedByteCount = 0
    var dataOffset = 0
    var dictionaryOffset: Int?
    var path: [String] = []

    init(_ reader: inout CompactReader) throws(ParquetError) {
        var hasMetadata = false
        try reader.structure { reader, field throws(ParquetError) in
            switch field.id {
            case 1: throw ParquetError(.unsupported, "a column that stands in another file")
            case 3:
                hasMetadata = true
                try readMetadata(&reader, field)
            case 8: throw ParquetError(.unsupported, "an encrypted column")
            default: try reader.skip(field)
            }
        }
        guard hasMetadata, valueCount >= 0, compressedByteCount >= 0 else {
            throw ParquetError(.broken, "a column without sound metadata")
        }
    }

    private mutating func readMetadata(
        _ reader: inout CompactReader, _ field: CompactReader.Field
    ) throws(ParquetError) {
        guard field.kind == .structure else { throw ParquetError(.broken, "column metadata that is no structure") }
        try reader.structure { reader, field throws(ParquetError) in
            switch field.id {
            case 1: type = try reader.integer(field)
            case 3: path = try reader.texts(field)
            case 4: codec = try reader.integer(field)
            case 5: valueCount = try reader.integer(field)
            case 7: compressedByteCount = try reader.integer(field)
            case 9: dataOffset = try reader.integer(field)
            case 11: dictionaryOffset = try reader.integer(field)
            default: try reader.skip(field)
            }
        }
    }

    /// Where the chunk's first page begins.
    var start: Int {
        if let dictionaryOffset, dictionaryOffset > 0, dictionaryOffset < dataOffset { return dictionaryOffset }
        return dataOffset
    }
}

/// What stands before each page.
struct PageHeader {
    enum Kind: Int { case data = 0, index, dictionary, dataV2 }

    var kind = Kind.index
    var uncompressedByteCount = -1
    var compressedByteCount = -1
    var checksum: UInt32?
    var valueCount = 0
    var encoding = 0
    var definitionEncoding = 3
    var repetitionEncoding = 3
    var definitionByteCount = 0
    var repetitionByteCount = 0
    var isCompressed = true

    init(_ reader: inout CompactReader) throws(ParquetError) {
        try reader.structure { reader, field throws(ParquetError) in
            switch field.id {
            case 1:
                guard let kind = Kind(rawValue: try reader.integer(field)) else {
                    throw ParquetError(.unsupported, "a page of an unknown kind")
                }
                self.kind = kind
            case 2: uncompressedByteCount = try reader.integer(field)
            case 3: compressedByteCount = try reader.integer(field)
            case 4: checksum = UInt32(truncatingIfNeeded: try reader.integer(field))
            case 5, 7: try readPlain(&reader, field)
            case 8: try readVersion2(&reader, field)
            default: try reader.skip(field)
            }
        }
        guard uncompressedByteCount >= 0, compressedByteCount >= 0, valueCount >= 0, definitionByteCount >= 0,
            repetitionByteCount >= 0
        else { throw ParquetError(.broken, "a negative size in a page header") }
    }

    /// Data pages of the first version, and dictionary pages, whose first two members are the same.
    private mutating func readPlain(_ reader: inout CompactReader, _ field: CompactReader.Field) throws(ParquetError) {
        guard field.kind == .structure else { throw ParquetError(.broken, "a page header that is no structure") }
        try reader.structure { reader, field throws(ParquetError) in
            switch (field.id, field.kind) {
            case (1, _): valueCount = try reader.integer(field)
            case (2, _): encoding = try reader.integer(field)
            case (3, .i32): definitionEncoding = try reader.integer(field)
            case (4, .i32): repetitionEncoding = try reader.integer(field)
            default: try reader.skip(field)
            }
        }
    }

    private mutating func readVersion2(_ reader: inout CompactReader, _ field: CompactReader.Field) throws(ParquetError)
    {
        guard field.kind == .structure else { throw ParquetError(.broken, "a page header that is no structure") }
        try reader.structure { reader, field throws(ParquetError) in
            switch field.id {
            case 1: valueCount = try reader.integer(field)
            case 4: encoding = try reader.integer(field)
            case 5: definitionByteCount = try reader.integer(field)
            case 6: repetitionByteCount = try reader.integer(field)
            case 7: isCompressed = try reader.bool(field)
            default: try reader.skip(field)
            }
        }
    }
}
