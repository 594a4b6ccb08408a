// What the reading of data files counted.

public import JSON
public import Vocabulary

/// One file as it was read.
public struct InputFileReport: Codable, Sendable, Equatable {
    public var path: String
    /// As stored, before decompression.
    public var byteCount = 0
    /// Rows given.
    public var rows = 0
    public var badRows = 0
    /// Lines of a table whose tabs do not make as many fields as the header has: quotation marks join them, or they are bad.
    public var unevenLines = 0
    /// Tabs of every line of plain text where they are as many in each: a table that nobody called one; else 0.
    public var tabsPerLine = 0
    /// What stands between a table's fields where it is not what the file's name says.
    public var separator: String?
    /// How text was spelled; `nil` for files that are no text.
    public var encoding: TextEncoding?
    /// SHA-256 of the stored bytes, in hexadecimal; empty where the file was not read to its end.
    public var digest = ""

    public init(path: String) { self.path = path }
}

/// Counts over all files of a stream.
public struct InputReport: Sendable, Equatable {
    /// In order of reading; a file that was begun again stands once.
    public var files: [InputFileReport] = []
    public var badRows = 0
    /// How many rows are bad for what reason.
    public var badRowKinds: [DatasetProblem.Kind: Int] = [:]
    /// The first bad rows: their places and reasons. Their text is left out, since nothing has masked it.
    public var samples: [DatasetProblem] = []

    public init() {}

    public var rows: Int { files.reduce(0) { $0 + $1.rows } }

    static let sampleCount = 20

    /// Adds the bad rows of `other`.
    mutating func add(_ other: InputReport) {
        badRows += other.badRows
        badRowKinds.merge(other.badRowKinds, uniquingKeysWith: +)
        samples += other.samples.prefix(max(0, Self.sampleCount - samples.count))
    }

    mutating func count(_ error: DatasetError) {
        badRows += error.count
        for problem in error.problems {
            badRowKinds[problem.kind, default: 0] += 1
            if samples.count < Self.sampleCount { samples.append(problem) }
        }
    }

    /// The report for machines.
    public var json: JSONValue {
        let kinds = badRowKinds.sorted { $0.key.rawValue < $1.key.rawValue }
        return [
            "files": .array(
                files.map { file in
                    [
                        "path": .string(file.path), "bytes": .integer(file.byteCount), "rows": .integer(file.rows),
                        "bad_rows": .integer(file.badRows), "uneven_lines": .integer(file.unevenLines),
                        "encoding": file.encoding.map { .string($0.rawValue) } ?? .null,
                        "sha256": .string(file.digest),
                    ]
                }),
            "bad_rows": .integer(badRows),
            "bad_row_kinds": .object(JSONObject(kinds.map { (key: $0.key.rawValue, value: .integer($0.value)) })),
            "bad_row_samples": .array(
                samples.map {
                    [
                        "file": .string($0.place.file), "line": .integer($0.place.line),
                        "kind": .string($0.kind.rawValue),
                        "message": .string($0.message),
                    ]
                }),
        ]
    }
}

extension InputReport: Codable {
    private enum Key: String, CodingKey { case files, badRows, badRowKinds, samples }

    /// Kinds as a list in the order of their names: a dictionary would be written in another order each time.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(files, forKey: .files)
        try values.encode(badRows, forKey: .badRows)
        var kinds = values.nestedUnkeyedContainer(forKey: .badRowKinds)
        for (kind, count) in badRowKinds.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            try kinds.encode(kind)
            try kinds.encode(count)
        }
        try values.encode(samples, forKey: .samples)
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        files = try values.decode([InputFileReport].self, forKey: .files)
        badRows = try values.decode(Int.self, forKey: .badRows)
        var kinds = try values.nestedUnkeyedContainer(forKey: .badRowKinds)
        while !kinds.isAtEnd { badRowKinds[try kinds.decode(DatasetProblem.Kind.self)] = try kinds.decode(Int.self) }
        samples = try values.decode([DatasetProblem].self, forKey: .samples)
    }
}
