// The seal of a file: 512 bytes before the HDF5 file, in the place that HDF5 leaves to its user, with the digest of all that
// follows. libhdf5 1.10 can be crashed by hostile or damaged files, so it only ever sees bytes that carry their digest.

internal import Digests
internal import Foundation
public import Vocabulary

/// What is wrong with a sealed file.
public enum SealFault: ClassifiedError, Equatable {
    /// The system does not let it be read or written.
    case refused(SystemError)
    /// The file does not begin as files of this kind do.
    case foreign
    /// Another version of the format: its first line.
    case otherVersion(String)
    /// The bytes are not those that were sealed: cut, changed or half-written.
    case damaged

    public var kind: FailureKind { if case .refused(let error) = self { error.kind } else { .badInput } }

    public var description: String {
        switch self {
        case .refused(let error): "\(error)"
        case .foreign: "it is no file of this kind"
        case .otherVersion(let line): "it is of another version: \(line)"
        case .damaged: "it is damaged: its digest does not match its bytes"
        }
    }
}

/// The first bytes of files of one kind.
public struct FileSeal: Sendable {
    /// HDF5 looks for its start at 0, 512, 1024, … so readers such as h5py need not know of the seal.
    public static let byteCount = 512
    private let name: String
    private let version: String

    /// - Parameter name: of the kind of file, in capitals: "LATHE CHECKPOINT".
    public init(_ name: String, version: String) {
        self.name = name
        self.version = version
    }

    /// The only seal that fits: comparing it whole leaves no byte of the file unguarded.
    public func bytes(digest: String, byteCount: Int) -> [UInt8] {
        let text = "\(name) \(version)\nsha256 \(digest)\nbytes \(byteCount)\n"
        precondition(text.utf8.count <= Self.byteCount)
        return Array(text.utf8) + [UInt8](repeating: 0, count: Self.byteCount - text.utf8.count)
    }

    /// Whether the file at `path` begins as files of this kind do, whatever its version and whether it is whole.
    public func isKind(path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return (try? Self.read(descriptor, name.utf8.count + 1, path)) == Array((name + " ").utf8)
    }

    /// Throws unless a file that begins with `head` is of this kind and version.
    private func requireKind(_ head: some Collection<UInt8>) throws(SealFault) {
        let start = Array((name + " ").utf8)
        guard head.starts(with: start) else { throw .foreign }
        let line = head.prefix(64).prefix { $0 != UInt8(ascii: "\n") }
        guard line.dropFirst(start.count).elementsEqual(version.utf8) else {
            throw .otherVersion(String(decoding: line, as: UTF8.self))
        }
    }

    /// Checks a file in memory, its seal included.
    public func check(_ bytes: [UInt8]) throws(SealFault) {
        try requireKind(bytes)
        guard bytes.count > Self.byteCount else { throw .damaged }
        let digest = bytes.withUnsafeBytes {
            SHA256.hex(of: UnsafeRawBufferPointer(rebasing: $0[Self.byteCount...]))
        }
        guard bytes.starts(with: self.bytes(digest: digest, byteCount: bytes.count - Self.byteCount)) else {
            throw .damaged
        }
    }

    /// Checks the file at `path`, which is read through and not kept.
    public func check(path: String) throws(SealFault) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .refused(SystemError(errno, reading: path)) }
        defer { close(descriptor) }
        let head = try Self.read(descriptor, Self.byteCount, path)
        try requireKind(head)
        let (digest, byteCount) = try Self.digest(descriptor, path)
        guard byteCount > 0, head == bytes(digest: digest, byteCount: byteCount) else { throw .damaged }
    }

    /// Writes the seal of what follows it over the first bytes of the file.
    func write(to descriptor: Int32, path: String) throws(SealFault) {
        guard lseek(descriptor, off_t(Self.byteCount), SEEK_SET) == Self.byteCount else {
            throw .refused(SystemError(errno, writing: path, "cannot be sealed"))
        }
        let (digest, byteCount) = try Self.digest(descriptor, path)
        let bytes = bytes(digest: digest, byteCount: byteCount)
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done, off_t(done))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw .refused(SystemError(count < 0 ? errno : ENOSPC, writing: path, "cannot be sealed"))
            }
            done += count
        }
    }

    /// SHA-256 of what `descriptor` still gives, and how much it is.
    private static func digest(_ descriptor: Int32, _ path: String) throws(SealFault) -> (
        digest: String, byteCount: Int
    ) {
        var hash = SHA256()
        var byteCount = 0
        while true {
            let block = try read(descriptor, 1 << 20, path)
            guard !block.isEmpty else { return (hash.digest().hexadecimal, byteCount) }
            hash.update(block)
            byteCount += block.count
        }
    }

    /// The next `count` bytes, fewer at the end.
    private static func read(_ descriptor: Int32, _ count: Int, _ path: String) throws(SealFault) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes {
                Foundation.read(descriptor, $0.baseAddress.map { $0 + filled }, count - filled)
            }
            if got == 0 { break }
            guard got > 0 else {
                if errno == EINTR { continue }
                throw .refused(SystemError(errno, reading: path))
            }
            filled += got
        }
        bytes.removeLast(count - filled)
        return bytes
    }
}
