// Vectors as an HDF5 file: `vectors` [n, d] of float32, and each column as a dataset beside it.

internal import Files
internal import Foundation
internal import HDF5Files
internal import JSON

final class HDF5VectorFile: PredictionFile {
    /// Writes the values of one column.
    private enum Column {
        case vectors(HDF5MatrixWriter)
        case whole(HDF5ListWriter<Int64>)
        case number(HDF5ListWriter<Double>)
        case text(HDF5TextWriter)

        func finish() throws(HDF5Failure) {
            switch self {
            case .vectors(let writer): try writer.finish()
            case .whole(let writer): try writer.finish()
            case .number(let writer): try writer.finish()
            case .text(let writer): try writer.finish()
            }
        }
    }

    private let temporary: URL
    private var file: HDF5File?
    /// Whether the file is another's to put in its place or to remove.
    private var isHandedOver = false
    private var columns: [(name: String, column: Column)] = []

    /// - Throws: `Failure` where rows become no vectors, or a column has a name that a path cannot have.
    init(_ url: URL, _ outputs: OutputColumns) throws {
        guard outputs.all.contains(where: { if case .predicted(.vector) = $0.kind { true } else { false } }) else {
            throw Failure(
                .usage, "--out \(path: url.path): HDF5 files are of vectors, and rows become none",
                hint: "name it .jsonl, .csv or .parquet, or set task=embed")
        }
        temporary = TemporaryName.beside(url)
        let file = try HDF5File(creating: temporary.path)
        self.file = file
        var taken: Set<String> = ["vectors"]
        for column in outputs.all {
            let writer: Column
            var name = column.name
            switch column.kind {
            case .predicted(.vector(let width)):
                writer = .vectors(try HDF5MatrixWriter("vectors", columns: width, in: file))
            default:
                while taken.contains(name) { name = "input_" + name }
                taken.insert(name)
                guard !name.isEmpty, name != ".", !name.contains("/") else {
                    throw Failure(
                        .badInput, "the column \"\(name)\" cannot be named in an HDF5 file: \"/\" parts names there",
                        hint: "rename it with data.template, or write .parquet")
                }
                writer = try Self.column(name, column.kind, in: file)
            }
            columns.append((column.name, writer))
        }
    }

    deinit {
        columns = []
        file = nil
        if !isHandedOver { unlink(temporary.path) }
    }

    private static func column(_ name: String, _ kind: OutputColumns.Kind, in file: HDF5File) throws -> Column {
        switch kind {
        case .index: .whole(try HDF5ListWriter(name, in: file))
        case .own(.number), .predicted(.number): .number(try HDF5ListWriter(name, in: file))
        // Whole numbers, among which there may be none, lose nothing as text.
        default: .text(try HDF5TextWriter(name, in: file))
        }
    }

    func write(_ values: [(name: String, value: Prediction.Value)]) throws {
        let values = Dictionary(values.map { ($0.name, $0.value) }) { first, _ in first }
        for (name, column) in columns {
            let value = values[name]
            switch column {
            case .vectors(let writer):
                guard case .vector(let vector)? = value else { throw Failure(.internal, "a row has no vector") }
                try writer.append(vector)
            case .whole(let writer): try writer.append(Int64(value?.json.integer ?? -1))
            case .number(let writer): try writer.append(value?.json.double ?? .nan)
            case .text(let writer):
                let json = value?.json ?? .null
                try writer.append(json.isNull ? "" : json.string ?? json.text())
            }
        }
    }

    func finish() throws -> URL {
        for (_, column) in columns { try column.finish() }
        columns = []
        try HDF5File.close(&file, at: temporary.path)
        isHandedOver = true
        return temporary
    }
}
