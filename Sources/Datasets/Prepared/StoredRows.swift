// The rows that a prepared file keeps beside their tokens, for what evaluation asks of them.

internal import Foundation
internal import HDF5Files
internal import JSON

/// Rows as JSON in a file.
struct StoredRowLists: Sendable {
    let count: Int
    private let json: HDF5ListReader<UInt8>
    private let bounds: [Int64]
    private let row: HDF5ListReader<Int64>
    private let places: StoredPlaces

    init(_ path: String, in file: HDF5File, files: [String]) throws(HDF5Failure) {
        json = try HDF5ListReader(path + "/json", in: file)
        bounds = try HDF5ListReader(path + "/bounds", in: file).readAll()
        row = try HDF5ListReader(path + "/row", in: file)
        places = try StoredPlaces(path, in: file, files: files)
        count = row.count
        guard bounds.count == count + 1, bounds[0] == 0, bounds[count] == json.count,
            zip(bounds, bounds.dropFirst()).allSatisfy({ $0 <= $1 }), places.file.count == count,
            places.line.count == count
        else { throw HDF5Failure(operation: "find rows in \(path)") }
        if let reason = try places.contradiction() { throw HDF5Failure(operation: "use \(path): \(reason)") }
    }

    /// Row `index`, not yet understood.
    func source(_ index: Int) throws(HDF5Failure) -> SourceRow {
        let bytes = try json.read(Int(bounds[index])..<Int(bounds[index + 1]))
        guard let fields = (try? JSONValue(parsing: bytes))?.object else {
            throw HDF5Failure(operation: "understand row \(index)")
        }
        return SourceRow(fields: fields, place: try places.place(index), index: try number(index))
    }

    /// The number of row `index` among all that were read.
    func number(_ index: Int) throws(HDF5Failure) -> Int { Int(try row.read(index..<(index + 1))[0]) }
}

/// Those rows, understood when they are asked for.
struct StoredRows: RowList {
    private let lists: StoredRowLists
    private let decoder: RowDecoder
    private let url: URL

    init(_ lists: StoredRowLists, decoder: RowDecoder, url: URL) {
        self.lists = lists
        self.decoder = decoder
        self.url = url
    }

    var count: Int { lists.count }

    func row(_ index: Int) throws -> DataRow {
        let source = try source(index)
        return try decoder.row(source, index: source.index)
    }

    func fields(_ index: Int) throws -> JSONObject { try source(index).fields }

    func number(_ index: Int) throws -> Int { try reading { () throws(HDF5Failure) in try lists.number(index) } }

    private func source(_ index: Int) throws -> SourceRow {
        try reading { () throws(HDF5Failure) in try lists.source(index) }
    }

    private func reading<Result>(_ read: () throws(HDF5Failure) -> Result) throws(DatasetError) -> Result {
        do throws(HDF5Failure) { return try read() } catch {
            throw DatasetError(
                error.fault == 0 ? .unreadable : .refused, RowPlace(file: url.path, line: 0),
                "the prepared file cannot be read any more: \(error)")
        }
    }
}
