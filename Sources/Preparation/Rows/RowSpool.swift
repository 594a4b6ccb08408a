// Rows set aside until all of them have been seen. They lie in a file without a name, so that a killed run leaves nothing.

public import Foundation
internal import Vocabulary

/// A growing list of rows, most of it on disk.
public final class RowSpool {
    private let folder: URL
    private var descriptor: Int32 = -1
    private var encoder = RowEncoder()
    private var files: [String] = []
    private var fileNumbers: [String: Int] = [:]
    /// Where the bytes that are still in `encoder` begin.
    private var flushed = 0
    /// `ends[i]`: the byte after row `i`.
    private let ends: SpilledArray<Int>

    private static let blockByteCount = 1 << 20

    /// - Parameter folder: in which the rows lie.
    public convenience init(folder: URL) { self.init(ScratchSpace(folder: folder, limits: MemoryLimits())) }

    init(_ scratch: ScratchSpace) {
        folder = scratch.folder
        ends = SpilledArray(0, residentByteCount: scratch.limits.numberBytes, folder: folder)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    var count: Int { ends.count }

    public func append(_ row: Row) throws {
        encoder.append(row, file: number(of: row.place.file))
        try ends.append(flushed + encoder.bytes.count)
        if encoder.bytes.count >= Self.blockByteCount { try flush() }
    }

    /// Row `index`.
    func row(_ index: Int) throws -> Row {
        let start = index == 0 ? 0 : try ends.element(index - 1)
        let end = try ends.element(index)
        if start >= flushed {
            return encoder.bytes.withUnsafeBytes { buffer in
                var decoder = RowBytesDecoder(UnsafeRawBufferPointer(rebasing: buffer[start - flushed..<end - flushed]))
                return decoder.row(files: files)
            }
        }
        let bytes = try read(start..<end)
        return bytes.withUnsafeBytes { buffer in
            var decoder = RowBytesDecoder(buffer)
            return decoder.row(files: files)
        }
    }

    /// All rows in order.
    public func forEach(_ body: (Int, Row) throws -> Void) throws {
        var block: [UInt8] = []
        var blockStart = 0
        var start = 0
        try ends.forEach { index, end in
            if end > flushed {
                try body(index, try row(index))
            } else {
                if end > blockStart + block.count {
                    // The row and what stands after it, as much as a block holds.
                    blockStart = start
                    block = try read(start..<min(flushed, max(end, start + Self.blockByteCount)))
                }
                let row = block.withUnsafeBytes { buffer in
                    var decoder = RowBytesDecoder(
                        UnsafeRawBufferPointer(rebasing: buffer[start - blockStart..<end - blockStart]))
                    return decoder.row(files: files)
                }
                try body(index, row)
            }
            start = end
        }
    }

    private func number(of file: String) -> Int {
        if let number = fileNumbers[file] { return number }
        files.append(file)
        fileNumbers[file] = files.count - 1
        return files.count - 1
    }

    private func flush() throws {
        if descriptor < 0 { descriptor = try Self.namelessFile(in: folder) }
        try encoder.bytes.withUnsafeBytes { try Self.write($0, to: descriptor, in: folder) }
        flushed += encoder.bytes.count
        encoder.removeAll()
    }

    private func read(_ range: Range<Int>) throws -> [UInt8] {
        try Self.read(range, from: descriptor, in: folder)
    }

    // MARK: Files without a name

    private static func failure(_ code: Int32, _ folder: URL) -> SystemError {
        SystemError(code, writing: folder.path, "rows cannot be set aside there")
    }

    static func namelessFile(in folder: URL) throws -> Int32 {
        // O_TMPFILE, which Swift's Glibc module does not show: the file never has a name.
        let nameless = open(folder.path, 0o20_200_000 | O_RDWR | O_CLOEXEC, 0o600)
        if nameless >= 0 { return nameless }
        // File systems that cannot: it has one for a moment.
        var path = Array(folder.appendingPathComponent(".lathe-spool-XXXXXX").path.utf8CString)
        let descriptor = mkstemp(&path)
        guard descriptor >= 0 else { throw Self.failure(errno, folder) }
        unlink(path)
        return descriptor
    }

    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, in folder: URL) throws {
        var done = 0
        while done < bytes.count {
            let count = Foundation.write(descriptor, bytes.baseAddress.unsafelyUnwrapped + done, bytes.count - done)
            if count < 0 {
                if errno == EINTR { continue }
                throw Self.failure(errno, folder)
            }
            done += count
        }
    }

    static func read(_ range: Range<Int>, from descriptor: Int32, in folder: URL) throws -> [UInt8] {
        var failure: (any Error)?
        let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, filled in
            do {
                try read(
                    into: UnsafeMutableRawBufferPointer(buffer), at: range.lowerBound, from: descriptor, in: folder)
                filled = range.count
            } catch { failure = error }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Fills `bytes` with what stands at `offset`.
    static func read(
        into bytes: UnsafeMutableRawBufferPointer, at offset: Int, from descriptor: Int32, in folder: URL
    ) throws {
        var filled = 0
        while filled < bytes.count {
            let count = pread(
                descriptor, bytes.baseAddress.unsafelyUnwrapped + filled, bytes.count - filled, off_t(offset + filled))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw Self.failure(count < 0 ? errno : EIO, folder)
            }
            filled += count
        }
    }
}
