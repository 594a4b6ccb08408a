// Checkpoints on disk: sealed, whole or not at all. libhdf5 works in memory, so that a full disk is met by our own writer.

import Digests
import Files
import Foundation
import HDF5Files
import Vocabulary

/// A file of a seal and an HDF5 image.
enum SealedFile {
    private static let seal = FileSeal("LATHE CHECKPOINT", version: "1")

    /// Whether the file at `url` begins as checkpoints do, whole or not: then Lathe wrote it.
    static func isOwn(_ url: URL) -> Bool {
        var status = stat()
        return lstat(url.path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && seal.isKind(path: url.path)
    }

    /// Whether the file at `path`, links followed, begins as checkpoints do.
    static func isCheckpoint(_ path: String) -> Bool { seal.isKind(path: path) }

    /// Writes the sealed `image` beside `url`, durable, and gives it under its temporary name.
    static func stage(_ image: [UInt8], for url: URL) throws(CheckpointError) -> URL {
        do throws(SystemError) {
            let file = try AtomicFile(url, replaces: true)
            try file.write(seal.bytes(digest: SHA256.hex(of: image), byteCount: image.count))
            try file.write(image)
            return try file.finish()
        } catch {
            throw CheckpointError(file: url.path, .refused(error))
        }
    }

    /// Writes the sealed `image` to `url`: whole and durable, or not at all. It takes the place of a checkpoint, and of nothing else.
    static func write(_ image: [UInt8], to url: URL) throws(CheckpointError) {
        do throws(SystemError) {
            let file = try AtomicFile(url, replaces: isOwn(url))
            try file.write(seal.bytes(digest: SHA256.hex(of: image), byteCount: image.count))
            try file.write(image)
            try file.commit()
        } catch {
            throw CheckpointError(file: url.path, .refused(error))
        }
    }

    /// Whether the digest of the file at `url` is that of its bytes, which are read through and not kept.
    static func isWhole(_ url: URL) throws(CheckpointError) -> Bool {
        do throws(SealFault) { try seal.check(path: url.path) } catch {
            guard case .refused(let error) = error else { return false }
            throw CheckpointError(file: url.path, .refused(error))
        }
        return true
    }

    /// The image in `url`, its digest checked.
    static func read(_ url: URL) throws(CheckpointError) -> [UInt8] {
        var bytes: [UInt8]
        do throws(SystemError) { bytes = try WholeFile.bytes(url.path) } catch {
            throw CheckpointError(file: url.path, .refused(error))
        }
        do throws(SealFault) { try seal.check(bytes) } catch {
            switch error {
            case .refused(let error): throw CheckpointError(file: url.path, .refused(error))
            case .foreign: throw CheckpointError(file: url.path, .noCheckpoint)
            case .otherVersion(let line): throw CheckpointError(file: url.path, .otherFormat(line))
            case .damaged: throw CheckpointError(file: url.path, .damaged)
            }
        }
        bytes.removeFirst(FileSeal.byteCount)
        return bytes
    }
}
