// What this process has begun to write: a process that is told to stop takes it away before it goes.

public import Foundation
internal import Synchronization
public import Vocabulary

/// Files and folders under temporary names, and folders made for what was to come.
public enum UnfinishedPlaces {
    private struct Folders {
        /// Being filled.
        var staged: Set<URL> = []
        /// Made where there was none; they go where nothing was put into them.
        var made: Set<URL> = []
    }

    private static let folders = Mutex(Folders())
    /// Folders in which names were given to files that are being written.
    private static let homes = Mutex(Set<URL>())

    /// A second in all.
    private static let removalAttempts = 200
    private static let removalPause: UInt32 = 5_000

    static func noteTemporary(in folder: URL) { homes.withLock { _ = $0.insert(folder) } }

    /// Makes a folder that is to be filled; a stop that comes meanwhile finds none or knows of it.
    static func stage(_ make: () throws(SystemError) -> URL) throws(SystemError) -> URL {
        let result = folders.withLock { folders -> Result<URL, SystemError> in
            do throws(SystemError) {
                let folder = try make()
                folders.staged.insert(folder)
                return .success(folder)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// The folder has another name now.
    static func rename(staged folder: URL, to other: URL) -> Int32 {
        folders.withLock { folders in
            guard Foundation.rename(folder.path, other.path) == 0 else { return errno }
            folders.staged.remove(folder)
            folders.staged.insert(other)
            return 0
        }
    }

    static func remove(staged folder: URL) { folders.withLock { _ = $0.staged.remove(folder) } }

    /// Does the step in which `folder` takes its place; from then on it is whole. No stop comes between.
    static func putInPlace(_ folder: URL, _ step: () throws -> Void) throws {
        try folders.withLock { folders in
            try step()
            folders.staged.remove(folder)
        }
    }

    /// Does a step that changes names of files which are whole. No stop comes between, nor another thread's step.
    static func withoutStop(_ step: () throws -> Void) throws { try folders.withLock { _ in try step() } }

    /// Makes the folder `url` for what is to be written. No stop comes between a folder and the one in it.
    ///
    /// - Parameter missing: `url` and those above it that are not there; they go again where nothing was put into them.
    public static func make(_ url: URL, missing: [URL]) throws(SystemError) {
        let result = folders.withLock { folders -> Result<Void, SystemError> in
            folders.made.formUnion(missing)
            do throws(SystemError) { return .success(try Folder.create(url)) } catch { return .failure(error) }
        }
        try result.get()
    }

    /// Whoever made them sees to them.
    public static func remove(made list: [URL]) { folders.withLock { $0.made.subtract(list) } }

    /// Removes all of it and ends the process by `end`: nothing takes its place any more. What cannot be removed is by the next call.
    public static func removeAll(thenEnd end: () -> Void) {
        folders.withLock { folders in
            for folder in folders.staged {
                // The work in hand may add to it meanwhile, until it finds the folder gone. What stays goes with the next call.
                for _ in 0..<removalAttempts where access(folder.path, F_OK) == 0 {
                    do { try StagingFolder.remove(folder) } catch { usleep(removalPause) }
                }
            }
            // Both stay locked: nothing new is begun either.
            homes.withLock { homes in
                for home in homes { TemporaryName.removeOwn(in: home) }
                for folder in folders.made.sorted(by: { $0.path.count > $1.path.count }) { rmdir(folder.path) }
                end()
            }
        }
    }
}
