// Predictions as JSON, an object a line.

internal import Foundation
internal import JSON

final class JSONLinesFile: PredictionFile {
    private let file: BufferedFile

    init(_ url: URL) throws { file = try BufferedFile(url) }

    func write(_ values: [(name: String, value: Prediction.Value)]) throws {
        let object = JSONObject(values.map { (key: $0.name, value: $0.value.json) })
        try file.write((JSONValue.object(object).text() + "\n").utf8)
    }

    func finish() throws -> URL { try file.finish() }
}
