// What the export of an adapter says of itself.

internal import Adapters
internal import Foundation
public import JSON
internal import Spelling
internal import Vocabulary

/// What was written.
public struct AdapterExportReport: Presentable {
    let format: ExportFormat
    let path: String
    let bytes: Int
    /// Of the file; of a folder, that of the list that `sha256sum` prints of its files in the order of their names.
    let sha256: String
    /// What became of numbers that the form has no room for.
    let notes: [String]
    /// What was read back, against the adapter.
    let comparison: AdapterComparison
    let warnings: [String]
    /// What lies beside a GGUF file.
    var deployment: DeploymentFiles?

    public var json: JSONValue {
        var object = members
        object.members += deployment?.members ?? []
        return .object(object)
    }

    private var members: JSONObject {
        JSONObject([
            ("format", .string(format.rawValue)), ("what", "adapter"), ("path", .string(path)),
            ("bytes", .integer(bytes)), ("sha256", .string(sha256)),
            ("notes", .array(notes.map { .string($0) })),
            (
                "check",
                [
                    "modules": .integer(comparison.moduleCount),
                    "largest_relative_difference": .double(comparison.largestDifference), "passed": true,
                ]
            ),
            ("warnings", .array(warnings.map { .string($0) })),
        ])
    }

    public var text: String {
        let proof =
            comparison.largestDifference == 0
            ? "equal to the bit" : String(format: "within %.1e of its largest numbers", comparison.largestDifference)
        return
            ([
                "exported \(format.rawValue) to \(path: path) (\(ByteCount.text(bytes))): read back, "
                    + "\(Count.text(comparison.moduleCount, "module")) \(proof)"
            ] + notes.map { "note: " + $0 } + (deployment?.lines ?? [])).joined(separator: "\n")
    }
}
