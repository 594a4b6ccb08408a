// Adapters as a person names them in a chat: by their path, or by the run that trained them.

internal import Files
internal import Foundation

/// Finds adapters.
public enum ChatAdapters {
    private static let runs = "checkpoints"

    /// The path of the adapter `name`.
    ///
    /// - Throws: `Failure` where there is none.
    public static func path(_ name: String) throws -> String {
        for path in [name, "\(runs)/\(name)/adapter"] where try FileForm(at: path) != nil { return path }
        let known = try names()
        throw Failure(
            .missingInput, "there is no adapter \(path: name)",
            hint: known.isEmpty ? "name a path" : "runs with adapters: \(known.joined(separator: ", "))")
    }

    /// Runs of the working directory that have an adapter.
    public static func names() throws -> [String] {
        try (Folder.names(in: URL(fileURLWithPath: runs)) ?? []).filter {
            try FileForm(at: "\(runs)/\($0)/adapter") == .folder
        }
    }
}
