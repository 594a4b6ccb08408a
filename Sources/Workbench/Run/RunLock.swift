// One process at a time works in a run's directory.

internal import Files
internal import Foundation
internal import Vocabulary

/// Holds a folder, which it makes where it is missing, until it is released or the process ends, however it ends.
final class RunLock {
    private let lock: FolderLock
    /// Folders that were missing, innermost first: they go again where nothing was put into them.
    private var made: [URL]

    init(_ url: URL) throws {
        made = try Self.missing(url)
        try UnfinishedPlaces.make(url, missing: made)
        do { lock = try FolderLock(url, .work) } catch let error as PlaceError {
            guard case .busy(let process) = error.reason else { throw error }
            let holder = process.map { "process \($0)" } ?? "another process"
            throw Failure(
                .inputOutput, "\(path: url.path): \(holder) is at work in this run directory",
                hint: "wait for it, or give this run another name: --set name=…")
        }
    }

    deinit { release() }

    func release() {
        UnfinishedPlaces.remove(made: made)
        for folder in made { rmdir(folder.path) }
        made = []
        lock.release()
    }

    private static func missing(_ url: URL) throws -> [URL] {
        var missing: [URL] = []
        var folder = url
        while try FileForm(at: folder) == nil, folder.pathComponents.count > 1 {
            missing.append(folder)
            folder.deleteLastPathComponent()
        }
        return missing
    }
}
