// The seal of a checkpoint: 512 bytes before the HDF5 file, in the place that HDF5 leaves to its user, with the digest of all
// that follows. libhdf5 1.10 can be crashed by hostile files, so it only ever sees bytes that carry their digest.

import Digests
import Foundation
import WeightFiles

/// A file of a user block and an HDF5 image.
enum SealedFile {
    /// HDF5 looks for its start at 0, 512, 1024, … so readers such as h5py need not know of the seal.
    static let sealBytes = 512
    private static let magic = "LATHE CHECKPOINT"
    private static let version = "1"

    /// The only seal that fits `image`: comparing it whole leaves no byte of the file unguarded.
    private static func seal(digest: String, byteCount: Int) -> [UInt8] {
        let text = "\(magic) \(version)\nsha256 \(digest)\nbytes \(byteCount)\n"
        return Array(text.utf8) + [UInt8](repeating: 0, count: sealBytes - text.utf8.count)
    }

    /// Writes the sealed `image` to `url`: whole and durable, or not at all.
    static func write(_ image: [UInt8], to url: URL) throws(CheckpointError) {
        do throws(WeightError) {
            let file = try AtomicFile(url)
            try file.write(seal(digest: SHA256.hex(of: image), byteCount: image.count))
            try file.write(image)
            try file.commit()
        } catch {
            throw CheckpointError(file: url.path, .cannotWrite(error.found ?? error.problem))
        }
    }

    /// The image in `url`, its digest checked.
    static func read(_ url: URL) throws(CheckpointError) -> [UInt8] {
        var bytes: [UInt8]
        do { bytes = [UInt8](try Data(contentsOf: url, options: .mappedIfSafe)) } catch {
            let exists = FileManager.default.fileExists(atPath: url.path)
            throw CheckpointError(file: url.path, .cannotRead(exists ? "no permission or no file" : "it is not there"))
        }
        let start = Array((magic + " ").utf8)
        guard bytes.starts(with: start) else { throw CheckpointError(file: url.path, .noCheckpoint) }
        let line = bytes.prefix(64).prefix { $0 != UInt8(ascii: "\n") }
        guard line.dropFirst(start.count).elementsEqual(version.utf8) else {
            throw CheckpointError(file: url.path, .otherFormat(String(decoding: line, as: UTF8.self)))
        }
        guard bytes.count > sealBytes else { throw CheckpointError(file: url.path, .damaged) }
        let found = Array(bytes[..<sealBytes])
        bytes.removeFirst(sealBytes)
        guard found == seal(digest: SHA256.hex(of: bytes), byteCount: bytes.count) else {
            throw CheckpointError(file: url.path, .damaged)
        }
        return bytes
    }
}
