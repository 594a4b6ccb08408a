// Everything in a folder, at any depth.

internal import Foundation
internal import Vocabulary

/// What is in a folder, in the order of the paths' bytes. Links are not followed.
struct FolderContents {
    /// Paths of regular files.
    private(set) var files: [String] = []
    /// Paths of folders, outer ones first.
    private(set) var folders: [String] = []
    /// Paths of all else: links, sockets, devices.
    private(set) var others: [String] = []

    init(_ folder: URL) throws(SystemError) { try add(folder, "") }

    /// All but files that Lathe was writing when it was stopped.
    var withoutTemporary: FolderContents {
        var copy = self
        copy.files.removeAll(where: Self.isTemporary)
        return copy
    }

    static func isTemporary(_ path: String) -> Bool {
        TemporaryName.process(of: path.split(separator: "/").last.map(String.init) ?? path) != nil
    }

    private mutating func add(_ folder: URL, _ prefix: String) throws(SystemError) {
        let names = try Folder.names(in: folder) ?? []
        for name in names {
            let url = folder.appendingPathComponent(name)
            // A name that is not UTF-8 is found under no name that a text can hold.
            guard let status = try FileStatus.of(url.path, followingLinks: false) else {
                others.append(prefix + name)
                continue
            }
            switch status.st_mode & S_IFMT {
            case S_IFREG: files.append(prefix + name)
            case S_IFDIR:
                folders.append(prefix + name)
                try add(url, prefix + name + "/")
            default: others.append(prefix + name)
            }
        }
    }
}
