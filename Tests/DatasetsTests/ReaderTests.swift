import Datasets
import Foundation
import JSON
import TestSupport
import Testing
import Vocabulary

private func problem(
    _ name: String, _ text: String, _ settings: DataSettings = .test(), renderer: ToyRenderer? = .chatML
) -> DatasetProblem? {
    do {
        _ = try prepare(name, text, settings, renderer: renderer)
        return nil
    } catch { return (error as? DatasetError)?.problems.first }
}

@Suite struct ReaderTests {
    @Test func formatsAreTold() throws {
        let rows: [(String, RowFormat)] = [
            (#"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}"#, .chat),
            (#"{"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}"#, .sharegpt),
            (#"{"prompt": "a", "completion": "b"}"#, .promptCompletion),
            (#"{"instruction": "a", "input": "", "output": "b"}"#, .alpaca),
            (#"{"text": "a b"}"#, .text),
            (#"{"text": "a", "label": "b"}"#, .classification),
        ]
        for (row, format) in rows { #expect(try prepare("a.jsonl", row).report.format == format) }
    }

    @Test func formatsOfOneConversationGiveTheSameTokens() throws {
        let chat = try prepare(
            "a.jsonl",
            #"{"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "q\nx"}, {"role": "assistant", "content": "b"}]}"#
        )
        let same = [
            #"{"system": "s", "conversations": [{"from": "human", "value": "q\nx"}, {"from": "gpt", "value": "b"}]}"#,
            #"{"system": "s", "instruction": "q", "input": "x", "output": "b"}"#,
            #"{"system": "s", "text": "q\nx", "label": "b"}"#,
            #"{"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": [{"type": "text", "text": "q\nx"}]}, {"role": "assistant", "content": "b"}]}"#,
        ]
        for row in same {
            let other = try prepare("a.jsonl", row)
            #expect(other.examples.map(\.ids) == chat.examples.map(\.ids), "\(row)")
            #expect(other.examples.map(\.isTarget) == chat.examples.map(\.isTarget), "\(row)")
        }
    }

    @Test func columnsAreMapped() throws {
        let settings = DataSettings.test(columns: ["prompt": "question", "completion": "answer"])
        let set = try prepare("a.jsonl", #"{"question": "a", "answer": " b"}"#, settings, renderer: nil)
        #expect(set.report.format == .promptCompletion)
        let missing = problem(
            "a.jsonl", #"{"question": "a", "answer": "b"}"# + "\n" + #"{"question": "a"}"#, settings, renderer: nil)
        #expect(missing?.kind == .missingField)
        #expect(missing?.place.line == 2)
    }

    @Test func tablesFollowTheStandard() throws {
        let text = "prompt,completion\r\n\"a, \"\"b\"\"\r\nc\",d\r\n\r\ne,\"f\"\n"
        try withFile("a.csv", text) { path in
            let set = try RowSet(files: [path], settings: .test(), hasTemplate: false)
            #expect(
                set.rows.map(\.content) == [
                    .completion(prompt: "a, \"b\"\r\nc", completion: "d"), .completion(prompt: "e", completion: "f"),
                ])
            #expect(set.rows.map(\.place.line) == [2, 5])
        }
        try withFile("a.tsv", "text\tlabel\na, b\tx") { path in
            let set = try RowSet(files: [path], settings: .test(), hasTemplate: false)
            #expect(set.rows.map(\.label) == ["x"])
        }
    }

    @Test func faultsOfTablesNameTheLine() {
        let ragged = problem("a.csv", "text,label\na,b\n\"c\nd\",e\nf\n")
        #expect(ragged?.kind == .ragged)
        #expect(ragged?.place.line == 5)
        let open = problem("a.csv", "text,label\na,b\n\"c,d\n")
        #expect(open?.kind == .syntax)
        #expect(open?.place.line == 3)
        #expect(problem("a.csv", "text,label\n\"a\"b,c\n")?.kind == .syntax)
        #expect(problem("a.csv", "text,text\na,b\n")?.kind == .syntax)
        #expect(problem("a.csv", "text,label\n")?.kind == .empty)
    }

    @Test func faultsOfJSONNameTheLine() {
        let broken = problem("a.jsonl", "{\"text\": \"a b\"}\n\n{\"text\": }\n")
        #expect(broken?.kind == .syntax)
        #expect(broken?.place.line == 3)
        #expect(problem("a.json", "[\n{\"text\": \"a b\"},\n{\"text\": 5}]")?.place.line == 3)
        #expect(problem("a.json", "[\n{\"text\": \"a b\"},\n{]")?.place.line == 3)
        #expect(problem("a.json", "{\n\"data\": []}")?.kind == .syntax)
        #expect(problem("a.jsonl", "[1]")?.kind == .wrongType)
        #expect(problem("a.jsonl", "{\"text\": \"a\", \"text\": \"b\"}")?.kind == .syntax)
        #expect(problem("a.jsonl", "{\"words\": \"a\"}")?.kind == .unknownFormat)
    }

    @Test func faultsOfMessagesNameTheRow() {
        #expect(problem("a.jsonl", #"{"messages": []}"#)?.kind == .wrongType)
        #expect(problem("a.jsonl", #"{"messages": "a"}"#)?.kind == .wrongType)
        #expect(problem("a.jsonl", #"{"messages": [{"role": "user"}]}"#)?.kind == .wrongType)
        #expect(problem("a.jsonl", #"{"messages": [{"content": "a"}]}"#)?.kind == .wrongType)
        #expect(
            problem("a.jsonl", #"{"prompt": "a", "completion": [{"role": "assistant", "content": "a"}]}"#)?.kind
                == .wrongType)
        #expect(
            problem("a.jsonl", #"{"messages": [{"role": "user", "content": [{"type": "image"}]}]}"#)?.message
                == "messages[0].content holds a part that is no text (image)")
    }

    @Test func conversationsNeedATemplate() {
        let found = problem(
            "a.jsonl", #"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}"#,
            renderer: nil)
        #expect(found?.kind == .noTemplate)
        #expect(found?.hint?.contains("data.chat_template") == true)
    }

    @Test func labelsAreChecked() throws {
        let settings = DataSettings.test(labels: ["no", "yes"])
        #expect(problem("a.jsonl", #"{"text": "a", "label": "maybe"}"#, settings)?.kind == .unknownLabel)
        try withFile("a.jsonl", #"{"text": "a", "label": 1}"#) { path in
            let set = try RowSet(files: [path], settings: settings, hasTemplate: false)
            #expect(set.rows[0].label == "yes")
            #expect(set.labels == ["yes"])
        }
    }

    @Test func everyFaultIsTold() {
        let text = (0..<30).map { _ in #"{"text": 1}"# }.joined(separator: "\n")
        let error = #expect(throws: DatasetError.self) { try prepare("a.jsonl", #"{"text": "a b"}"# + "\n" + text) }
        #expect(error?.count == 30)
        #expect(error?.problems.count == 20)
        // The same said of many rows is one line, with how many there are.
        #expect(error?.description.hasPrefix("30 rows: ") == true)
        for line in 2...4 { #expect(error?.description.contains("a.jsonl:\(line)") == true) }
    }

    @Test func filesThatCannotBeReadAreNamed() throws {
        func kind(_ file: String) -> DatasetProblem.Kind? {
            do {
                _ = try RowSet(files: [file], settings: .test(), hasTemplate: false)
                return nil
            } catch { return error.problems.first?.kind }
        }
        #expect(kind("/nowhere/a.jsonl") == .absent)
        #expect(kind("a.parquet") == .absent)
        #expect(kind("a.docx") == .unsupported)
        for (file, help) in [("a.XLSX", "the sheet as CSV"), ("a.db", "the table as CSV"), ("a.md", "data.layout")] {
            let error = #expect(throws: DatasetError.self) {
                _ = try RowSet(files: [file], settings: .test(), hasTemplate: false)
            }
            #expect(error?.description.contains(help) == true, "\(file)")
        }
        try withTemporaryDirectory { folder in
            let path = folder.appendingPathComponent("folder.jsonl")
            try FileManager.default.createDirectory(at: path, withIntermediateDirectories: false)
            #expect(kind(path.path) == .unreadable)
        }
        #expect(problem("a.jsonl", "")?.kind == .empty)
        #expect(problem("a.jsonl", "\n \n")?.kind == .empty)
        #expect(problem("a.json", "[]")?.kind == .empty)
    }

    @Test func brokenUTF8IsNamed() throws {
        var settings = DataSettings.test()
        settings.input.encoding = .utf8
        try withFile("a.jsonl", Array("{\"text\": \"a\"}\n{\"text\": \"".utf8) + [0xC4, 0xE3, 0x22, 0x7D]) { path in
            let error = #expect(throws: DatasetError.self) {
                try RowSet(files: [path], settings: settings, hasTemplate: false)
            }
            #expect(error?.problems.first?.message == "not UTF-8 at byte 24 (0xC4)")
            #expect(error?.problems.first?.kind == .notUTF8)
            #expect(error?.problems.first?.place.line == 2)
        }
        let marked = try prepare("a.jsonl", "\u{FEFF}{\"text\": \"a b\"}")
        #expect(marked.examples.count == 1)
    }

    @Test func mutatedFilesNeverCrash() throws {
        let table = "text,label\n\"a, \"\"b\"\"\nc\",d\ne,f\n"
        let lines = #"{"messages": [{"role": "user", "content": "é日"}, {"role": "assistant", "content": "b"}]}"# + "\n"
        var state: UInt64 = 11
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        try withTemporaryDirectory { folder in
            for (name, text) in [("a.csv", table), ("a.jsonl", lines), ("a.json", "[" + lines + "]")] {
                let path = folder.appendingPathComponent(name).path
                for _ in 0..<120 {
                    var bytes = Array(text.utf8)
                    for _ in 0...next(4) { bytes[next(bytes.count)] = UInt8(next(256)) }
                    if next(3) == 0 { bytes.removeLast(next(bytes.count)) }
                    try Data(bytes).write(to: URL(fileURLWithPath: path))
                    _ = try? PreparedDataset(
                        files: [path], encoder: ToyEncoder(), renderer: ToyRenderer.chatML, settings: .test())
                }
            }
        }
    }
}

@Suite struct GzipTests {
    /// The gzip of `{"text": "a b"}` and a line break, made by gzip(1).
    private static let packed: [UInt8] = [
        31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 42, 73, 173, 40, 81, 178, 82, 80, 74, 84, 72, 82, 170, 229, 2, 0, 140,
        188, 207, 70, 16, 0, 0, 0,
    ]

    @Test func packedFilesAreRead() throws {
        for bytes in [Self.packed, Self.packed + Self.packed] {
            try withFile("a.jsonl.gz", bytes) { path in
                let set = try RowSet(files: [path], settings: .test(), hasTemplate: false)
                #expect(set.rows.count == bytes.count / Self.packed.count)
            }
        }
    }

    @Test func damagedPackedFilesAreErrors() throws {
        for length in 0..<Self.packed.count {
            _ = try withFile("a.jsonl.gz", Array(Self.packed[..<length])) { path in
                #expect(throws: DatasetError.self) { try RowSet(files: [path], settings: .test(), hasTemplate: false) }
            }
        }
        for index in Self.packed.indices {
            var bytes = Self.packed
            bytes[index] ^= 0xFF
            try withFile("a.jsonl.gz", bytes) { path in
                _ = try? RowSet(files: [path], settings: .test(), hasTemplate: false)
            }
        }
        _ = try withFile("a.jsonl.gz", Self.packed + [1, 2, 3]) { path in
            #expect(throws: DatasetError.self) { try RowSet(files: [path], settings: .test(), hasTemplate: false) }
        }
    }
}
