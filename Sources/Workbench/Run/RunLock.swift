// One process at a time works in a run's directory.

internal import Files
internal import Foundation
internal import Vocabulary

/// Holds a folder, which it makes where it is missing, until it is released or the process ends, however it ends.
///
/// The folder itself is locked, so that nothing lies in it that a killed process could leave behind.
final class RunLock {
    private let url: URL
    private var descriptor: Int32
    /// Folders that were missing, innermost first: they go again where nothing was put into them.
    private let made: [URL]

    init(_ url: URL) throws {
        self.url = url
        made = try Self.missing(url)
        try UnfinishedPlaces.make(url, missing: made)
        descriptor = open(url.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError(errno, writing: url.path, "cannot be opened") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK else { return }
        let holder = Self.holder(of: descriptor).map { "process \($0)" } ?? "another process"
        close(descriptor)
        descriptor = -1
        throw Failure(
            .inputOutput, "\(path: url.path): \(holder) is at work in this run directory",
            hint: "wait for it, or give this run another name: --set name=…")
    }

    deinit { release() }

    func release() {
        guard descriptor >= 0 else { return }
        UnfinishedPlaces.remove(made: made)
        for folder in made { rmdir(folder.path) }
        close(descriptor)
        descriptor = -1
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

    /// The process that holds the lock, as `/proc/locks` knows it: "1: FLOCK  ADVISORY  WRITE 4711 fd:01:1234567 0 EOF".
    private static func holder(of descriptor: Int32) -> Int? {
        var status = stat()
        guard fstat(descriptor, &status) == 0,
            let table = try? String(contentsOfFile: "/proc/locks", encoding: .utf8)
        else { return nil }
        let processes = table.split(separator: "\n").compactMap { line -> Int? in
            let fields = line.split(separator: " ")
            guard fields.count > 5, fields[1] == "FLOCK", fields[5].hasSuffix(":\(status.st_ino)") else { return nil }
            return Int(fields[4])
        }
        return processes.count == 1 ? processes.first : nil
    }
}
