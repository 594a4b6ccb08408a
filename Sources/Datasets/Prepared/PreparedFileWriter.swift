// Sequences on their way into a prepared file:
//
//     attributes            format, version, key, key_data, key_recipe, …, model
//     /files                names of the data files, a JSON list
//     /recipe /report       texts: the recipe's data section, and the report as JSON
//     /train  /held_out     format, digest, rows, sequences, tokens, target_tokens as attributes, and
//         ids mask          int32 and uint8, all sequences one after the other; mask 1: the token carries loss
//         bounds            int64: sequence i is ids[bounds[i]..<bounds[i + 1]]
//         targets           int32: tokens of sequence i that carry loss
//         row part          int64, int32: the number of its row among those of its side, and its number within the row
//         wanted            float32: what the head of a task is to find, all sequences one after the other; where there is one, these too:
//         wanted_bounds     int64: of sequence i wanted[wanted_bounds[i]..<wanted_bounds[i + 1]]
//         classes_as_met    the classes by which rows number what is wanted, a JSON list; empty: those of labels
//         file line         int32, int64: its row's place, the file as an index into /files
//         labels            the labels that stand in the rows, a JSON list
//     /held_out/rows        the rows themselves, for prompts, answers and labels
//         json bounds       uint8, int64: row i is the JSON object json[bounds[i]..<bounds[i + 1]]
//         row file line     as above
//
// 512 bytes before the HDF5 file hold a digest of all that follows; readers of HDF5 pass over them.

internal import Files
public import Foundation
internal import HDF5Files
public import JSON

/// Takes what rows became, in the rows' order.
public protocol ExampleSink: AnyObject {
    /// - Parameter fields: the row before it was understood.
    func receive(_ row: DataRow, fields: JSONObject, examples: [TokenizedExample]) throws
}

/// A prepared file being written. It appears whole, with `commit`, or not at all; sequences are not kept in memory.
public final class PreparedFileWriter {
    static let seal = FileSeal("LATHE PREPARED", version: "1")

    private let writer: SealedHDF5Writer
    private let files = FileNumbers()
    private var sides: [PreparedSideWriter] = []

    /// Begins the file that is to stand at `url`, and removes what killed processes have left beside it.
    public init(_ url: URL) throws {
        TemporaryName.removeAbandoned(in: url.deletingLastPathComponent())
        writer = try SealedHDF5Writer(url, seal: Self.seal)
    }

    /// Where training or held-out rows go.
    ///
    /// - Parameter keepsRows: whether the rows themselves are kept too.
    public func side(_ name: String, keepsRows: Bool) throws -> PreparedSideWriter {
        let side = try writing { () throws(HDF5Failure) in
            try PreparedSideWriter(
                "/" + name, in: writer.file, at: writer.url.path, files: files,
                keepsRows: keepsRows)
        }
        sides.append(side)
        return side
    }

    /// Ends the file and puts it in its place.
    ///
    /// - Parameters:
    ///   - recipe: the text of which `key.recipe` is the digest.
    ///   - report: JSON.
    ///   - model: its path, for people.
    public func commit(_ key: PreparedKey, recipe: String, report: String, model: String) throws {
        try writing { () throws(HDF5Failure) in
            let file = writer.file
            for side in sides { try side.finish(file) }
            try file.write(JSONValue.array(files.names.map { .string($0) }).text(), to: "/files")
            try file.write(recipe, to: "/recipe")
            try file.write(report, to: "/report")
            try file.setAttribute("format", of: "/", "lathe prepared")
            try file.setAttribute("version", of: "/", 1)
            try file.setAttribute("key", of: "/", key.digest)
            for (name, part) in PreparedKey.parts { try file.setAttribute("key_" + name, of: "/", key[keyPath: part]) }
            try file.setAttribute("model", of: "/", model)
        }
        sides = []
        try writer.commit()
    }

    private func writing<Result>(_ body: () throws(HDF5Failure) -> Result) throws(SealedWriteError) -> Result {
        do throws(HDF5Failure) { return try body() } catch {
            throw SealedWriteError(path: writer.url.path, reason: error.description)
        }
    }
}

/// The sequences of one side on their way into a file.
public final class PreparedSideWriter: ExampleSink {
    private let path: String
    /// The file's place, for errors.
    private let place: String
    private let files: FileNumbers
    private let ids: HDF5ListWriter<Int32>
    private let mask: HDF5ListWriter<UInt8>
    private let bounds: HDF5ListWriter<Int64>
    private let targets: HDF5ListWriter<Int32>
    private let row: HDF5ListWriter<Int64>
    private let part: HDF5ListWriter<Int32>
    private let file: HDF5File
    /// Made with the first sequence that the head of a task reads; then all are such.
    private var wanted: (numbers: HDF5ListWriter<Float>, bounds: HDF5ListWriter<Int64>)?
    private let places: PlaceLists
    private let rows: RowLists?
    private var outcome: TokenisedRows?
    private var rowCount = 0
    private var targetCount = 0

    init(
        _ path: String, in file: HDF5File, at place: String, files: FileNumbers, keepsRows: Bool
    ) throws(HDF5Failure) {
        self.path = path
        self.place = place
        self.files = files
        self.file = file
        try file.makeGroup(path)
        ids = try HDF5ListWriter(path + "/ids", in: file)
        mask = try HDF5ListWriter(path + "/mask", in: file)
        bounds = try HDF5ListWriter(path + "/bounds", in: file)
        targets = try HDF5ListWriter(path + "/targets", in: file)
        row = try HDF5ListWriter(path + "/row", in: file)
        part = try HDF5ListWriter(path + "/part", in: file)
        places = try PlaceLists(path, in: file)
        rows = keepsRows ? try RowLists(path + "/rows", in: file) : nil
        try bounds.append(0)
    }

    public func receive(_ row: DataRow, fields: JSONObject, examples: [TokenizedExample]) throws {
        do throws(HDF5Failure) {
            rowCount += 1
            let file = files.number(of: row.place.file)
            try rows?.append(row, fields, file: file)
            for example in examples { try append(example, file: file) }
        } catch {
            throw SealedWriteError(path: place, reason: error.description)
        }
    }

    private func append(_ example: TokenizedExample, file: Int32) throws(HDF5Failure) {
        try ids.append(example.ids)
        try mask.append(example.isTarget.map { $0 ? 1 : 0 })
        try bounds.append(Int64(ids.count))
        try targets.append(Int32(example.targetCount))
        try row.append(Int64(example.index))
        try part.append(Int32(example.part))
        if example.isRead { try append(wanted: example.wanted) }
        try places.append(file: file, line: example.place.line)
        targetCount += example.targetCount
    }

    /// Takes what is wanted of the sequence that was appended last.
    private func append(wanted numbers: [Float]) throws(HDF5Failure) {
        let lists: (numbers: HDF5ListWriter<Float>, bounds: HDF5ListWriter<Int64>)
        if let wanted {
            lists = wanted
        } else {
            lists = (
                try HDF5ListWriter(path + "/wanted", in: file), try HDF5ListWriter(path + "/wanted_bounds", in: file)
            )
            try lists.bounds.append(0)
            wanted = lists
        }
        try lists.numbers.append(numbers)
        try lists.bounds.append(Int64(lists.numbers.count))
    }

    /// What is known when all rows were seen.
    public func conclude(_ outcome: TokenisedRows) {
        self.outcome = outcome
    }

    func finish(_ file: HDF5File) throws(HDF5Failure) {
        for list in [ids, targets, part] { try list.finish() }
        for list in [bounds, row] { try list.finish() }
        try mask.finish()
        if let wanted {
            try wanted.numbers.finish()
            try wanted.bounds.finish()
        }
        try places.finish()
        try rows?.finish()
        guard let outcome else { preconditionFailure("the rows were not concluded") }
        try file.write(JSONValue.array(outcome.labels.map { .string($0) }).text(), to: path + "/labels")
        if wanted != nil {
            try file.write(
                JSONValue.array(outcome.classesAsMet.map { .string($0) }).text(), to: path + "/classes_as_met")
        }
        try file.setAttribute("format", of: path, outcome.report.format.rawValue)
        try file.setAttribute("digest", of: path, outcome.digest)
        try file.setAttribute("rows", of: path, rowCount)
        try file.setAttribute("sequences", of: path, targets.count)
        try file.setAttribute("tokens", of: path, ids.count)
        try file.setAttribute("target_tokens", of: path, targetCount)
    }
}

/// File names as numbers.
final class FileNumbers {
    private(set) var names: [String] = []
    private var numbers: [String: Int32] = [:]

    func number(of name: String) -> Int32 {
        if let number = numbers[name] { return number }
        let number = Int32(names.count)
        names.append(name)
        numbers[name] = number
        return number
    }
}

/// Where things stand: `file` and `line`.
private struct PlaceLists {
    let file: HDF5ListWriter<Int32>
    let line: HDF5ListWriter<Int64>

    init(_ path: String, in hdf5: HDF5File) throws(HDF5Failure) {
        file = try HDF5ListWriter(path + "/file", in: hdf5)
        line = try HDF5ListWriter(path + "/line", in: hdf5)
    }

    func append(file number: Int32, line number2: Int) throws(HDF5Failure) {
        try file.append(number)
        try line.append(Int64(number2))
    }

    func finish() throws(HDF5Failure) {
        try file.finish()
        try line.finish()
    }
}

/// Rows as JSON.
private struct RowLists {
    private let json: HDF5ListWriter<UInt8>
    private let bounds: HDF5ListWriter<Int64>
    private let row: HDF5ListWriter<Int64>
    private let places: PlaceLists

    init(_ path: String, in file: HDF5File) throws(HDF5Failure) {
        try file.makeGroup(path)
        json = try HDF5ListWriter(path + "/json", in: file)
        bounds = try HDF5ListWriter(path + "/bounds", in: file)
        row = try HDF5ListWriter(path + "/row", in: file)
        places = try PlaceLists(path, in: file)
        try bounds.append(0)
    }

    func append(_ row: DataRow, _ fields: JSONObject, file: Int32) throws(HDF5Failure) {
        try json.append(Array(JSONValue.object(fields).text().utf8))
        try bounds.append(Int64(json.count))
        try self.row.append(Int64(row.index))
        try places.append(file: file, line: row.place.line)
    }

    func finish() throws(HDF5Failure) {
        try json.finish()
        for list in [bounds, row] { try list.finish() }
        try places.finish()
    }
}
