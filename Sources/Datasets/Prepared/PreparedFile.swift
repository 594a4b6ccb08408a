// A prepared file, read where it lies: counts are in memory, tokens are read when a sequence is asked for.

public import Foundation
internal import HDF5Files
internal import JSON
public import Vocabulary

/// Why a prepared file is not used.
public enum PreparedFault: ClassifiedError, Equatable {
    /// There is none.
    case absent
    /// The system does not let it be read.
    case refused(SystemError)
    /// The file does not begin as prepared files do.
    case foreign
    case otherVersion
    /// The bytes are not those that were written: cut, changed or half-written.
    case damaged
    /// The bytes are as written, but not what sequences need.
    case inconsistent(String)

    init(_ failure: HDF5Failure, _ url: URL) {
        self =
            failure.fault == 0
            ? .inconsistent(failure.description) : .refused(SystemError(failure.fault, reading: url.path))
    }

    public var kind: FailureKind {
        switch self {
        case .absent: .missingInput
        case .refused(let error): error.kind
        case .foreign, .otherVersion, .damaged, .inconsistent: .badInput
        }
    }

    public var description: String {
        switch self {
        case .absent: "there is none"
        case .refused(let error): "it cannot be read: \(error.cause)"
        case .foreign: "it is no prepared file"
        case .otherVersion: "it is of another version of the format"
        case .damaged: "it is damaged: its digest does not match its bytes"
        case .inconsistent(let cause): "it cannot be used: \(cause)"
        }
    }
}

/// The sequences of a recipe, as they were written.
public struct PreparedFile: Sendable {
    public let url: URL
    public let key: PreparedKey
    /// The text of which `key.recipe` is the digest.
    public let recipe: String
    /// JSON.
    public let report: String
    /// The model's path, for people.
    public let model: String
    public let train: PreparedFileSide
    /// `nil` where nothing is held out.
    public let heldOut: PreparedFileSide?

    /// Opens the file at `url`. Its digest is checked before the library sees it.
    public init(_ url: URL) throws(PreparedFault) {
        do throws(SealFault) { try PreparedFileWriter.seal.check(path: url.path) } catch {
            switch error {
            case .refused(let error): throw error.kind == .missingInput ? .absent : .refused(error)
            case .foreign: throw .foreign
            case .otherVersion: throw .otherVersion
            case .damaged: throw .damaged
            }
        }
        self.url = url
        do throws(HDF5Failure) {
            let file = try HDF5File(opening: url.path)
            var key = PreparedKey(data: "", recipe: "", tokenizer: "", template: "")
            for (name, part) in PreparedKey.parts { key[keyPath: part] = try file.text("key_" + name, of: "/") }
            self.key = key
            recipe = try file.text("/recipe")
            report = try file.text("/report")
            model = try file.text("model", of: "/")
            let names = Self.texts(try file.text("/files"))
            train = try PreparedFileSide("/train", in: file, files: names, url: url)
            heldOut =
                file.contains("/held_out")
                ? try PreparedFileSide("/held_out", in: file, files: names, url: url) : nil
        } catch { throw PreparedFault(error, url) }
        for side in [train, heldOut] {
            guard let side else { continue }
            let reason: String?
            do throws(HDF5Failure) { reason = try side.contradiction() } catch {
                throw PreparedFault(error, url)
            }
            if let reason { throw .inconsistent(reason) }
        }
    }

    /// The texts of a JSON list.
    static func texts(_ json: String) -> [String] {
        (try? JSONValue(parsing: json))?.array?.compactMap(\.string) ?? []
    }

    /// Whether the file begins as prepared files do.
    public static func isPrepared(_ url: URL) -> Bool {
        PreparedFileWriter.seal.isKind(path: url.path)
    }
}

/// The sequences of one side. Threads may share it.
public final class PreparedFileSide: ExampleSource {
    /// Rows that gave sequences, or were left out for a reason that the report counts.
    public let rowCount: Int
    public let format: RowFormat
    /// The labels that stand in the rows.
    public let labels: [String]
    /// SHA-256 of everything that decides the sequences.
    public let digest: String
    private let url: URL
    let bounds: [Int64]
    let targets: [Int32]
    let ids: HDF5ListReader<Int32>
    let mask: HDF5ListReader<UInt8>
    let row: HDF5ListReader<Int64>
    let part: HDF5ListReader<Int32>
    /// What the head of a task is to find; nil where tokens are predicted.
    let wanted: HDF5ListReader<Float>?
    let wantedBounds: [Int64]
    /// For each number of a class in `wanted`, its number among all; empty where they are the same.
    let classPlaces: [Float]
    let places: StoredPlaces
    /// What the file says of the lists.
    let counts: (sequences: Int, tokens: Int, targetTokens: Int)
    private let storedRows: StoredRowLists?

    init(_ path: String, in file: HDF5File, files: [String], url: URL) throws(HDF5Failure) {
        self.url = url
        rowCount = try file.integer("rows", of: path)
        guard let format = RowFormat(rawValue: try file.text("format", of: path)) else {
            throw HDF5Failure(operation: "find a known format in \(path)")
        }
        self.format = format
        digest = try file.text("digest", of: path)
        counts = (
            try file.integer("sequences", of: path), try file.integer("tokens", of: path),
            try file.integer("target_tokens", of: path)
        )
        labels = PreparedFile.texts(try file.text(path + "/labels"))
        ids = try HDF5ListReader(path + "/ids", in: file)
        mask = try HDF5ListReader(path + "/mask", in: file)
        bounds = try HDF5ListReader(path + "/bounds", in: file).readAll()
        targets = try HDF5ListReader(path + "/targets", in: file).readAll()
        row = try HDF5ListReader(path + "/row", in: file)
        part = try HDF5ListReader(path + "/part", in: file)
        let isWanted = file.contains(path + "/wanted")
        wanted = isWanted ? try HDF5ListReader(path + "/wanted", in: file) : nil
        wantedBounds = isWanted ? try HDF5ListReader(path + "/wanted_bounds", in: file).readAll() : []
        classPlaces =
            isWanted ? ClassOrder.places(PreparedFile.texts(try file.text(path + "/classes_as_met"))) : []
        places = try StoredPlaces(path, in: file, files: files)
        storedRows =
            file.contains(path + "/rows") ? try StoredRowLists(path + "/rows", in: file, files: files) : nil
    }

    // MARK: Sequences

    public var count: Int { targets.count }
    /// Tokens of all sequences.
    public var tokens: Int { ids.count }

    public func tokenCount(_ index: Int) -> Int { Int(bounds[index + 1] - bounds[index]) }
    public func targetCount(_ index: Int) -> Int { Int(targets[index]) }

    public func place(_ index: Int) -> RowPlace {
        (try? places.place(index)) ?? RowPlace(file: url.path, line: 0)
    }

    public func example(_ index: Int) throws -> TokenizedExample {
        let range = Int(bounds[index])..<Int(bounds[index + 1])
        return try reading { () throws(HDF5Failure) in
            let isTarget = try mask.read(range).map { $0 != 0 }
            let place = try places.place(index)
            if let wanted {
                return TokenizedExample(
                    read: try ids.read(range), isRead: isTarget, wanted: try numbers(wanted, index), place: place,
                    index: Int(try row.read(index..<(index + 1))[0]), part: Int(try part.read(index..<(index + 1))[0]))
            }
            guard isTarget.first != true else { throw HDF5Failure(operation: "use sequence \(index)") }
            return TokenizedExample(
                ids: try ids.read(range), isTarget: isTarget, place: place,
                index: Int(try row.read(index..<(index + 1))[0]), part: Int(try part.read(index..<(index + 1))[0]))
        }
    }

    /// What is wanted of sequence `index`.
    private func numbers(_ wanted: HDF5ListReader<Float>, _ index: Int) throws(HDF5Failure) -> [Float] {
        let numbers = try wanted.read(Int(wantedBounds[index])..<Int(wantedBounds[index + 1]))
        guard !classPlaces.isEmpty else { return numbers }
        return numbers.map { classPlaces[Int($0)] }
    }

    public func rowIndices() throws -> [Int] {
        try reading { () throws(HDF5Failure) in try row.readAll() }.map { Int($0) }
    }

    /// Whether the rows themselves were kept.
    public var hasRows: Bool { storedRows != nil }

    /// The rows, where they were kept; none where not.
    ///
    /// - Parameter settings: as when they were written, format and labels with them.
    public func rows(_ settings: DataSettings, hasTemplate: Bool) throws -> any RowList {
        guard let storedRows else { return [DataRow]() }
        return StoredRows(
            storedRows, decoder: try RowDecoder(settings, format: format, hasTemplate: hasTemplate), url: url)
    }

    func reading<Result>(_ body: () throws(HDF5Failure) -> Result) throws(DatasetError) -> Result {
        do throws(HDF5Failure) { return try body() } catch {
            throw DatasetError(
                error.fault == 0 ? .unreadable : .refused, RowPlace(file: url.path, line: 0),
                "the prepared file cannot be read any more: \(error)")
        }
    }
}

/// Where things stand.
struct StoredPlaces: Sendable {
    let file: HDF5ListReader<Int32>
    let line: HDF5ListReader<Int64>
    let files: [String]

    init(_ path: String, in hdf5: HDF5File, files: [String]) throws(HDF5Failure) {
        self.files = files
        file = try HDF5ListReader(path + "/file", in: hdf5)
        line = try HDF5ListReader(path + "/line", in: hdf5)
    }

    func place(_ index: Int) throws(HDF5Failure) -> RowPlace {
        let number = Int(try file.read(index..<(index + 1))[0])
        guard files.indices.contains(number) else { throw HDF5Failure(operation: "name file \(number)") }
        return RowPlace(file: files[number], line: Int(try line.read(index..<(index + 1))[0]))
    }
}
