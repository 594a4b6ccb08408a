// Single files that Lathe writes, and writes again, beside others: a manifest says which are its own.

public import Foundation
internal import Vocabulary

/// Files in one folder under one manifest. A file is only created, or replaced where the manifest shows that Lathe wrote it.
public struct OwnedFiles: Sendable {
    public let folder: URL
    private let manifest: URL
    private let content: Manifest.Content
    /// The run that writes; `nil` where none does.
    private let run: String?

    /// Loose files of `folder`, whose manifest is the folder's.
    ///
    /// - Parameter run: the run that writes, which replaces no other run's.
    public init(_ folder: URL, _ content: Manifest.Content, of run: String? = nil) {
        self.folder = folder
        self.content = content
        self.run = run
        manifest = Manifest.place(inFolder: folder)
    }

    /// The one file at `url`, whose manifest lies beside it.
    ///
    /// - Parameter run: the run that writes, which replaces no other run's.
    public init(besideFile url: URL, _ content: Manifest.Content, of run: String? = nil) {
        folder = url.deletingLastPathComponent()
        self.content = content
        self.run = run
        manifest = Manifest.place(besideFile: url)
    }

    private var listed: [Manifest.Entry] {
        get throws(SystemError) { try Manifest(at: manifest)?.entries ?? [] }
    }

    /// Throws unless the file `name` may be written.
    public func require(_ name: String) throws {
        let url = folder.appendingPathComponent(name)
        if try Ownership.present(manifest) != nil {
            guard let found = try Manifest(at: manifest) else {
                throw PlaceError(url.path, inTheWay: manifest.path, .notOurs)
            }
            guard found.content == content else {
                throw PlaceError(url.path, inTheWay: manifest.path, .otherContent(found.content.words))
            }
        }
        guard let status = try Ownership.present(url) else { return }
        if let other = try Manifest(at: manifest)?.run(otherThan: run) {
            throw PlaceError(url.path, inTheWay: url.path, .ofRun(other))
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw PlaceError(url.path, inTheWay: url.path, .wrongForm("no file"))
        }
        let entries = try listed.filter { $0.path == name }
        guard !entries.isEmpty else { throw PlaceError(url.path, inTheWay: url.path, .notOurs) }
        guard try entries.contains(where: { try $0.describes(url.path) }) else {
            throw PlaceError(url.path, inTheWay: url.path, .changed)
        }
    }

    /// Whether the manifest is there.
    public var isMarked: Bool {
        get throws(SystemError) { try Manifest(at: manifest)?.content == content }
    }

    /// Writes the manifest where there is none: from now on the folder is Lathe's.
    public func mark() throws {
        if try Ownership.present(manifest) == nil { try note([]) }
    }

    /// Writes a whole small file; one that holds these bytes already stays as it is.
    public func write(_ bytes: [UInt8], to name: String, grows: Bool = false) throws {
        try require(name)
        let url = folder.appendingPathComponent(name)
        let file = try AtomicFile(url, replaces: true)
        try file.write(bytes)
        let temporary = try file.finish()
        try put(temporary, as: name, grows: grows)
    }

    /// Puts the finished file `temporary`, which lies in the same folder, in its place. Whenever the process is killed, what stands
    /// there then is listed.
    public func put(_ temporary: URL, as name: String, grows: Bool = false) throws {
        let url = folder.appendingPathComponent(name)
        do {
            var entry: Manifest.Entry
            entry = try Manifest.Entry(temporary.lastPathComponent, in: folder)
            entry.path = name
            entry.grows = grows
            try require(name)
            let earlier = try listed
            try note(earlier + [entry])
            guard rename(temporary.path, url.path) == 0 else {
                throw SystemError(errno, writing: url.path, "cannot be put in place")
            }
            try Folder.makeDurable(folder)
            try note(earlier.filter { $0.path != name } + [entry])
        } catch {
            unlink(temporary.path)
            throw error
        }
    }

    /// Removes the file `name` where it is Lathe's.
    public func remove(_ name: String) throws {
        try require(name)
        try Folder.removeFile(folder.appendingPathComponent(name))
        let earlier = try listed
        let others = earlier.filter { $0.path != name }
        if others.count < earlier.count { try note(others) }
    }

    /// Removes what killed processes left of writing the file `name` and its list.
    public func removeAbandoned(_ name: String) {
        for name in [name, manifest.lastPathComponent] { TemporaryName.removeAbandoned(in: folder, of: name) }
    }

    /// Takes out of the manifest what an interrupted writing left there of a file's earlier state.
    public func settle() throws {
        let entries = try listed
        let counts = Dictionary(grouping: entries, by: \.path).mapValues(\.count)
        guard counts.values.contains(where: { $0 > 1 }) else { return }
        try note(
            entries.filter { entry in
                guard counts[entry.path, default: 0] > 1 else { return true }
                return try entry.describes(folder.appendingPathComponent(entry.path).path)
            })
    }

    private func note(_ entries: [Manifest.Entry]) throws(SystemError) {
        let text = Manifest(content, of: run, entries: entries).text
        try AtomicFile.write(Array(text.utf8), to: manifest, replaces: true)
    }
}
