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

    /// What the manifest lists; and what a killed process has put in place and could not list any more, as a list says that it had
    /// ready.
    var listed: [Manifest.Entry] {
        get throws(SystemError) {
            let entries = try Manifest(at: manifest)?.entries ?? []
            var all = entries
            for entry in try abandonedLists.flatMap(\.entries) where !entries.contains(entry) {
                if try entry.isExactly(folder.appendingPathComponent(entry.path).path) { all.append(entry) }
            }
            return all
        }
    }

    /// Lists that were ready to take the manifest's place when their processes were killed.
    private var abandonedLists: [Manifest] {
        get throws(SystemError) {
            var lists: [Manifest] = []
            for name in try TemporaryName.abandoned(in: folder, of: manifest.lastPathComponent) {
                let stored = try Manifest.Stored(at: folder.appendingPathComponent(name))
                if case .manifest(let list, isIntact: true)? = stored, list.content == content { lists.append(list) }
            }
            return lists
        }
    }

    /// Throws unless the file `name` may be written.
    public func require(_ name: String) throws { _ = try admitted(name) }

    /// What stands under `name`, which may be replaced; nil where nothing does.
    ///
    /// - Throws: `PlaceError` where it may not.
    func admitted(_ name: String) throws -> FileIdentity? {
        let url = folder.appendingPathComponent(name)
        if try Ownership.present(manifest) != nil {
            guard let found = try Manifest(at: manifest) else {
                throw PlaceError(url.path, inTheWay: manifest.path, .notOurs)
            }
            guard found.content == content else {
                throw PlaceError(url.path, inTheWay: manifest.path, .otherContent(found.content.words))
            }
        }
        guard let status = try Ownership.present(url) else { return nil }
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
        return FileIdentity(status)
    }

    /// Whether the file `name` is listed and is no longer what Lathe wrote.
    public func isChanged(_ name: String) throws -> Bool {
        do { try require(name) } catch let error as PlaceError { return error.reason == .changed }
        return false
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
    /// there then is listed, and nothing is that does not.
    public func put(
        _ temporary: URL, as name: String, grows: Bool = false, with companions: [CompanionFile] = []
    ) throws {
        do {
            var entry = try Manifest.Entry(temporary.lastPathComponent, in: folder)
            entry.path = name
            entry.grows = grows
            let lock = try FolderLock(folder, .step)
            defer { lock.release() }
            try UnfinishedPlaces.withoutStop {
                try FileChange(self, putting: temporary, as: entry, with: companions).make()
            }
        } catch {
            unlink(temporary.path)
            throw error
        }
    }

    /// Removes the file `name` where it is Lathe's.
    public func remove(_ name: String) throws {
        let lock = try FolderLock(folder, .step)
        defer { lock.release() }
        try UnfinishedPlaces.withoutStop {
            try require(name)
            try Folder.removeFile(folder.appendingPathComponent(name))
            let earlier = try listed
            let others = earlier.filter { $0.path != name }
            if others.count < earlier.count { try note(others) }
        }
    }

    /// Removes what killed processes left of writing the file `name` and its list; what they had put in place is listed first.
    public func removeAbandoned(_ name: String) throws {
        try listAbandoned()
        for name in [name, manifest.lastPathComponent] { TemporaryName.removeAbandoned(in: folder, of: name) }
    }

    /// Removes all that killed processes left half done in the folder; what they had put in place is listed first.
    public func removeAbandoned() throws {
        try listAbandoned()
        for wanted in [nil, manifest.lastPathComponent] { TemporaryName.removeAbandoned(in: folder, of: wanted) }
    }

    /// Lists what killed processes had put in place and could not list any more; the lists that they had ready go.
    private func listAbandoned() throws {
        guard try !abandonedLists.isEmpty else { return }
        let lock = try FolderLock(folder, .step)
        defer { lock.release() }
        try UnfinishedPlaces.withoutStop {
            let entries = try listed
            guard try !entries.isEmpty || Ownership.present(manifest) != nil else { return }
            if let found = try Manifest(at: manifest), found.content != content { return }
            try note(entries)
            TemporaryName.removeAbandoned(in: folder, of: manifest.lastPathComponent)
        }
    }

    /// Lists the log `name` as it is by now: all that it holds is guarded from here on, and it may still grow.
    public func noteGrown(_ name: String) throws {
        let lock = try FolderLock(folder, .step)
        defer { lock.release() }
        try UnfinishedPlaces.withoutStop {
            try require(name)
            var entry = try Manifest.Entry(name, in: folder)
            entry.grows = true
            try note(listed.filter { $0.path != name } + [entry])
        }
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

    func note(_ entries: [Manifest.Entry]) throws(SystemError) {
        try AtomicFile.write(Array(text(listing: entries).utf8), to: manifest, replaces: true)
    }

    /// A manifest under a temporary name, durable, that is to take the manifest's place.
    func readyList(_ entries: [Manifest.Entry]) throws(SystemError) -> URL {
        let file = try AtomicFile(manifest, replaces: true)
        try file.write(Array(text(listing: entries).utf8))
        return try file.finish()
    }

    /// Puts a list that was ready in the manifest's place.
    func takeList(_ ready: URL) throws(SystemError) {
        guard rename(ready.path, manifest.path) == 0 else {
            throw SystemError(errno, writing: manifest.path, "cannot be put in place")
        }
    }

    private func text(listing entries: [Manifest.Entry]) -> String {
        Manifest(content, of: run, entries: entries).text
    }
}
