import Datasets
import Foundation
import JSON
import Testing

/// Messages as a template gets them, whatever wrote them.
@Suite struct RegularMessageTests {
    private static let weather = """
        {"type": "function", "function": {"name": "rain", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}
        """

    private func row(_ text: String, file: String = "a.jsonl") throws -> DataRow {
        let fields = try #require(try JSONValue(parsing: text).object)
        let record = SourceRow(fields: fields, place: RowPlace(file: file, line: 1), index: 0)
        return try RowDecoder(format: .chat, columns: [:], labels: [], hasTemplate: true).row(record, index: 0)
    }

    private func conversation(_ text: String, file: String = "a.jsonl") throws -> (
        messages: [JSONValue], trained: [Int], extra: JSONObject
    ) {
        guard case .conversation(let messages, let trained, let extra) = try row(text, file: file).content else {
            throw DatasetError([])
        }
        return (messages, trained, extra)
    }

    private func problem(_ text: String) -> DatasetProblem? {
        do {
            _ = try row(text)
            return nil
        } catch { return (error as? DatasetError)?.problems.first }
    }

    private static func call(_ arguments: String, tools: String = "null") -> String {
        """
        {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": null, \
        "tool_calls": [{"id": "c", "type": "function", "function": {"name": "rain", "arguments": \(arguments)}}]}], \
        "tools": \(tools)}
        """
    }

    @Test func theOldFormOfACallIsACallOfATool() throws {
        for content in ["null", "\"\"", "\"I look.\""] {
            let messages = try conversation(
                """
                {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": \(content), \
                "function_call": {"name": "rain", "arguments": "{\\"city\\": \\"Oslo\\"}"}}]}
                """
            ).messages
            let function = messages[1]["tool_calls"]?.array?[0]["function"]
            #expect(function == ["name": "rain", "arguments": ["city": "Oslo"]], "\(content)")
        }
    }

    /// Nulls in a call are what a table filled in, and a call of no arguments is one of an empty object.
    @Test func nullsWithinACallSayNothing() throws {
        for call in [
            #"{"function": {"name": "rain", "arguments": null, "description": null, "strict": null}, "type": null}"#,
            #"{"function": {"name": "rain"}}"#, #"{"name": "rain", "arguments": ""}"#,
            #"{"function": null, "name": "rain", "arguments": null}"#,
        ] {
            let messages = try conversation(
                """
                {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "tool_calls": [\(call)]}]}
                """
            ).messages
            let found = messages[1]["tool_calls"]?.array?.first
            let function = found?["function"] ?? found
            #expect(function == ["name": "rain", "arguments": [:]], "\(call)")
        }
        for call in [
            #"{"function": null}"#, #"{"function": {"name": null, "arguments": {}}}"#, #"{"type": "function"}"#,
        ] {
            let found = problem(
                #"{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "tool_calls": [\#(call)]}]}"#)
            #expect(found?.message.contains("has no \"name\"") == true, "\(call)")
        }
    }

    @Test func flagsOfLossMayBeWords() throws {
        func trained(_ flag: String) throws -> [Int] {
            try conversation(
                """
                {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a", "train": \(flag)}, \
                {"role": "user", "content": "q"}, {"role": "assistant", "content": "b"}]}
                """
            ).trained
        }
        for flag in ["\"false\"", "\"False\"", "\"0\"", "0", "0.0", "false"] {
            #expect(try trained(flag) == [3], "\(flag)")
        }
        for flag in ["\"true\"", "\"1\"", "1", "null"] { #expect(try trained(flag) == [1, 3], "\(flag)") }
    }

    @Test func argumentsAreObjects() throws {
        func arguments(_ text: String, tools: String = "null", file: String = "a.jsonl") throws -> JSONValue? {
            let messages = try conversation(Self.call(text, tools: tools), file: file).messages
            #expect(messages[1]["content"] == nil)
            return messages[1]["tool_calls"]?.array?[0]["function"]?["arguments"]
        }
        #expect(try arguments(#"{"city": "Oslo"}"#) == ["city": "Oslo"])
        #expect(try arguments(#""{\"city\": \"Oslo\"}""#) == ["city": "Oslo"])
        #expect(try arguments(#""""#) == [:])
        // Null may be meant, unless the tool knows no such argument or the row comes from a table.
        let filled = #"{"city": "Oslo", "unit": null}"#
        #expect(try arguments(filled) == ["city": "Oslo", "unit": nil])
        #expect(try arguments(filled, tools: "[\(Self.weather)]") == ["city": "Oslo"])
        #expect(try arguments(filled, file: "a.parquet") == ["city": "Oslo"])
        for wrong in [#""city Oslo""#, #""[1]""#, "3", #""{\"a\": ""#] {
            let found = problem(Self.call(wrong))
            #expect(found?.message.hasPrefix("messages[1].tool_calls[0].function.arguments is ") == true, "\(wrong)")
        }
        #expect(problem(Self.call("{}").replacingOccurrences(of: #""name": "rain", "#, with: ""))?.kind == .wrongType)
    }

    @Test func nullsAndEmptyListsAreNotThere() throws {
        let messages = try conversation(
            """
            {"messages": [{"role": "user", "content": "q", "tool_calls": null, "tools": null}, \
            {"role": "assistant", "content": "a", "tool_calls": [], "name": null}], "tools": []}
            """
        ).messages
        #expect(messages == [["role": "user", "content": "q"], ["role": "assistant", "content": "a"]])
    }

    @Test func reasoningHasOneName() throws {
        for name in ["reasoning_content", "thinking", "reasoning"] {
            let messages = try conversation(
                #"{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "\#(name)": "r", "content": "a"}]}"#
            ).messages
            #expect(messages[1]["reasoning_content"] == "r")
            #expect(messages[1]["thinking"] == "r")
        }
    }

    @Test(arguments: ["weight", "loss", "train", "training", "trainable", "loss_mask"])
    func turnsAreTakenOutOfTheLossByAnyUsualName(name: String) throws {
        func row(_ value: String) -> String {
            """
            {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a", "\(name)": \(value)}, \
            {"role": "user", "content": "r"}, {"role": "assistant", "content": "b"}]}
            """
        }
        for (value, trained) in [("0", [3]), ("false", [3]), ("1", [1, 3]), ("true", [1, 3]), ("null", [1, 3])] {
            let found = try conversation(row(value))
            #expect(found.trained == trained, "\(value)")
            #expect(found.messages[1].object?.members.map(\.key) == ["role", "content"])
        }
        #expect(problem(row("0.5"))?.message == "messages[1].\(name) is 0.5: a turn's loss weighs 0 or 1")
        #expect(problem(row("0, \"weight\": 1"))?.kind == .wrongType)
    }

    @Test func toolsAreAListOfNamedFunctions() throws {
        func row(_ tools: String) -> String {
            #"{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}], "tools": \#(tools)}"#
        }
        func text(_ json: String) -> String { JSONValue.string(json).text() }
        for none in ["null", "[]", #""""#, text("null"), text("[]")] {
            #expect(try conversation(row(none)).extra["tools"] == nil, "\(none)")
        }
        let whole = try JSONValue(parsing: "[\(Self.weather)]")
        for same in ["[\(Self.weather)]", text("[\(Self.weather)]"), "[\(text(Self.weather))]"] {
            #expect(try conversation(row(same)).extra["tools"] == whole, "\(same)")
        }
        for wrong in [
            Self.weather, text(Self.weather), "3", "[3]", "[{}]", #"[{"type": "function", "function": {}}]"#,
            text("[{"),
        ] {
            #expect(problem(row(wrong))?.hint?.contains("a list of tools, each an object") == true, "\(wrong)")
        }
    }

    @Test func whatATableFilledInIsTakenOut() throws {
        let filled = """
            {"type": "function", "function": {"name": "rain", "description": null, "parameters": {"type": "object", \
            "properties": {"city": {"type": "string", "enum": null}, "unit": null}}}}
            """
        let tools = try conversation(
            #"{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}], "tools": [\#(filled)]}"#
        ).extra["tools"]
        #expect(tools == (try JSONValue(parsing: "[\(Self.weather)]")))
    }

    @Test func membersThatNobodyKnowsAreRemarked() throws {
        let found = try row(
            """
            {"messages": [{"role": "user", "content": "q", "mood": "good", "train": true}, \
            {"role": "assistant", "content": "a", "mood": "bad", "name": "x"}]}
            """)
        #expect(
            found.remarks == [
                RowRemark(.lossElsewhere), RowRemark(.unreadMember, detail: "mood"),
                RowRemark(.unreadMember, detail: "mood"),
            ])
    }
}
