import Datasets
import Foundation
import JSON
import TestSupport
import Testing

/// All rows of a source.
func readAll(_ source: any RowSource) throws -> [SourceRow] {
    var rows: [SourceRow] = []
    try source.forEach { rows.append($0) }
    return rows
}

func readFile(_ path: String, _ settings: InputSettings = .strict) throws -> [SourceRow] {
    try readAll(RowReader(files: [path], settings: settings))
}

@Suite struct RowStreamTests {
    @Test func rowsLargerThanAChunkAreWhole() throws {
        // Chunks are 256 KiB: rows below, around and above, so that borders fall everywhere.
        let lengths = [1, 262_130, 262_144, 3, 900_000, 262_120, 10, 524_288, 7]
        let rows = lengths.enumerated().map { index, length in
            (0..<length).map { String(UnicodeScalar(UInt8(97 + ($0 + index) % 26))) }.joined()
        }
        let lines = rows.map { "{\"text\": \"\($0)\"}\n" }.joined()
        let table = "text,n\r\n" + rows.enumerated().map { "\"\($1)\n\"\"\",\($0)\r\n" }.joined()
        let list = "[\n" + rows.map { "{\"text\": \"\($0)\"}" }.joined(separator: ",\n") + "]\n"
        try withFile("a.jsonl", lines) { path in
            let read = try readFile(path)
            #expect(read.map { $0.fields["text"]?.string } == rows)
            #expect(read.map(\.place.line) == Array(1...rows.count))
            #expect(read.map(\.index) == Array(rows.indices))
        }
        try withFile("a.csv", table) { path in
            let read = try readFile(path)
            #expect(read.map { $0.fields["text"]?.string } == rows.map { $0 + "\n\"" })
            #expect(read.map(\.place.line) == rows.indices.map { 2 + 2 * $0 })
        }
        try withFile("a.json", list) { path in
            let read = try readFile(path)
            #expect(read.map { $0.fields["text"]?.string } == rows)
            #expect(read.map(\.place.line) == rows.indices.map { 2 + $0 })
        }
    }

    @Test func aRowBeyondTheLimitIsBadAndTheNextIsRead() throws {
        let large = String(repeating: "x", count: 1 << 20)
        var settings = InputSettings.strict
        settings.maximumRowBytes = 1000
        settings.maximumBadRows = 1
        try withFile("a.jsonl", "{\"text\": \"a\"}\n{\"text\": \"\(large)\"}\n{\"text\": \"b\"}\n") { path in
            let reader = try RowReader(files: [path], settings: settings)
            #expect(try readAll(reader).map { $0.fields["text"]?.string } == ["a", "b"])
            #expect(reader.report.badRowKinds == [.rowTooLarge: 1])
            #expect(reader.report.samples.first?.place.line == 2)
            settings.maximumBadRows = 0
            let error = #expect(throws: DatasetError.self) { try readFile(path, settings) }
            #expect(error?.problems.first?.place.line == 2)
        }
        for (name, text) in [("a.csv", "text\n\"\(large)\"\n"), ("a.json", "[{\"text\": \"\(large)\"}]")] {
            try withFile(name, text) { path in
                let error = #expect(throws: DatasetError.self) { try readFile(path, settings) }
                #expect(error?.problems.first?.kind == .rowTooLarge)
            }
        }
    }

    @Test func badRowsAreCountedUpToTheLimit() throws {
        let text = "{\"text\": \"a\"}\n{\"text\": }\n[1]\n{\"text\": \"b\"}\n{\"a\": 1, \"a\": 2}\n"
        var settings = InputSettings.strict
        settings.maximumBadRows = 3
        try withFile("a.jsonl", text) { path in
            let reader = try RowReader(files: [path], settings: settings)
            let rows = try readAll(reader)
            #expect(rows.map(\.place.line) == [1, 4])
            #expect(reader.report.badRows == 3)
            #expect(reader.report.badRowKinds == [.syntax: 2, .wrongType: 1])
            #expect(reader.report.files.map(\.badRows) == [3])
            #expect(throws: DatasetError.self) {
                try reader.reject(DatasetError([DatasetProblem(.wrongType, rows[0].place, "no")]))
            }
            settings.maximumBadRows = 1
            let stopped = try RowReader(files: [path], settings: settings)
            _ = try stopped.next()
            let error = #expect(throws: DatasetError.self) { try stopped.next() }
            #expect(error?.count == 2)
            settings.badRows = .countAll
            let whole = #expect(throws: DatasetError.self) { try readFile(path, settings) }
            #expect(whole?.count == 3)
        }
    }

    @Test func patternsNameFilesInOrder() throws {
        try withTemporaryDirectory { folder in
            for name in ["b.jsonl", "a.jsonl", "c.txt"] {
                try Data("{\"text\": \"\(name)\"}\n".utf8).write(to: folder.appendingPathComponent(name))
            }
            let rows = try readFile(folder.path + "/*.jsonl")
            #expect(rows.map { $0.fields["text"]?.string } == ["a.jsonl", "b.jsonl"])
            #expect(throws: DatasetError.self) { try readFile(folder.path + "/*.csv") }
        }
    }

    @Test func wrappedListsAndNamedRowsAreRead() throws {
        let texts = [
            "{\"version\": \"1\", \"data\": [{\"text\": \"a\"}, {\"text\": \"b\"}], \"more\": [1, {}]}",
            "{\n\"rows\": [\n{\"text\": \"a\"},\n{\"text\": \"b\"}\n]\n}",
            "{\"data\": [{\"text\": \"a\"}, {\"text\": \"b\"}]}",
            "{\n\"first\": {\"text\": \"a\"},\n\"second\": {\"text\": \"b\"}}",
            "{\"text\": \"a\"}\n{\"text\": \"b\"}",
            "[{\"text\": \"a\"}, {\"text\": \"b\"}]",
        ]
        for text in texts {
            try withFile("a.json", text) { path in
                let found = try readFile(path).map { $0.fields["text"]?.string }
                #expect(found == ["a", "b"], "\(text)")
            }
        }
        try withFile("a.json", texts[3]) { path in
            let found = try readFile(path).map { $0.fields["id"]?.string }
            #expect(found == ["first", "second"])
        }
        for text in [
            "[{\"text\": \"a\"},]", "[{\"text\": \"a\"} {\"text\": \"b\"}]", "[{\"text\": \"a\"}", "[]]", "{\n}",
        ] {
            try withFile("a.json", text) { path in
                _ = #expect(throws: DatasetError.self, "\(text)") { try readFile(path) }
            }
        }
    }

    @Test func plainTextIsCutAsAsked() throws {
        try withFile("a.txt", "one\r\ntwo\n\n \nthree\n") { path in
            var settings = InputSettings.strict
            func texts() throws -> [String?] { try readFile(path, settings).map { $0.fields["text"]?.string } }
            let found3 = try texts()
            #expect(found3 == ["one", "two", "three"])
            settings.documents = .paragraph
            let found4 = try texts()
            #expect(found4 == ["one\ntwo", "three"])
            settings.documents = .file
            let found5 = try texts()
            #expect(found5 == ["one\ntwo\n\n \nthree"])
        }
    }

    @Test func tablesWithoutAHeaderTakeNames() throws {
        try withFile("a.tsv", "1\tx\n2\ty\n") { path in
            var settings = InputSettings.strict
            settings.columnNames = ["label", "text"]
            let found = try readFile(path, settings).map { $0.fields["text"]?.string }
            #expect(found == ["x", "y"])
        }
    }

    @Test func zstdIsRead() throws {
        // `{"text": "a b"}` and a line break, packed by zstd(1).
        let packed: [UInt8] = [
            40, 181, 47, 253, 4, 88, 129, 0, 0, 123, 34, 116, 101, 120, 116, 34, 58, 32, 34, 97, 32, 98, 34, 125, 10,
            210, 197, 38, 165,
        ]
        for bytes in [packed, packed + packed] {
            try withFile("a.jsonl.zst", bytes) { path in
                let found = try readFile(path).count
                #expect(found == bytes.count / packed.count)
            }
        }
        for length in 0..<packed.count {
            try withFile("a.jsonl.zst", Array(packed[..<length])) { path in
                _ = #expect(throws: DatasetError.self, "\(length)") { try readFile(path) }
            }
        }
    }

    @Test func theDigestIsThatOfTheFile() throws {
        try withFile("a.jsonl", "{\"text\": \"a\"}\n") { path in
            let reader = try RowReader(files: [path], settings: .strict)
            _ = try readAll(reader)
            #expect(
                reader.report.files.map(\.digest) == [
                    "7c24616314d4c7ddcc755cd2cb42baf4e49ac41b1492fa02c30adc34e1cb2e5d"
                ])
            #expect(reader.report.files.map(\.byteCount) == [14])
        }
    }
}
