// A folder that appears whole or not at all.

internal import Foundation

/// A folder being filled under a temporary name beside its place.
final class AtomicDirectory {
    let place: URL
    /// Where to write until `commit`.
    let url: URL
    private let replaces: Bool
    private var isOpen = true

    /// - Parameter replaces: whether a folder that is there already may be replaced; an empty one always may.
    init(_ place: URL, replaces: Bool) throws {
        self.place = place
        self.replaces = replaces
        let contents = try? FileManager.default.contentsOfDirectory(atPath: place.path)
        if !replaces, contents.map({ !$0.isEmpty }) ?? FileManager.default.fileExists(atPath: place.path) {
            throw ModelExportError(place.path, "is there already", hint: "name another place, or remove it first")
        }
        let parent = place.deletingLastPathComponent()
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
        url = parent.appendingPathComponent(".\(place.lastPathComponent).\(getpid()).partial")
        try? FileManager.default.removeItem(at: url)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    }

    deinit { if isOpen { try? FileManager.default.removeItem(at: url) } }

    /// Puts the folder in its place. Its files must be durable already.
    func commit() throws {
        AtomicDirectory.flush(url)
        let old = place.deletingLastPathComponent().appendingPathComponent(
            ".\(place.lastPathComponent).\(getpid()).old")
        let isThere = FileManager.default.fileExists(atPath: place.path)
        if isThere, rename(place.path, old.path) != 0 { throw failure() }
        guard rename(url.path, place.path) == 0 else {
            let error = failure()
            if isThere { rename(old.path, place.path) }
            throw error
        }
        isOpen = false
        AtomicDirectory.flush(place.deletingLastPathComponent())
        if isThere { try? FileManager.default.removeItem(at: old) }
    }

    private func failure() -> ModelExportError {
        ModelExportError(place.path, "cannot be put in place", found: String(cString: strerror(errno)))
    }

    private static func flush(_ folder: URL) {
        let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
