// A directory that appears whole or not at all.

import Foundation

/// Writes a directory under a temporary name beside its place and then swaps it in.
enum DirectoryWriter {
    /// Runs `fill` on an empty folder, which then takes the place of `url`.
    ///
    /// A directory already at `url` is replaced only if it holds the file `marker` or is empty, so that a mistyped path costs
    /// nobody their files; files of it that the new one lacks are kept.
    static func replace(_ url: URL, ifItHolds marker: String, _ fill: (URL) throws -> Void) throws {
        let files = FileManager.default
        let exists = files.fileExists(atPath: url.path)
        if exists {
            let entries = try? files.contentsOfDirectory(atPath: url.path)
            guard let entries, entries.isEmpty || entries.contains(marker) else {
                throw AdapterError(file: url.path, "is there already and is no adapter directory")
            }
        }
        let parent = url.deletingLastPathComponent()
        let temporary = parent.appendingPathComponent(".\(url.lastPathComponent).\(getpid()).partial")
        do {
            try? files.removeItem(at: temporary)
            try files.createDirectory(at: temporary, withIntermediateDirectories: true)
        } catch {
            throw AdapterError(file: url.path, "the directory cannot be created")
        }
        do {
            try fill(temporary)
            flush(temporary)
            try place(temporary, at: url, exists: exists)
            flush(parent)
        } catch {
            try? files.removeItem(at: temporary)
            throw error
        }
    }

    private static func place(_ temporary: URL, at url: URL, exists: Bool) throws {
        let previous = temporary.appendingPathExtension("previous")
        // Not an exchange in one call: some file systems have none. Killed between the two renames, both directories are
        // still there, whole, under hidden names.
        if exists, rename(url.path, previous.path) != 0 { throw failure(url) }
        guard rename(temporary.path, url.path) == 0 else {
            let error = failure(url)
            if exists { rename(previous.path, url.path) }
            throw error
        }
        guard exists else { return }
        let files = FileManager.default
        for entry in (try? files.contentsOfDirectory(atPath: previous.path)) ?? [] {
            let kept = url.appendingPathComponent(entry)
            if !files.fileExists(atPath: kept.path) {
                try? files.moveItem(at: previous.appendingPathComponent(entry), to: kept)
            }
        }
        try? files.removeItem(at: previous)
    }

    private static func failure(_ url: URL) -> AdapterError {
        AdapterError(file: url.path, "the directory cannot be put in place", found: String(cString: strerror(errno)))
    }

    private static func flush(_ folder: URL) {
        let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
