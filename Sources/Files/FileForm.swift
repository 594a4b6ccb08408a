// What stands at a path: a file, a folder, something else.

public import Foundation
public import Vocabulary

/// What a path leads to, links followed.
public enum FileForm: Sendable {
    case file, folder
    /// A pipe, a device, a socket.
    case other

    /// `nil` where nothing stands at `path`.
    public init?(at path: String) throws(SystemError) {
        guard let status = try FileStatus.of(path, followingLinks: true) else { return nil }
        self =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            default: .other
            }
    }

    /// `nil` where nothing stands at `url`.
    public init?(at url: URL) throws(SystemError) { try self.init(at: url.path) }
}

extension Folder {
    /// Whether something stands in the folder `url` under `name`.
    public static func holds(_ name: String, in url: URL) throws(SystemError) -> Bool {
        try FileForm(at: url.appendingPathComponent(name)) != nil
    }
}
