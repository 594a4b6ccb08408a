// The one rule for every place that Lathe writes: it is free, or a manifest shows that Lathe wrote all that is there.

public import Foundation
internal import Vocabulary

/// Whether a place may be written.
public enum Ownership {
    /// Throws unless a folder of `content` may stand at `url`: nothing is there, or an empty folder, or such a folder of which a
    /// manifest shows that Lathe wrote every file.
    ///
    /// - Parameter run: the run that writes, which replaces no other run's; `nil` where a person names the place for this one call.
    public static func requireFolder(_ url: URL, _ content: Manifest.Content, of run: String? = nil) throws {
        guard let status = try present(url) else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw PlaceError(url.path, inTheWay: url.path, .wrongForm("a file, not a folder"))
        }
        try requireNoMount(url, status)
        try requireOwn(url, content, of: run, as: url)
    }

    /// Throws unless everything in the folder `url` is listed in its manifest and unchanged.
    ///
    /// - Parameter place: what the folder is called in errors.
    static func requireOwn(_ url: URL, _ content: Manifest.Content, of run: String? = nil, as place: URL) throws {
        let contents = try FolderContents(url).withoutTemporary
        func failure(_ path: String, _ reason: PlaceError.Reason) -> PlaceError {
            PlaceError(place.path, inTheWay: place.appendingPathComponent(path).path, reason)
        }
        let all = contents.files + contents.others + contents.folders
        guard !all.isEmpty else { return }
        let list = Manifest.place(inFolder: url), listName = list.lastPathComponent
        // With what a killed process had put in place and could not list any more, even where it was the first.
        let entries = try OwnedFiles(url, content).listed
        guard let manifest = try Manifest(at: list) ?? (entries.isEmpty ? nil : Manifest(content)) else {
            throw failure(all.first { $0 != listName } ?? listName, .notOurs)
        }
        guard manifest.content == content else { throw failure("", .otherContent(manifest.content.words)) }
        if let other = manifest.run(otherThan: run) { throw failure("", .ofRun(other)) }
        let listed = Dictionary(grouping: entries, by: \.path)
        if let other = contents.others.first { throw failure(other, .notOurs) }
        for path in contents.files where path != listName && listed[path] == nil {
            throw failure(path, .notOurs)
        }
        for path in contents.folders where !listed.keys.contains(where: { $0.hasPrefix(path + "/") }) {
            throw failure(path, .notOurs)
        }
        for path in contents.files where path != listName {
            let file = url.appendingPathComponent(path).path
            guard try listed[path, default: []].contains(where: { try $0.describes(file) }) else {
                throw failure(path, .changed)
            }
        }
    }

    /// Throws unless a single file of `content` may stand at `url`, by the manifest beside it.
    public static func requireFile(_ url: URL, _ content: Manifest.Content, of run: String? = nil) throws {
        try OwnedFiles(besideFile: url, content, of: run).require(url.lastPathComponent)
    }

    /// Throws unless Lathe may keep files of its own in the folder `url`, beside others: it is new or empty, or its manifest says so.
    /// Without one, all that is there must be folders of Lathe's.
    public static func requireHome(_ url: URL, _ content: Manifest.Content) throws {
        guard let status = try present(url) else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw PlaceError(url.path, inTheWay: url.path, .wrongForm("a file, not a folder"))
        }
        if try Manifest(at: Manifest.place(inFolder: url))?.content == content { return }
        for name in try Folder.names(in: url) ?? [] where TemporaryName.process(of: name) == nil {
            let entry = url.appendingPathComponent(name)
            // Empty, or a folder whose mark was being written when its process was killed.
            if try FileForm(at: entry) == .folder,
                try Folder.names(in: entry)?.allSatisfy({ TemporaryName.process(of: $0) != nil }) == true
            {
                continue
            }
            guard
                try Manifest(at: Manifest.place(inFolder: entry)) != nil || StagingFolder.isMarked(entry)
            else {
                throw PlaceError(url.path, inTheWay: entry.path, .notOurs)
            }
        }
    }

    // MARK: Parts

    /// What is at `url`; `nil` where a file or folder can be made there. A link is an error, whatever it leads to.
    static func present(_ url: URL) throws -> stat? {
        var status = stat()
        guard lstat(url.path, &status) == 0 else {
            let code = errno
            guard code == ENOENT else { throw SystemError(code, writing: url.path, "cannot be made") }
            try requireWritable(above: url)
            return nil
        }
        guard status.st_mode & S_IFMT != S_IFLNK else { throw PlaceError(url.path, inTheWay: url.path, .link) }
        try requireWritable(above: url)
        return status
    }

    /// Throws where the nearest folder above `url` takes no new name, or none as long as those that are given while it is filled.
    /// Nothing is tried: a plan asks too.
    private static func requireWritable(above url: URL) throws {
        var folder = url.deletingLastPathComponent()
        var status = stat()
        while lstat(folder.path, &status) != 0 {
            let code = errno
            guard code == ENOENT, folder.path != "/" else {
                throw SystemError(code, writing: url.path, "cannot be made")
            }
            folder.deleteLastPathComponent()
        }
        guard stat(folder.path, &status) == 0 else {
            throw SystemError(errno, writing: folder.path, "is a link to something missing")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw SystemError(ENOTDIR, writing: url.path, "cannot be made")
        }
        guard access(folder.path, W_OK | X_OK) == 0 else {
            throw SystemError(errno, writing: folder.path, "takes no new files")
        }
        var system = statvfs()
        // The kernel's own file systems hold no blocks and no files: root may write there, and they take nothing.
        guard statvfs(folder.path, &system) != 0 || system.f_blocks > 0 || system.f_files > 0 else {
            throw SystemError(EROFS, writing: folder.path, "takes no new files")
        }
        let longest = pathconf(folder.path, Int32(_PC_NAME_MAX))
        guard longest < 0 || url.lastPathComponent.utf8.count + TemporaryName.longestAddition <= longest else {
            throw SystemError(ENAMETOOLONG, writing: url.path, "cannot be made")
        }
    }

    private static func requireNoMount(_ url: URL, _ status: stat) throws {
        guard let parent = try FileStatus.of(url.deletingLastPathComponent().path, followingLinks: true) else { return }
        guard parent.st_dev == status.st_dev else { throw PlaceError(url.path, inTheWay: url.path, .mountPoint) }
    }

    // MARK: Removing

    /// Removes the folder at `url` where Lathe wrote all that is in it; only what its manifest lists, and the manifest last.
    public static func removeFolder(_ url: URL, _ content: Manifest.Content) throws {
        guard try present(url) != nil else { return }
        try requireFolder(url, content)
        try removeListed(url)
    }

    /// Removes the folder or file at `url` where its manifest shows that all of it is Lathe's; leaves anything else as it is.
    public static func removeIfOwn(_ url: URL) throws {
        do {
            if let manifest = try Manifest(at: Manifest.place(inFolder: url)) {
                try removeFolder(url, manifest.content)
            } else if let manifest = try Manifest(at: Manifest.place(besideFile: url)) {
                let files = OwnedFiles(besideFile: url, manifest.content)
                for name in manifest.names { try files.require(name) }
                for name in manifest.names { try files.remove(name) }
                try Folder.removeFile(Manifest.place(besideFile: url))
            }
        } catch is PlaceError {}
    }

    /// Removes the files that the manifest of `url` lists, and what folders are empty then. The manifest goes last: as long as
    /// something of Lathe's is there, it says so.
    static func removeListed(_ url: URL) throws(SystemError) {
        let manifest = Manifest.place(inFolder: url)
        let contents = try FolderContents(url)
        let listed = Set(try Manifest(at: manifest)?.entries.map(\.path) ?? [])
        for path in contents.files where listed.contains(path) || FolderContents.isTemporary(path) {
            try Folder.removeFile(url.appendingPathComponent(path))
        }
        let others = contents.withoutTemporary.files.filter { !listed.contains($0) && $0 != manifest.lastPathComponent }
        for path in contents.folders.reversed() where !others.contains(where: { $0.hasPrefix(path + "/") }) {
            try Folder.removeEmpty(url.appendingPathComponent(path))
        }
        guard others.isEmpty else { return }
        try Folder.removeFile(manifest)
        try Folder.removeEmpty(url)
    }
}

extension Manifest {
    /// The run that made what is listed, where `run` is another one.
    func run(otherThan run: String?) -> String? {
        guard let run, let own = self.run, own != run else { return nil }
        return own
    }
}

extension Manifest.Content {
    /// In words, for errors.
    var words: String {
        switch self {
        case .model: "a model"
        case .adapter: "an adapter"
        case .rows: "rows"
        case .prepared: "prepared rows"
        case .run: "a run"
        case .curves: "curves of a run"
        case .importance: "an importance matrix"
        case .capture: "a teacher's captured distributions"
        case .predictions: "predictions"
        case .sweep: "a sweep"
        }
    }
}
