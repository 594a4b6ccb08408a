// A data file as checked UTF-8.

internal import Foundation

/// The text of one data file, decompressed, without a byte order mark, known to be UTF-8.
struct SourceText {
    enum Layout { case jsonLines, json, commaSeparated, tabSeparated }

    let file: String
    let layout: Layout
    let bytes: [UInt8]

    static let maximumByteCount = 4 << 30

    init(file: String) throws(DatasetError) {
        self.file = file
        let place = RowPlace(file: file, line: 0)
        var name = (file as NSString).lastPathComponent.lowercased()
        let isGzip = name.hasSuffix(".gz")
        if isGzip { name.removeLast(3) }
        switch (name as NSString).pathExtension {
        case "jsonl", "ndjson": layout = .jsonLines
        case "json": layout = .json
        case "csv": layout = .commaSeparated
        case "tsv": layout = .tabSeparated
        case "parquet":
            throw DatasetError(
                .unsupported, place, "Parquet is not supported yet", hint: "convert the file to .jsonl or .csv")
        case let other:
            throw DatasetError(
                .unsupported, place, "no data file is named *.\(other)",
                hint: ".jsonl .json .csv .tsv, each also as .gz")
        }
        var bytes = try SourceText.read(file, place)
        if isGzip { bytes = try SourceText.decompress(bytes, place) }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        guard bytes.contains(where: { $0 > 0x20 }) else { throw DatasetError(.empty, place, "the file is empty") }
        try SourceText.checkUTF8(bytes, file)
        self.bytes = bytes
    }

    private static func read(_ file: String, _ place: RowPlace) throws(DatasetError) -> [UInt8] {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: file, isDirectory: &isDirectory) else {
            throw DatasetError(.absent, place, "there is no such file")
        }
        guard !isDirectory.boolValue else { throw DatasetError(.unreadable, place, "this is a folder, not a file") }
        do {
            let data = try Data(contentsOf: URL(fileURLWithPath: file), options: .mappedIfSafe)
            guard data.count <= maximumByteCount else {
                throw DatasetError(
                    .unsupported, place, "more than \(maximumByteCount >> 30) GiB", hint: "cut it into several files")
            }
            return [UInt8](data)
        } catch let error as DatasetError { throw error } catch {
            throw DatasetError(
                .unreadable, place, "the file cannot be read: \((error as NSError).localizedDescription)")
        }
    }

    private static func decompress(_ bytes: [UInt8], _ place: RowPlace) throws(DatasetError) -> [UInt8] {
        do throws(GzipReader.Failure) {
            return try GzipReader.inflate(bytes, maximumByteCount: maximumByteCount)
        } catch {
            switch error {
            case .broken: throw DatasetError(.unreadable, place, "not a gzip file, or a damaged one")
            case .truncated: throw DatasetError(.unreadable, place, "the gzip file is cut off")
            case .tooLarge:
                throw DatasetError(.unsupported, place, "decompresses to more than \(maximumByteCount >> 30) GiB")
            }
        }
    }

    private static func checkUTF8(_ bytes: [UInt8], _ file: String) throws(DatasetError) {
        guard let offset = firstInvalidByte(bytes) else { return }
        let line = bytes[..<offset].reduce(1) { $0 + ($1 == 0x0A ? 1 : 0) }
        let hint =
            bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) ? "UTF-16" : "GB18030 or Latin-1"
        throw DatasetError(
            .notUTF8, RowPlace(file: file, line: line), "not UTF-8 at byte \(offset)",
            hint: "convert it, for example from \(hint): iconv -f … -t UTF-8")
    }

    /// The offset of the first byte that begins no valid UTF-8 sequence (Unicode 15, table 3-7).
    static func firstInvalidByte(_ bytes: [UInt8]) -> Int? {
        var index = 0
        let count = bytes.count
        func continues(_ at: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
            at < count && range.contains(bytes[at])
        }
        while index < count {
            let length: Int
            switch bytes[index] {
            case 0x00...0x7F:
                index += 1
                continue
            case 0xC2...0xDF: length = continues(index + 1) ? 2 : 0
            case 0xE0: length = continues(index + 1, 0xA0...0xBF) && continues(index + 2) ? 3 : 0
            case 0xED: length = continues(index + 1, 0x80...0x9F) && continues(index + 2) ? 3 : 0
            case 0xE1...0xEF: length = continues(index + 1) && continues(index + 2) ? 3 : 0
            case 0xF0:
                length = continues(index + 1, 0x90...0xBF) && continues(index + 2) && continues(index + 3) ? 4 : 0
            case 0xF4:
                length = continues(index + 1, 0x80...0x8F) && continues(index + 2) && continues(index + 3) ? 4 : 0
            case 0xF1...0xF3: length = continues(index + 1) && continues(index + 2) && continues(index + 3) ? 4 : 0
            default: length = 0
            }
            guard length > 0 else { return index }
            index += length
        }
        return nil
    }
}
