// Size and digest of what was written, as its manifest has them.

internal import Digests
internal import Files
internal import Foundation

/// The files of an export in their place.
struct WrittenFiles {
    let bytes: Int
    /// Of the file; of a folder, that of the list that `sha256sum` prints of its files in the order of their names.
    let sha256: String

    /// - Throws: `Failure` where no manifest tells of the place.
    init(_ place: URL, isFolder: Bool) throws {
        let manifest = isFolder ? Manifest.place(inFolder: place) : Manifest.place(besideFile: place)
        // A Modelfile beside a file is none of it.
        let entries = (try Manifest(at: manifest)?.entries ?? []).filter {
            isFolder || $0.path == place.lastPathComponent
        }
        .sorted { $0.path < $1.path }
        guard let first = entries.first else {
            throw Failure(.internal, "\(path: place.path): its manifest lists no file")
        }
        bytes = entries.reduce(0) { $0 + $1.bytes }
        sha256 =
            isFolder ? SHA256.hex(of: entries.map { "\($0.sha256)  \($0.path)\n" }.joined()) : first.sha256
    }
}
