// A file of predictions that is being written: rows go in one after the other, and it takes its place whole.

internal import Files
internal import Foundation

/// Writes rows in one form of files.
protocol PredictionFile: AnyObject {
    /// The values of a row, by the columns' names; what a row lacks is left out.
    func write(_ values: [(name: String, value: Prediction.Value)]) throws
    /// Ends the file, which lies under a temporary name then.
    func finish() throws -> URL
}

/// The forms of files, known by their names' endings.
enum PredictionForm: String, CaseIterable {
    case jsonLines, commaSeparated, tabSeparated, parquet, hdf5

    private var endings: [String] {
        switch self {
        case .jsonLines: ["jsonl", "ndjson"]
        case .commaSeparated: ["csv"]
        case .tabSeparated: ["tsv"]
        case .parquet: ["parquet"]
        case .hdf5: ["h5", "hdf5"]
        }
    }

    /// - Throws: `Failure` where the name of `output` is that of no form.
    init(_ output: URL) throws {
        let ending = output.pathExtension.lowercased()
        guard let form = Self.allCases.first(where: { $0.endings.contains(ending) }) else {
            let known = Self.allCases.flatMap(\.endings).map { "." + $0 }.joined(separator: ", ")
            throw Failure(
                .usage, "--out \(path: output.path): predictions are written to files named \(known)",
                hint: "\(path: output.deletingPathExtension().lastPathComponent).jsonl, say")
        }
        self = form
    }

    /// A file at `output`, begun under a temporary name.
    func file(_ output: URL, _ columns: OutputColumns) throws -> any PredictionFile {
        switch self {
        case .jsonLines: try JSONLinesFile(output)
        case .commaSeparated: try DelimitedFile(output, columns, separator: ",")
        case .tabSeparated: try DelimitedFile(output, columns, separator: "\t")
        case .parquet: try ParquetFile(output, columns)
        case .hdf5: try HDF5VectorFile(output, columns)
        }
    }
}

/// A file that is written in pieces of some size, hashed as they come.
final class BufferedFile {
    private let file: AtomicFile
    private var pending: [UInt8] = []
    private static let pieceBytes = 1 << 16

    init(_ url: URL) throws {
        // What stands there was found to be Lathe's before the work began, and is looked at again when the file takes its place.
        file = try AtomicFile(url, replaces: true, isHashed: true)
    }

    func write(_ bytes: some Sequence<UInt8>) throws {
        pending.append(contentsOf: bytes)
        guard pending.count >= Self.pieceBytes else { return }
        try file.write(pending)
        pending.removeAll(keepingCapacity: true)
    }

    func finish() throws -> URL {
        try file.write(pending)
        return try file.finish()
    }
}
