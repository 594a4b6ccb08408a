// What Lathe wrote: a list that lies in the folder or beside the file. What it does not show is the user's.

public import Foundation
public import Vocabulary

/// The files of one thing that Lathe wrote, each with its size and SHA-256, so that it can be checked, and replaced without harm.
public struct Manifest: Sendable, Equatable {
    /// What kind of thing it is. One thing never takes the place of another kind.
    public enum Content: String, Sendable {
        case model, adapter, rows, prepared, run, curves, importance, capture, predictions, sweep

        /// Whether the folder holds things with lists of their own, beside the files of this one.
        public var isHome: Bool { self == .run || self == .sweep }
    }

    /// One file.
    public struct Entry: Sendable, Equatable {
        /// From the manifest's folder, with slashes.
        public var path: String
        public var bytes: Int
        public var sha256: String
        /// A log: what is listed is how it begins.
        public var grows: Bool

        /// An entry from its parts.
        public init(path: String, bytes: Int, sha256: String, grows: Bool = false) {
            self.path = path
            self.bytes = bytes
            self.sha256 = sha256
            self.grows = grows
        }
    }

    /// The name of a folder's manifest.
    public static let fileName = "manifest.json"
    /// What earlier versions called it.
    private static let earlierFileName = "lathe.manifest.json"

    public var content: Content
    /// The name of the run that made it; `nil` where no run did.
    public var run: String?
    /// By path. Two with one path stand there while a file changes: either is Lathe's.
    public var entries: [Entry]

    /// A manifest from its parts.
    public init(_ content: Content, of run: String? = nil, entries: [Entry] = []) {
        self.content = content
        self.run = run
        self.entries = entries
    }

    /// The paths of its files, each once.
    public var names: [String] { Set(entries.map(\.path)).sorted() }

    /// Where the manifest of the folder at `url` lies: under its earlier name where it has that.
    public static func place(inFolder url: URL) -> URL {
        let earlier = url.appendingPathComponent(earlierFileName)
        return access(earlier.path, F_OK) == 0 ? earlier : url.appendingPathComponent(fileName)
    }

    /// Where the manifest of the single file at `url` lies.
    public static func place(besideFile url: URL) -> URL {
        url.deletingLastPathComponent().appendingPathComponent(url.lastPathComponent + besideEnding)
    }

    private static let besideEnding = ".manifest.json"

    /// Whether a manifest may have this name.
    public static func isName(_ name: String) -> Bool {
        [fileName, earlierFileName].contains(name) || isNameBesideFile(name)
    }

    /// Whether the manifest of a single file may have this name.
    public static func isNameBesideFile(_ name: String) -> Bool {
        name.hasSuffix(besideEnding) && name != earlierFileName
    }

    /// All files in `folder`, which holds nothing that is not Lathe's.
    public init(_ content: Content, of run: String? = nil, describing folder: URL) throws(SystemError) {
        var entries: [Entry] = []
        for path in try FolderContents(folder).files where path != Self.fileName && path != StagingFolder.markName {
            entries.append(try Entry(path, in: folder))
        }
        self.init(content, of: run, entries: entries)
    }
}

extension Manifest.Entry {
    /// The file `path` of `folder` as it is.
    public init(_ path: String, in folder: URL) throws(SystemError) {
        let (digest, bytes) = try FileDigest.sha256(folder.appendingPathComponent(path).path)
        self.init(path: path, bytes: bytes, sha256: digest)
    }

    /// Whether the file at `path` is what is listed, to the byte.
    func isExactly(_ path: String) throws(SystemError) -> Bool {
        guard let status = try FileStatus.of(path, followingLinks: false), status.isFile,
            grows ? status.st_size >= bytes : status.st_size == bytes
        else { return false }
        return try FileDigest.sha256(path, first: bytes).digest == sha256
    }

    /// Whether the file at `path` is what is listed, or what damage left of it: nothing, or a file that begins with Lathe's seal.
    func describes(_ path: String) throws(SystemError) -> Bool {
        guard let status = try FileStatus.of(path, followingLinks: false), status.isFile else { return false }
        if status.st_size == 0 || FileDigest.isSealed(path) { return true }
        return try isExactly(path)
    }
}
