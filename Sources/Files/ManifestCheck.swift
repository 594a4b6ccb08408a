// Whether what Lathe wrote is still what it wrote, byte for byte.

public import Foundation
public import Vocabulary

/// What stands where a manifest lists files, held against the list.
public struct ManifestCheck: Sendable {
    /// What is wrong with a file.
    public enum Fault: String, Sendable {
        case changed, missing, extra
    }

    /// A file that is not as it was written.
    public struct Difference: Sendable, Equatable {
        /// From the manifest's folder.
        public let path: String
        public let fault: Fault
        /// `nil` where nothing is listed.
        public let listedBytes: Int?
        /// `nil` where there is no file.
        public let foundBytes: Int?
    }

    /// Where the manifest stands.
    public let manifest: URL
    /// What it says that it lists; `nil` where it cannot be read.
    public let content: Manifest.Content?
    /// Files that were looked at, the manifest among them.
    public private(set) var fileCount = 1
    /// Bytes that were read.
    public private(set) var byteCount = 0
    /// In the order of the paths, the manifest first.
    public private(set) var differences: [Difference] = []

    private var folder: URL { manifest.deletingLastPathComponent() }

    /// Holds every file that the manifest at `url` lists against it, and the manifest against its own digest. In a folder that is
    /// Lathe's alone, files that it does not list are differences too.
    ///
    /// `nil` where nothing stands at `url`.
    public init?(_ url: URL) throws(SystemError) {
        guard let stored = try Manifest.Stored(at: url) else { return nil }
        manifest = url
        guard case .manifest(let list, let isIntact) = stored else {
            content = nil
            try add(url.lastPathComponent, .changed, listed: nil)
            return
        }
        content = list.content
        if !isIntact { try add(url.lastPathComponent, .changed, listed: nil) }
        let entries = Dictionary(grouping: list.entries, by: \.path)
        for (path, entries) in entries.sorted(by: { $0.key < $1.key }) { try check(path, entries) }
        guard Manifest.place(inFolder: folder) == url, !list.content.isHome else { return }
        try addUnlisted(Set(entries.keys))
    }

    /// - Parameter entries: more than one while a file changes; either is right.
    private mutating func check(_ path: String, _ entries: [Manifest.Entry]) throws(SystemError) {
        fileCount += 1
        let place = folder.appendingPathComponent(path).path
        guard let status = try FileStatus.of(place, followingLinks: false) else {
            return try add(path, .missing, listed: entries.last?.bytes)
        }
        for entry in entries where status.isFile && (status.st_size == entry.bytes || entry.grows) {
            let (digest, bytes) = try FileDigest.sha256(place, first: entry.bytes)
            byteCount += bytes
            if digest == entry.sha256, bytes == entry.bytes { return }
        }
        try add(path, .changed, listed: entries.last?.bytes)
    }

    private mutating func addUnlisted(_ listed: Set<String>) throws(SystemError) {
        let contents = try FolderContents(folder)
        let all = contents.files + contents.others
        for path in all where !listed.contains(path) && path != manifest.lastPathComponent {
            try add(path, .extra, listed: nil)
        }
        for path in contents.folders where !all.contains(where: { $0.hasPrefix(path + "/") }) {
            try add(path + "/", .extra, listed: nil)
        }
    }

    private mutating func add(_ path: String, _ fault: Fault, listed: Int?) throws(SystemError) {
        let status = try FileStatus.of(folder.appendingPathComponent(path).path, followingLinks: false)
        differences.append(
            Difference(
                path: path, fault: fault, listedBytes: listed,
                foundBytes: status.flatMap { $0.isFile ? Int($0.st_size) : nil }))
    }
}
