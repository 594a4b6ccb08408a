// Predictions as a Parquet file, which the tools of data people read with its types.

internal import Foundation
internal import JSON
internal import Parquet

final class ParquetFile: PredictionFile {
    private let file: BufferedFile
    private let writer: ParquetWriter
    private let shapes: [WrittenColumn.Shape]
    private let places: [String: Int]

    init(_ url: URL, _ columns: OutputColumns) throws {
        let file = try BufferedFile(url)
        self.file = file
        let written = columns.all.map { WrittenColumn($0.name, Self.shape($0.kind)) }
        shapes = written.map(\.shape)
        places = Dictionary(uniqueKeysWithValues: written.enumerated().map { ($1.name, $0) })
        writer = ParquetWriter(written) { try file.write($0) }
    }

    func write(_ values: [(name: String, value: Prediction.Value)]) throws {
        var row = [WrittenValue](repeating: .null, count: shapes.count)
        for (name, value) in values {
            if let place = places[name] { row[place] = Self.written(value, shapes[place]) }
        }
        try writer.append(row)
    }

    func finish() throws -> URL {
        try writer.finish()
        return try file.finish()
    }

    /// Lists, objects and columns of several kinds are texts; a column without values could be any.
    private static func shape(_ kind: OutputColumns.Kind) -> WrittenColumn.Shape {
        switch kind {
        case .index, .own(.whole): .single(.whole)
        case .predicted(.number), .own(.number): .single(.number)
        case .predicted(.numbers(let names)): .numbers(names)
        case .predicted(.vector): .floats
        case .own(.truth): .single(.truth)
        case .predicted(.text), .predicted(.json), .own(.text), .own(.empty), .own(.nested), .own(.mixed):
            .single(.text)
        }
    }

    private static func written(_ value: Prediction.Value, _ shape: WrittenColumn.Shape) -> WrittenValue {
        switch (shape, value) {
        case (.floats, .vector(let vector)): return .floats(vector)
        case (.numbers, .numbers(let numbers)): return .numbers(numbers.map(\.value))
        default: break
        }
        let json = value.json
        switch shape {
        case _ where json.isNull: return .null
        case .single(.whole): return json.integer.map { .whole($0) } ?? .null
        case .single(.number): return json.double.map { .number($0) } ?? .null
        case .single(.truth): return json.bool.map { .truth($0) } ?? .null
        case .single(.text): return .text(json.string ?? json.text())
        case .single(.float), .numbers, .floats: return .null
        }
    }
}
