import Datasets
import Foundation
import JSON
import TestSupport
import Testing
import Vocabulary

@Suite struct EncodingTests {
    private static let latin = "caf\u{E9} na\u{EF}ve \u{A3}5, \u{DC}bergr\u{F6}\u{DF}e"
    private static let chinese =
        "\u{4F60}\u{597D}\u{FF0C}\u{533B}\u{751F}\u{3002}\u{9AD8}\u{8840}\u{538B}\u{600E}\u{4E48}\u{529E}\u{FF1F}"

    private static func line(_ text: String) -> String { "{\"text\": \"\(text)\"}\n" }

    private func read(
        _ bytes: [UInt8], _ encoding: TextEncoding = .auto, maximumBadRows: Int = 0
    ) throws -> (texts: [String?], report: InputReport) {
        var settings = InputSettings.strict
        settings.encoding = encoding
        settings.maximumBadRows = maximumBadRows
        return try withFile("a.jsonl", bytes) { path in
            let reader = try RowReader(files: [path], settings: settings)
            return (try readAll(reader).map { $0.fields["text"]?.string }, reader.report)
        }
    }

    private func encoded(_ text: String, _ encoding: String.Encoding) -> [UInt8] {
        Array(text.data(using: encoding) ?? Data())
    }

    /// GB 18030 for `chinese`, from Python's codec.
    private static let chineseBytes: [UInt8] = [
        0xC4, 0xE3, 0xBA, 0xC3, 0xA3, 0xAC, 0xD2, 0xBD, 0xC9, 0xFA, 0xA1, 0xA3, 0xB8, 0xDF, 0xD1, 0xAA, 0xD1, 0xB9,
        0xD4,
        0xF5, 0xC3, 0xB4, 0xB0, 0xEC, 0xA3, 0xBF,
    ]

    @Test func encodingsAreDetected() throws {
        let both = Self.line(Self.latin) + Self.line(Self.chinese)
        let expected = [Self.latin, Self.chinese]
        let utf16 = encoded(both, .utf16LittleEndian)
        let swapped = encoded(both, .utf16BigEndian)
        let cases: [([UInt8], TextEncoding)] = [
            (Array(both.utf8), .utf8), ([0xEF, 0xBB, 0xBF] + Array(both.utf8), .utf8),
            (utf16, .utf16LittleEndian), ([0xFF, 0xFE] + utf16, .utf16LittleEndian),
            (swapped, .utf16BigEndian), ([0xFE, 0xFF] + swapped, .utf16BigEndian),
        ]
        for (bytes, encoding) in cases {
            let (texts, report) = try read(bytes)
            #expect(texts == expected, "\(encoding)")
            #expect(report.files.map(\.encoding) == [encoding])
        }
        let (western, westernReport) = try read(encoded(Self.line(Self.latin), .isoLatin1))
        #expect(western == [Self.latin])
        #expect(westernReport.files.map(\.encoding) == [.latin1])
        let line = Array("{\"text\": \"".utf8) + Self.chineseBytes + Array("\"}\n".utf8)
        let (eastern, easternReport) = try read(line + line)
        #expect(eastern == [Self.chinese, Self.chinese])
        #expect(easternReport.files.map(\.encoding) == [.gb18030])
    }

    @Test func detectionWaitsForTheFirstByteBeyondASCII() throws {
        let plain = Array(String(repeating: Self.line("plain words"), count: 60_000).utf8)
        let line = Array("{\"text\": \"".utf8) + Self.chineseBytes + Array("\"}\n".utf8)
        let (texts, report) = try read(plain + line + plain)
        #expect(texts.count == 120_001)
        #expect(texts[60_000] == Self.chinese)
        #expect(report.files.map(\.encoding) == [.gb18030])
    }

    @Test func brokenBytesNameLineAndByte() throws {
        let good = Array(Self.line(Self.chinese).utf8)
        let broken = good + Array("{\"text\": \"a".utf8) + [0xFF] + Array("b\"}\n".utf8) + good
        let (texts, report) = try read(broken, maximumBadRows: 1)
        #expect(texts == [Self.chinese, Self.chinese])
        #expect(report.samples.map(\.kind) == [.notUTF8])
        #expect(report.samples.map(\.place.line) == [2])
        #expect(report.samples.first?.message == "not UTF-8 at byte \(good.count + 11) (0xFF)")
        #expect(throws: DatasetError.self) { try read(broken) }

        let named =
            Array("{\"text\": \"a\"}\n{\"text\": \"".utf8) + [0xC4, 0x20] + Array("\"}\n{\"text\": \"b\"}\n".utf8)
        let (kept, chinese) = try read(named, .gb18030, maximumBadRows: 1)
        #expect(kept == ["a", "b"])
        #expect(chinese.samples.first?.message == "not GB18030 at byte 24 (0xC4)")
        #expect(chinese.samples.first?.place.line == 2)

        // Half a surrogate pair, and an odd byte at the end.
        let pair = encoded(Self.line("a"), .utf16LittleEndian) + [0x7B, 0, 0x3D, 0xD8, 0x7D, 0, 0x0A, 0, 0x0A]
        let (units, half) = try read(pair, .utf16, maximumBadRows: 2)
        #expect(units == ["a"])
        #expect(half.badRowKinds[.notUTF8] == 2)
    }

    @Test func namedEncodingsWin() throws {
        #expect(try read(Array("{\"text\": \"".utf8) + [0xE9, 0x22, 0x7D], .latin1).texts == ["\u{E9}"])
        #expect(try read(Array("{\"text\": \"".utf8) + [0x93, 0x22, 0x7D], .windows1252).texts == ["\u{201C}"])
        #expect(throws: DatasetError.self) { try read(Array("{\"text\": \"".utf8) + [0xE9, 0x22, 0x7D], .utf8) }
    }

    @Test(.needs("health/zh-toyhom-medical-dialogue")) func chineseTablesReadAsTheirTwins() throws {
        let folder = SharedData.url("health/zh-toyhom-medical-dialogue")
        let file = folder.appendingPathComponent("sample_IM_5000-6000.gb18030.csv").path
        let rows = try readFile(file)
        var named = InputSettings.strict
        named.encoding = .gb18030
        #expect(try readFile(file, named) == rows)
        #expect(rows.first?.fields["department"] == "\u{5FC3}\u{8840}\u{7BA1}\u{79D1}")
        var refused = InputSettings.strict
        refused.encoding = .utf8
        let error = #expect(throws: DatasetError.self) { try readFile(file, refused) }
        #expect(error?.problems.first?.kind == .notUTF8)
        // The reviews, written in GB 18030 by iconv's other direction, must come back as they are.
        try withTemporaryDirectory { folder in
            let twin = folder.appendingPathComponent("twin.csv")
            let members = rows[0].fields.members.map(\.key)
            func quoted(_ text: String) -> String { "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\"" }
            let lines = rows.map { row in
                members.map { quoted(row.fields[$0]?.string ?? "") }.joined(separator: ",")
            }
            try Data((members.joined(separator: ",") + "\n" + lines.joined(separator: "\n")).utf8).write(to: twin)
            #expect(try readFile(twin.path).map(\.fields) == rows.map(\.fields))
        }
    }

    @Test(.needs("media/snips")) func snipsReadsOrRefusesAsTold() throws {
        let folder = SharedData.url("media/snips")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        var refused: [String] = []
        for name in names where name.hasPrefix("train_") || name.hasPrefix("validate_") {
            let path = folder.appendingPathComponent(name).path
            var latin = InputSettings.strict
            latin.encoding = .latin1
            let rows = try readFile(path, latin)
            #expect(rows.count >= 100, "\(name)")
            do { _ = try readFile(path) } catch let error as DatasetError {
                refused.append(name)
                #expect(error.problems.first?.kind == .notUTF8)
                #expect(error.problems.first?.message == "not UTF-8 at byte 150732 (0xED)")
                var lenient = InputSettings.strict
                lenient.maximumBadRows = 1
                #expect(try readFile(path, lenient).count == rows.count - 1)
            }
        }
        #expect(refused == ["train_PlayMusic_full.json"])
    }

    /// Read as RFC 4180 has it, quotation marks join the set's ragged lines to whole rows; without quotation marks they are bad.
    @Test(.needs("retail/multidogo-fastfood")) func raggedLinesAreCounted() throws {
        let path = SharedData.url("retail/multidogo-fastfood/turn_train.tsv").path
        let reader = try RowReader(files: [path], settings: .strict)
        #expect(try readAll(reader).count == 14_059)
        #expect(reader.report.files.map(\.unevenLines) == [540])
        var settings = InputSettings.strict
        settings.quotes = .none
        let error = #expect(throws: DatasetError.self) {
            try RowReader(files: [path], settings: settings).forEach { _ in }
        }
        #expect(error?.problems.first?.kind == .ragged)
        #expect(error?.problems.first?.place.line == 74)
        settings.maximumBadRows = 540
        let lines = try RowReader(files: [path], settings: settings)
        #expect(try readAll(lines).count == 14_348 - 540)
        #expect(lines.report.badRowKinds == [.ragged: 540])
    }
}
