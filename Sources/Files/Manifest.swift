// What Lathe wrote: a list that lies in the folder or beside the file. What it does not show is the user's.

internal import Digests
public import Foundation
internal import JSON
public import Vocabulary

/// The files of one thing that Lathe wrote, each with its size and SHA-256, so that it can be checked, and replaced without harm.
public struct Manifest: Sendable, Equatable {
    /// What kind of thing it is. One thing never takes the place of another kind.
    public enum Content: String, Sendable {
        case model, adapter, rows, prepared, run, curves, importance
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
    public static let fileName = "lathe.manifest.json"
    private static let format = "lathe manifest 1"

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

    /// Where the manifest of the single file at `url` lies.
    public static func place(besideFile url: URL) -> URL {
        url.deletingLastPathComponent().appendingPathComponent(url.lastPathComponent + ".manifest.json")
    }

    /// Whether a manifest may have this name.
    public static func isName(_ name: String) -> Bool { name == fileName || name.hasSuffix(".manifest.json") }

    /// The manifest at `url`; `nil` where there is none, or something else stands there.
    ///
    /// One that cannot be read is not one that lists nothing.
    public init?(at url: URL) throws(SystemError) {
        guard let status = try FileStatus.of(url.path, followingLinks: false), status.isFile, status.st_size < 64 << 20,
            let bytes = try WholeFile.bytes(ifThere: url), let json = try? JSONValue(parsing: bytes),
            json["format"]?.string == Self.format, let content = json["holds"]?.string.flatMap(Content.init(rawValue:)),
            let files = json["files"]?.array
        else { return nil }
        let entries = files.compactMap { file -> Entry? in
            guard let path = file["path"]?.string, let bytes = file["bytes"]?.integer,
                let sha256 = file["sha256"]?.string
            else { return nil }
            return Entry(path: path, bytes: bytes, sha256: sha256, grows: file["grows"]?.bool ?? false)
        }
        guard entries.count == files.count else { return nil }
        self.init(content, of: json["run"]?.string, entries: entries)
    }

    /// Its text.
    public var text: String {
        let files = entries.sorted { ($0.path, $0.sha256) < ($1.path, $1.sha256) }.map { entry -> JSONValue in
            var members: [JSONObject.Member] = [
                ("path", .string(entry.path)), ("bytes", .integer(entry.bytes)), ("sha256", .string(entry.sha256)),
            ]
            if entry.grows { members.append(("grows", .bool(true))) }
            return .object(JSONObject(members))
        }
        var members: [JSONObject.Member] = [
            ("format", .string(Self.format)), ("holds", .string(content.rawValue)),
        ]
        if let run { members.append(("run", .string(run))) }
        members.append(("files", .array(files)))
        return JSONValue.object(JSONObject(members)).text(.pretty) + "\n"
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

    /// Whether the file at `path` is what is listed, or what damage left of it: nothing, or a file that begins with Lathe's seal.
    func describes(_ path: String) throws(SystemError) -> Bool {
        guard let status = try FileStatus.of(path, followingLinks: false), status.isFile else { return false }
        if status.st_size == 0 || FileDigest.isSealed(path) { return true }
        guard grows ? status.st_size >= bytes : status.st_size == bytes else { return false }
        return try FileDigest.sha256(path, first: bytes).digest == sha256
    }
}

/// The SHA-256 of files.
public enum FileDigest {
    /// Whether the file at `path` begins as sealed files do. Nobody else's do.
    public static func isSealed(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var start = [UInt8](repeating: 0, count: 6)
        return read(descriptor, &start, start.count) == start.count && start == Array("LATHE ".utf8)
    }

    /// Of the file at `path`, or of its first bytes.
    public static func sha256(_ path: String, first limit: Int = .max) throws(SystemError) -> (
        digest: String, bytes: Int
    ) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError(errno, reading: path) }
        defer { close(descriptor) }
        var hash = SHA256()
        var block = [UInt8](repeating: 0, count: 1 << 20)
        var done = 0
        while done < limit {
            let wanted = min(block.count, limit - done)
            let count = block.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, wanted) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError(errno, reading: path) }
            if count == 0 { break }
            block.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            done += count
        }
        return (hash.digest().hexadecimal, done)
    }
}
