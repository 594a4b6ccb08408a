// What Lathe noted of a thing when it wrote it.

internal import Files
internal import Foundation
internal import JSON

/// The manifest of a folder or file, in short.
struct WrittenFacts {
    private let manifest: Manifest

    /// nil where no manifest says that Lathe wrote what stands at `path`.
    init?(_ path: String) throws {
        let url = RealPath.place(path)
        let place = try FileForm(at: url) == .folder ? Manifest.place(inFolder: url) : Manifest.place(besideFile: url)
        guard let manifest = try Manifest(at: place) else { return nil }
        self.manifest = manifest
    }

    var json: JSONValue {
        [
            "holds": .string(manifest.content.rawValue), "files": .integer(manifest.names.count),
            "bytes": .integer(manifest.entries.reduce(0) { $0 + $1.bytes }),
            "run": manifest.run.map { .string($0) } ?? .null, "checked_by": "lathe verify",
        ]
    }
}
