// What processes that were killed while writing have left: files named ".NAME.PROCESS-NUMBER.partial" beside their place.

public import Foundation

/// Files under temporary names.
public enum PartialFiles {
    /// Removes those in `folder` whose process is gone. One that still writes keeps its file.
    public static func removeAbandoned(in folder: URL) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        where name.hasPrefix(".") && name.hasSuffix(".partial") {
            let parts = name.split(separator: ".")
            guard parts.count > 1, let owner = pid_t(parts[parts.count - 2].prefix { $0 != "-" }), owner > 0,
                owner != getpid(), kill(owner, 0) != 0, errno == ESRCH
            else { continue }
            unlink(folder.appendingPathComponent(name).path)
        }
    }
}
