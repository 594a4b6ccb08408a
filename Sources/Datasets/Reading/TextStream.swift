// A text file's bytes as UTF-8, whatever they were.

internal import Glibc
internal import Vocabulary

/// A byte that the file's encoding does not allow: what stands in the text for it is a byte that UTF-8 never has, so that the row
/// it stands in is found to be broken when it is read.
struct BrokenByte {
    static let substitute: UInt8 = 0xFF
    /// Where the substitute stands in the UTF-8 text.
    var textOffset: Int
    /// Where the byte stands in the decompressed file.
    var byteOffset: Int
    var byte: UInt8
}

/// Turns a file's bytes into UTF-8. Bytes of UTF-8 files go through unchecked: whoever cuts them into rows checks them.
final class TextStream: ByteStream {
    private let source: any ByteStream
    private let file: String
    /// What the file is read as; `auto` as long as nothing but ASCII was seen.
    private(set) var encoding: TextEncoding
    /// Broken bytes of encodings other than UTF-8, in order.
    private(set) var broken: [BrokenByte] = []
    /// Bytes of the file before the first byte of text: a byte order mark.
    private(set) var markByteCount = 0

    private var isStarted = false
    private var converter: Converter?
    private var pending: [UInt8] = []
    private var textOffset = 0

    init(_ source: any ByteStream, encoding: TextEncoding, file: String) {
        self.source = source
        self.encoding = encoding
        self.file = file
    }

    /// Whether lines end with a carriage return alone, as old Macs and some exports write them: told from the first text read.
    private var hasLoneReturns: Bool?

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
        let count = try readText(into: buffer)
        let text = buffer[..<count]
        if hasLoneReturns == nil, count > 0 {
            hasLoneReturns = !text.contains(0x0A) && text.dropLast().contains(0x0D)
        }
        if hasLoneReturns == true {
            for index in text.indices where buffer[index] == 0x0D { buffer[index] = 0x0A }
        }
        return count
    }

    private func readText(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
        if !isStarted { try start() }
        if let converter { return try convert(converter, into: buffer) }
        var count = 0
        if pending.isEmpty {
            count = try source.read(into: buffer)
        } else {
            count = min(pending.count, buffer.count)
            buffer.copyBytes(from: pending[..<count])
            pending.removeFirst(count)
        }
        let fresh = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count])
        if encoding == .auto, !UTF8Check.isASCII(fresh) {
            encoding = EncodingDetection.ofEightBitText(fresh)
            if encoding != .utf8 {
                pending = Array(fresh) + pending
                let converter = try Converter(encoding, offset: markByteCount + textOffset, file)
                self.converter = converter
                return try convert(converter, into: buffer)
            }
        }
        textOffset += count
        return count
    }

    /// Byte order marks, and UTF-16 by its zeros.
    private func start() throws(DatasetError) {
        isStarted = true
        pending = try source.readFirst(1 << 16)
        let (mark, unmarked) = pending.withUnsafeBytes {
            (EncodingDetection.byteOrderMark($0), EncodingDetection.unmarkedUTF16($0))
        }
        let isUTF16 = encoding == .utf16 || encoding == .utf16BigEndian || encoding == .utf16LittleEndian
        if let mark {
            let isMarkUTF16 = mark.encoding == .utf16BigEndian || mark.encoding == .utf16LittleEndian
            // 0xFF 0xFE are letters in Latin-1: a named encoding wins over a mark of another.
            if encoding == .auto || encoding == mark.encoding || (encoding == .utf16 && isMarkUTF16) {
                encoding = mark.encoding
                pending.removeFirst(mark.byteCount)
                markByteCount = mark.byteCount
            }
        } else if encoding == .utf16 {
            encoding = unmarked ?? .utf16LittleEndian
        } else if encoding == .auto, !isUTF16, let unmarked {
            encoding = unmarked
        }
        if encoding != .auto, encoding != .utf8 {
            converter = try Converter(encoding, offset: markByteCount, file)
        }
    }

    private func convert(_ converter: Converter, into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int
    {
        var count = 0
        while count == 0 {
            if converter.wantsInput, !converter.isAtEnd {
                if pending.isEmpty {
                    pending = try source.readFirst(1 << 17)
                    if pending.isEmpty { converter.isAtEnd = true }
                }
                converter.add(&pending)
            }
            if converter.isDrained { return 0 }
            count = converter.convert(into: buffer, textOffset: textOffset, broken: &broken)
        }
        textOffset += count
        return count
    }

    /// Forgets broken bytes before `offset` of the text, and gives the first one after it.
    func firstBroken(from offset: Int) -> BrokenByte? {
        if let keep = broken.firstIndex(where: { $0.textOffset >= offset }) {
            broken.removeFirst(keep)
        } else {
            broken.removeAll()
        }
        return broken.first
    }
}

/// glibc's iconv from one encoding to UTF-8.
private final class Converter {
    private let descriptor: iconv_t
    private let unitByteCount: Int
    private var input: [UInt8] = []
    private var position = 0
    /// Of `input[0]` in the file.
    private var offset: Int
    private(set) var wantsInput = true
    var isAtEnd = false

    init(_ encoding: TextEncoding, offset: Int, _ file: String) throws(DatasetError) {
        let name =
            switch encoding {
            case .utf16LittleEndian, .utf16: "UTF-16LE"
            case .utf16BigEndian: "UTF-16BE"
            case .gb18030: "GB18030"
            case .latin1: "ISO-8859-1"
            case .windows1252: "WINDOWS-1252"
            case .auto, .utf8: "UTF-8"
            }
        let descriptor = iconv_open("UTF-8", name)
        guard descriptor != iconv_t(bitPattern: -1), let descriptor else {
            throw DatasetError(
                .unsupported, RowPlace(file: file, line: 0), "this system cannot read \(encoding.rawValue)",
                hint: "iconv of the C library lacks it")
        }
        self.descriptor = descriptor
        unitByteCount = name.hasPrefix("UTF-16") ? 2 : 1
        self.offset = offset
    }

    deinit { iconv_close(descriptor) }

    /// Nothing more will come.
    var isDrained: Bool { isAtEnd && position >= input.count }

    func add(_ bytes: inout [UInt8]) {
        input.removeFirst(position)
        offset += position
        position = 0
        input.append(contentsOf: bytes)
        bytes.removeAll()
        wantsInput = false
    }

    /// Converts what fits; 0: input is wanted.
    func convert(into buffer: UnsafeMutableRawBufferPointer, textOffset: Int, broken: inout [BrokenByte]) -> Int {
        guard let outputBase = buffer.baseAddress?.assumingMemoryBound(to: CChar.self) else { return 0 }
        var output: UnsafeMutablePointer<CChar>? = outputBase
        var room = buffer.count
        while true {
            let (status, code) = step(&output, &room)
            if status != -1 {
                wantsInput = true
                break
            }
            if code == E2BIG { break }
            let isCut = code == EINVAL
            if isCut, !isAtEnd {
                wantsInput = true
                break
            }
            guard room > 0, position < input.count else { break }
            let written = buffer.count - room
            broken.append(
                BrokenByte(
                    textOffset: textOffset + written, byteOffset: offset + position, byte: input[position]))
            buffer[written] = BrokenByte.substitute
            output = outputBase + (written + 1)
            room -= 1
            position = min(input.count, position + unitByteCount)
        }
        return buffer.count - room
    }

    private func step(_ output: inout UnsafeMutablePointer<CChar>?, _ room: inout Int) -> (status: Int, code: Int32) {
        input.withUnsafeMutableBytes { bytes in
            var next = bytes.baseAddress.map { ($0 + position).assumingMemoryBound(to: CChar.self) }
            var left = bytes.count - position
            errno = 0
            let status = iconv(descriptor, &next, &left, &output, &room)
            let code = errno
            position = bytes.count - left
            return (status, code)
        }
    }
}
