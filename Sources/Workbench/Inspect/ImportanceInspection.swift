// What is in an importance matrix, in either of its forms.

internal import Foundation
internal import JSON
internal import WeightFiles

/// Facts about an importance matrix: over what it was gathered, and for which weights.
struct ImportanceInspection {
    /// Endings by which its files are known; in GGUF's form they may be called as models are.
    private static let endings = [".imatrix", ".dat"]

    let facts: JSONObject

    /// - Throws: `WeightError` for a file that is none.
    init(_ path: String) throws {
        let matrix = try ImportanceMatrix(URL(fileURLWithPath: path))
        facts = JSONObject([
            ("kind", "imatrix"), ("path", .string(path)),
            ("datasets", .array(matrix.datasets.map { .string($0) })), ("chunks", .integer(matrix.chunkCount)),
            ("chunk_tokens", .integer(matrix.chunkSize)), ("matrices", .integer(matrix.entries.count)),
            (
                "entries",
                .array(
                    matrix.entries.map { ["name": .string($0.name), "columns": .integer($0.sums.count)] })
            ),
        ])
    }

    /// Whether a file of this name is one.
    static func isName(_ path: String) -> Bool { endings.contains { path.lowercased().hasSuffix($0) } }
}
