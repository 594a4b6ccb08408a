// Where a path really leads, whatever links, dots and slashes it is written with.

public import Foundation

/// A path without links, of something that need not exist yet.
public struct RealPath: Sendable, Equatable {
    /// Absolute.
    public let path: String
    /// Device and number of what stands there, which a hard link shares; `nil` where nothing does.
    private let identity: [UInt64]?

    /// Follows `url` as far as it exists; what does not is taken as it is written.
    public init(_ url: URL) {
        // By hand: `URL` reads "a/.." as "..", which a link turns wrong.
        var known = url.absoluteURL.path.split(separator: "/").map(String.init)
        var missing: [String] = []
        var resolved = Self.resolve(known)
        while resolved == nil, let last = known.popLast() {
            missing.append(last)
            resolved = Self.resolve(known)
        }
        var url = URL(fileURLWithPath: resolved ?? "/")
        for name in missing.reversed() where name != "." {
            if name == ".." { url.deleteLastPathComponent() } else { url.appendPathComponent(name) }
        }
        path = url.path
        var status = stat()
        identity = stat(path, &status) == 0 ? [UInt64(status.st_dev), UInt64(status.st_ino)] : nil
    }

    /// The place that `path` names: its folder without links and dots, its own name as it is, which may be that of a link.
    public static func place(_ path: String) -> URL {
        let all = URL(fileURLWithPath: path).absoluteURL.path.split(separator: "/").map(String.init)
        guard let name = all.last, name != ".", name != ".." else { return URL(fileURLWithPath: RealPath(path).path) }
        let folder = "/" + all.dropLast().joined(separator: "/")
        return URL(fileURLWithPath: RealPath(folder).path).appendingPathComponent(name)
    }

    /// Follows a path as it is written.
    public init(_ path: String) { self.init(URL(fileURLWithPath: path)) }

    private static func resolve(_ components: [String]) -> String? {
        guard let pointer = realpath("/" + components.joined(separator: "/"), nil) else { return nil }
        defer { free(pointer) }
        return String(cString: pointer)
    }

    /// Whether both are the same file or folder.
    public func isSame(as other: RealPath) -> Bool {
        path == other.path || (identity != nil && identity == other.identity)
    }

    /// Whether it lies in the folder `other`, at any depth.
    public func isInside(_ other: RealPath) -> Bool {
        guard path != other.path else { return false }
        return path.hasPrefix(other.path == "/" ? "/" : other.path + "/")
    }

    /// The folders above it, nearest first.
    public var ancestors: [URL] {
        var url = URL(fileURLWithPath: path)
        var result: [URL] = []
        while url.path != "/" {
            url.deleteLastPathComponent()
            result.append(url)
        }
        return result
    }
}
