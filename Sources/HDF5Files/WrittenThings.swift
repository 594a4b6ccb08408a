// What was written into a file on disk, remembered so that it can be looked for there before the file is believed.

internal import Synchronization

/// Checks of what a file must hold, in the order in which it was written.
final class WrittenThings: Sendable {
    /// One thing: its path, and whether a file holds it as it was written.
    typealias Check = @Sendable (HDF5File) throws(HDF5Failure) -> Bool

    private let checks = Mutex<[(path: String, isHeld: Check)]>([])

    func add(_ path: String, _ isHeld: @escaping Check) { checks.withLock { $0.append((path, isHeld)) } }

    /// Throws unless `file` holds all of it.
    func requireAll(in file: HDF5File) throws(HDF5Failure) {
        for (path, isHeld) in checks.withLock({ $0 }) where try !isHeld(file) {
            throw file.failure("find in \(path) what was written there")
        }
    }
}
