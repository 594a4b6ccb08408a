// Work in progress that outlives its process: records one after the other, each with its checksum.

internal import Digests
public import Foundation
public import Vocabulary

/// A file of records, after a head that says what they are records of. Whenever its process is killed, the records that were whole
/// are there again; what was being written is cut off.
///
///     head                    a text, of one mark and the bytes of the rest
///     record, record, …       its length and its checksum, eight bytes each, little end first, then its bytes
public final class Journal {
    public let url: URL
    /// What the records are of, as it was said when the journal was begun.
    public let subject: String
    private let file: AppendedFile
    private let reader: JournalReader
    private var end: Int
    /// Where the first record begins.
    public let start: Int

    private static let mark = "LATHE JOURNAL 1\n"
    private static let headerBytes = 16

    /// Goes on with the journal at `url`, or begins one there about `subject`.
    ///
    /// - Parameter receive: gets each whole record, and where its bytes lie.
    /// - Throws: `PlaceError` where something else stands at `url` or another process is at work there, `SystemError` where it cannot
    ///   be read or written.
    public init(_ url: URL, about subject: String, _ receive: (_ record: [UInt8], _ place: Range<Int>) throws -> Void)
        throws
    {
        self.url = url
        if try FileStatus.of(url.path, followingLinks: false) == nil {
            try AtomicFile.write(Self.head(subject), to: url)
        }
        guard try Self.isJournal(url) else { throw PlaceError(url.path, inTheWay: url.path, .notOurs) }
        reader = try JournalReader(url)
        guard reader.lock() else { throw PlaceError(url.path, inTheWay: url.path, .busy(nil)) }
        let size = reader.byteCount
        let head = try Self.head(url, reader)
        (self.subject, end) = head
        start = head.end
        while end + Self.headerBytes <= size {
            let header = try reader.read(end..<end + Self.headerBytes)
            let start = end + Self.headerBytes, length = Self.number(Array(header[..<8]))
            guard length <= size - start else { break }
            let place = start..<start + Int(length)
            let record = try reader.read(place)
            guard Self.checksum(record) == Self.number(Array(header[8...])) else { break }
            try receive(record, place)
            end = place.upperBound
        }
        guard truncate(url.path, off_t(end)) == 0 else { throw SystemError(errno, writing: url.path) }
        file = try AppendedFile(url)
    }

    /// What the records of the journal at `url` are of.
    public static func subject(of url: URL) throws -> String {
        try head(url, JournalReader(url)).subject
    }

    /// Whether a journal stands at `url`.
    public static func isJournal(_ url: URL) throws(SystemError) -> Bool {
        guard let status = try FileStatus.of(url.path, followingLinks: false), status.st_mode & S_IFMT == S_IFREG else {
            return false
        }
        return try WholeFile.beginning(of: url.path, count: mark.utf8.count) == Array(mark.utf8)
    }

    /// Adds a record; returns where its bytes lie.
    public func append(_ record: [UInt8]) throws(SystemError) -> Range<Int> {
        try file.append(Self.bytes(UInt64(record.count)) + Self.bytes(Self.checksum(record)) + record)
        let start = end + Self.headerBytes
        end = start + record.count
        return start..<end
    }

    /// The bytes at `place`, which lie within one record.
    public func read(_ place: Range<Int>) throws -> [UInt8] { try reader.read(place) }

    /// The record that begins at `offset`, and where the next one does; `nil` at the end.
    public func record(at offset: Int) throws -> (bytes: [UInt8], next: Int)? {
        guard offset < end else { return nil }
        let first = offset + Self.headerBytes
        let length = Int(Self.number(try reader.read(offset..<first).prefix(8).map(\.self)))
        return (try reader.read(first..<first + length), first + length)
    }

    /// Removes the file: what it holds is elsewhere now.
    public func remove() throws(SystemError) { try Folder.removeFile(url) }

    // MARK: Bytes

    /// The head of a journal, and where it ends.
    private static func head(_ url: URL, _ reader: JournalReader) throws -> (subject: String, end: Int) {
        let start = mark.utf8.count + 8
        guard reader.byteCount >= start else { throw PlaceError(url.path, inTheWay: url.path, .changed) }
        let length = Int(clamping: number(try reader.read(start - 8..<start)))
        guard length <= reader.byteCount - start else { throw PlaceError(url.path, inTheWay: url.path, .changed) }
        return (String(decoding: try reader.read(start..<start + length), as: UTF8.self), start + length)
    }

    private static func head(_ subject: String) -> [UInt8] {
        Array(mark.utf8) + bytes(UInt64(subject.utf8.count)) + Array(subject.utf8)
    }

    private static func checksum(_ record: [UInt8]) -> UInt64 {
        var hash = SHA256()
        hash.update(record)
        return number(hash.digest())
    }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }

    private static func number(_ bytes: [UInt8]) -> UInt64 {
        bytes.prefix(8).enumerated().reduce(0) { $0 | UInt64($1.element) << UInt64(8 * $1.offset) }
    }
}

/// The bytes of a journal, by their places.
private final class JournalReader {
    private let path: String
    private let descriptor: Int32
    /// When it was opened, or locked.
    private(set) var byteCount: Int

    init(_ url: URL) throws(SystemError) {
        path = url.path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError(errno, reading: path) }
        byteCount = Int(lseek(descriptor, 0, SEEK_END))
        guard byteCount >= 0 else { throw SystemError(errno, reading: path) }
    }

    deinit { close(descriptor) }

    /// Holds the file as long as it is open; false where another does, or has just removed it. File systems that know no such locks
    /// are written without.
    func lock() -> Bool {
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0 { return errno != EWOULDBLOCK }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_nlink > 0 else { return false }
        byteCount = Int(status.st_size)
        return true
    }

    func read(_ place: Range<Int>) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: place.count)
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done, off_t(place.lowerBound + done))
            }
            if count < 0, errno == EINTR { continue }
            // What was there a moment ago is gone.
            guard count > 0 else { throw SystemError(count < 0 ? errno : EIO, reading: path) }
            done += count
        }
        return bytes
    }
}
