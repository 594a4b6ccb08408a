import Datasets
import Foundation
import JSON
import TestSupport
import Testing
import Vocabulary

private func rows(_ text: String, _ settings: DataSettings) throws -> [DataRow] {
    try withFile("a.jsonl", text) { try RowSet(files: [$0], settings: settings, hasTemplate: true).rows }
}

private func problem(_ text: String, _ settings: DataSettings) -> DatasetProblem? {
    do {
        _ = try rows(text, settings)
        return nil
    } catch { return (error as? DatasetError)?.problems.first }
}

private func turns(_ row: DataRow) -> [String] {
    guard case .conversation(let messages, let trained, _) = row.content else { return [] }
    return messages.enumerated().map { number, message in
        "\(message["role"]?.string ?? "?"): \(message["content"]?.string ?? "?")"
            + (trained.contains(number) ? " *" : "")
    }
}

@Suite struct RoleTests {
    @Test func rolesOfTheFileAreMapped() throws {
        let row = #"{"messages": [{"role": "client", "content": "a"}, {"role": "counselor", "content": "b"}]}"#
        var settings = DataSettings.test()
        let unknown = problem(row, settings)
        #expect(unknown?.kind == .noTarget)
        #expect(
            unknown?.hint
                == "the roles are client, counselor; data.roles says who is who, such as { client: assistant, counselor: user }"
        )
        settings.roles = ["client": "user", "counselor": "assistant"]
        #expect(try rows(row, settings).map(turns) == [["user: a", "assistant: b *"]])
    }

    @Test func rolesAreReadAsEverybodyMeansThem() throws {
        let row = #"{"messages": [{"role": "User ", "content": "a"}, {"role": " GPT", "content": "b"}]}"#
        #expect(try rows(row, .test()).map(turns) == [["user: a", "assistant: b *"]])
        var settings = DataSettings.test()
        settings.roles = ["User ": "assistant"]
        #expect(
            try rows(row, settings).map(turns) == [["assistant: a *", "assistant: b *"]], "the recipe's word counts")
    }

    @Test func whoAnswersIsAsked() {
        func hint(_ roles: [String]) -> String? {
            let turns = roles.map { "{\"role\": \"\($0)\", \"content\": \"a\"}" }.joined(separator: ", ")
            return problem("{\"messages\": [\(turns)]}", .test())?.hint
        }
        #expect(hint(["user"]) == "the roles are user, so nobody answers")
        #expect(
            hint(["user", "nurse"])
                == "the roles are nurse, user; data.roles: { nurse: assistant } if that is who answers")
    }

    @Test func turnsWithoutARoleTakeTheirs() throws {
        let row =
            #"{"messages": [{"message": "a"}, {"message": "b", "attrs": [1]}, {"message": "c"}, {"message": "d"}]}"#
        var settings = DataSettings.test(columns: ["content": "message"])
        #expect(problem(row, settings)?.hint?.contains("data.turn_roles") == true)
        settings.turnRoles = ["user", "assistant"]
        #expect(try rows(row, settings).map(turns) == [["user: a", "assistant: b *", "user: c", "assistant: d *"]])
    }

    @Test func messagesMayBeJSONInAText() throws {
        let row =
            #"{"messages": "[{\"role\": \"user\", \"content\": \"a\"}, {\"role\": \"assistant\", \"content\": \"b\"}]"}"#
        #expect(try rows(row, .test(.chat)).map(turns) == [["user: a", "assistant: b *"]])
    }

    @Test func callsStandAsJSONWhereNothingIsSaid() throws {
        let row =
            #"{"context": "[{\"role\": \"user\", \"text\": \"a latte\"}, {\"role\": \"agent\", \"api\": {\"find\": {\"name\": \"latte\"}}}, {\"role\": \"api\", \"response\": {\"found\": 1}}]", "generation": "{\"role\": \"agent\", \"text\": \"Large?\"}", "reward": 1}"#
        let set = try rows(row, .test())
        guard case .rated(let messages, let rating) = set[0].content else {
            Issue.record("not rated")
            return
        }
        #expect(rating == 1)
        #expect(messages.map { $0["role"]?.string } == ["user", "assistant", "tool", "assistant"])
        #expect(
            messages.map { $0["content"]?.string } == [
                "a latte", #"{"find":{"name":"latte"}}"#, #"{"found":1}"#, "Large?",
            ])
        // A turn that says nothing at all is told, not passed over.
        let silent = row.replacingOccurrences(of: #"\"text\": \"a latte\""#, with: #"\"mood\": \"good\""#)
        #expect(problem(silent, .test())?.message == "context[0] has no \"content\"")
    }

    @Test func rowsThatSayNothingAreBad() throws {
        for (row, format) in [
            (#"{"text": " \n"}"#, RowFormat.text), (#"{"text": "", "label": "a"}"#, .classification),
            (#"{"text": "a", "label": " "}"#, .classification),
            (#"{"prompt": "a", "completion": ""}"#, .promptCompletion),
            (#"{"instruction": "a", "output": ""}"#, .alpaca), (#"{"instruction": "", "output": "a"}"#, .alpaca),
            (#"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": ""}]}"#, .chat),
        ] {
            #expect(problem(row, .test(format))?.kind == .empty, "\(row)")
        }
        // A call has no words.
        let call =
            #"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": {}}}]}]}"#
        #expect(problem(call, .test()) == nil)
        #expect(problem(#"{"prompt": "", "completion": "a"}"#, .test()) == nil)
    }
}

@Suite struct FieldTemplateTests {
    private func text(_ template: String, _ row: String) throws -> String {
        let fields = try #require(try JSONValue(parsing: row).object)
        return try FieldTemplate(template).text(fields, ifNull: nil)
    }

    @Test func pathsLeadIntoFields() throws {
        let row = #"{"a": {"b": [{"c": "x"}, {"c": "y"}, {"d": 1}]}, "l": ["p", "q"], "e.f": "dot", "n": null}"#
        #expect(try text("{a.b.1.c}", row) == "y")
        #expect(try text("{a.b.*.c}", row) == "xy")
        #expect(try text("{a.b.*.c:, }", row) == "x, y")
        #expect(try text("{l.*:\n}", row) == "p\nq")
        #expect(try text("{l}", row) == #"["p","q"]"#)
        #expect(try text("{e.f}", row) == "dot")
        for missing in ["{a.x}", "{l.2}", "{n}", "{z}", "{l.0.x}"] {
            #expect(throws: FieldTemplateFault.self, "\(missing)") { try text(missing, row) }
        }
        #expect(try FieldTemplate("{l.*:, } {q}").sources == ["l.*", "l", "q"])
    }
}

@Suite struct KeyedRecordTests {
    private func read(_ text: String, records: String? = nil) throws -> [JSONObject] {
        var settings = InputSettings.strict
        settings.recordsField = records
        return try withFile("a.json", text) { try readFile($0, settings).map(\.fields) }
    }

    @Test func rowsByTheirNamesAreReadOnOneLineToo() throws {
        let one = try read(#"{"7": {"q": "a"}, "8": {"q": "b"}}"#)
        #expect(one.map { $0["id"] } == ["7", "8"])
        #expect(one.map { $0["q"] } == ["a", "b"])
        #expect(try read("{\n\"7\": {\"q\": \"a\"},\n \"8\": {\"q\": \"b\"}}") == one)
        // One row is a row.
        #expect(try read(#"{"prompt": "a", "completion": "b"}"#).map { $0["prompt"] } == ["a"])
        let pair = #"{"prompt": {"content": "q"}, "chosen": {"content": "a"}, "rejected": {"content": "b"}}"#
        #expect(try read(pair).count == 1)
    }

    @Test func codesWithTheirTitlesAreATable() throws {
        let members = (0..<100).map { "\"A\($0)\": [true, \"title \($0)\"]" }
        for text in ["{" + members.joined(separator: ", ") + "}", "{\n" + members.joined(separator: ",\n") + "\n}\n"] {
            let rows = try read(text)
            #expect(rows.count == 100)
            #expect(rows[99]["id"] == "A99")
            #expect(rows[99]["value"]?.array?.last == "title 99")
        }
        let few = try read("{\n\"a\": \"x\",\n\"b\": \"y\"}")
        #expect(few.map { $0["value"] } == ["x", "y"])
        // Of members of several kinds none is left out in silence.
        for text in ["{\n\"a\": \"x\",\n\"b\": [1]}", "{\n\"a\": \"x\",\n\"b\": 1,\n\"c\": \"y\"}"] {
            #expect(throws: DatasetError.self, "\(text)") { try read(text) }
            #expect(try read(text, records: "*").count == text.split(separator: "\n").count - 1)
        }
        #expect(throws: DatasetError.self) { try read("{\n\"a\": {\"q\": 1},\n\"b\": [1]}") }
    }
}

@Suite struct StrayQuoteTests {
    /// A mark that opens a quotation and was none must not swallow the rows up to the next one.
    @Test func rowsBetweenTwoStrayMarksAreNotSwallowed() throws {
        let text = "id\ttext\tlabel\n1\t\"  a\tx\n2\tb\ty\n3\tc\" d\tz\n4\te\tw\n"
        var settings = InputSettings.strict
        settings.maximumBadRows = 3
        try withFile("a.tsv", "id\tlabel\ttext\n1\tx\t\"  a\n2\ty\tb\n3\tz\tc\"\n4\tw\te\n") { path in
            let reader = try RowReader(files: [path], settings: settings)
            #expect(try readAll(reader).map { $0.fields["id"] } == ["2", "3", "4"])
            #expect(reader.report.samples.map(\.place.line) == [2])
            #expect(reader.report.samples.first?.hint?.contains("data.quotes: none") == true)
            var letters = InputSettings.strict
            letters.quotes = .none
            #expect(try readFile(path, letters).map { $0.fields["text"] } == ["\"  a", "b", "c\"", "e"])
        }
        try withFile("a.tsv", text) { path in
            let reader = try RowReader(files: [path], settings: settings)
            #expect(try readAll(reader).map { $0.fields["id"] } == ["2", "3", "4"])
            #expect(reader.report.samples.map(\.message) == ["text stands behind a closing quotation mark"])
        }
        // A cell of several lines is one.
        try withFile("a.tsv", "text\tid\tlabel\n\"a\nb\"\t1\tx\n\"c \t d\"\t2\ty\n") { path in
            let cells = try readFile(path).map { $0.fields["text"] }
            #expect(cells == ["a\nb", "c \t d"])
        }
    }
}
