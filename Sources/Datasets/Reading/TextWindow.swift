// The part of a text that is in memory: from the row at hand to where the file was read so far.

internal import Glibc
internal import Vocabulary

/// A growing window over a text. It holds one row and a chunk at most.
final class TextWindow {
    let stream: TextStream
    let file: String
    private var storage: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0
    private(set) var isAtEnd = false
    /// The line on which the window begins, from 1.
    private(set) var line = 1
    /// Where the window begins in the text.
    private(set) var offset = 0

    static let chunkByteCount = 1 << 18

    init(_ stream: TextStream, file: String) {
        self.stream = stream
        self.file = file
        storage = .allocate(byteCount: 2 * Self.chunkByteCount, alignment: 64)
    }

    deinit { storage.deallocate() }

    /// What is in memory; good until the next `fill`.
    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: storage.baseAddress.map { $0 + start }, count: end - start)
    }

    var isEmpty: Bool { start == end }

    /// Where the window begins.
    var place: RowPlace { RowPlace(file: file, line: line) }

    /// Reads on after what is in memory; false at the end of the file.
    func fill() throws(DatasetError) -> Bool {
        if isAtEnd { return false }
        if storage.count - end < Self.chunkByteCount { makeRoom() }
        let count = try stream.read(into: UnsafeMutableRawBufferPointer(rebasing: storage[end...]))
        end += count
        isAtEnd = count == 0
        return count > 0
    }

    private func makeRoom() {
        let used = end - start
        if storage.count - used >= Self.chunkByteCount, start >= used {
            if used > 0, let base = storage.baseAddress { memcpy(base, base + start, used) }
        } else {
            let larger = UnsafeMutableRawBufferPointer.allocate(
                byteCount: 2 * (used + Self.chunkByteCount), alignment: 64)
            larger.copyMemory(from: bytes)
            storage.deallocate()
            storage = larger
        }
        start = 0
        end = used
    }

    /// Lets go of the first `count` bytes, which hold `lineBreaks` line breaks.
    func skip(_ count: Int, lineBreaks: Int) {
        start += count
        offset += count
        line += lineBreaks
    }

    /// Lets go of the first `count` bytes.
    func skip(_ count: Int) {
        var breaks = 0
        for byte in bytes[..<count] where byte == 0x0A { breaks += 1 }
        skip(count, lineBreaks: breaks)
    }

    /// Lets go of white space; the first byte after it, `nil` at the end of the file.
    func skipWhiteSpace() throws(DatasetError) -> UInt8? {
        while true {
            let bytes = self.bytes
            var count = 0
            while count < bytes.count, bytes[count] <= 0x20 { count += 1 }
            let next = count < bytes.count ? bytes[count] : nil
            skip(count)
            if let next { return next }
            guard try fill() else { return nil }
        }
    }

    /// The length of the first line without its break; `nil` where it has none.
    ///
    /// - Parameter from: bytes known to hold no line break.
    func lineBreak(from: Int) -> Int? {
        let bytes = self.bytes
        guard from < bytes.count, let base = bytes.baseAddress,
            let found = memchr(base + from, 0x0A, bytes.count - from)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }

    /// The first broken byte among the first `count`, as a problem of `place`.
    func brokenByte(within count: Int, place: RowPlace) -> DatasetProblem? {
        let row = UnsafeRawBufferPointer(rebasing: bytes[..<count])
        guard let index = UTF8Check.firstInvalidByte(row) else { return nil }
        var byteOffset = offset + index + stream.markByteCount
        var byte = row[index]
        var name = TextEncoding.utf8.rawValue
        if let broken = stream.firstBroken(from: offset), broken.textOffset < offset + count {
            byteOffset = broken.byteOffset
            byte = broken.byte
            name = stream.encoding.rawValue
        }
        let breaks = row[..<index].count { $0 == 0x0A }
        let digits = String(byte, radix: 16, uppercase: true)
        return DatasetProblem(
            .notUTF8, RowPlace(file: place.file, line: place.line + breaks),
            "not \(name.uppercased()) at byte \(byteOffset) (0x\(digits.count < 2 ? "0" : "")\(digits))",
            hint: "name the file's encoding: data.encoding: utf-16 | gb18030 | latin-1 | windows-1252")
    }
}
