// Calls of functions in pieces: the same as whole ones, in each form.

import JSON
import Server
import Serving
import TestSupport
import Testing
import Workbench

@Suite struct CallTests {
    /// The tiny model with a template that writes calls between tags.
    private static let service = Result {
        let template =
            "{% for t in tools %}{{ t.function.name }} {% endfor %}{% for m in messages %}{{ m.role }}: {{ m.content }}"
            + "{% for c in m.tool_calls %}<call>{{ {'name': c.function.name, 'arguments': c.function.arguments} | tojson }}"
            + "</call>{% endfor %}\n{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"
        let resolved = try ResolvedRecipe(
            model: TinyModel.chat.path,
            overrides: [
                "model.precision=fp32", "train.threads=1", "data.chat_template=" + JSONValue.string(template).text(),
            ], for: .serve)
        return ModelService(
            ServingEngine(try ServedModel(resolved, name: "tiny"), limits: ServingLimits(sequences: 2)),
            ServiceSettings())
    }

    private static let schema: JSONValue = [
        "type": "object", "required": ["city", "days"], "additionalProperties": false,
        "properties": [
            "city": ["type": "string", "maxLength": 6], "days": ["type": "integer", "minimum": 0, "maximum": 9],
        ],
    ]
    private static let asked: JSONValue = [["role": "user", "content": "Where is Tom?"]]

    private func told(_ path: String, _ body: JSONValue, streams: Bool) async throws -> Told {
        var members = try #require(body.object)
        members["stream"] = .bool(streams)
        let request = ServerRequest(
            method: "POST", path: path, headers: [("content-type", "application/json")],
            body: Array(JSONValue.object(members).text().utf8))
        let told = await Told(try Self.service.get().respond(to: request))
        #expect(told.status == 200, "\(told.text)")
        return told
    }

    /// The arguments parse and conform.
    private func expectArguments(_ text: String) throws {
        let value = try JSONValue(parsing: text)
        #expect(value.object?.members.map(\.key) == ["city", "days"], "\(text)")
        #expect(0...9 ~= value["days"]?.integer ?? -1)
    }

    @Test func chatsTellCallsAsTheyAreWritten() async throws {
        let function: JSONValue = ["name": "weather", "parameters": Self.schema]
        let body: JSONValue = [
            "messages": Self.asked, "temperature": 0, "max_tokens": 120, "tool_choice": "required",
            "parallel_tool_calls": false, "tools": [["type": "function", "function": function]],
        ]
        let whole = try await told("/v1/chat/completions", body, streams: false).json
        let call = try #require(whole.at("choices.0.message.tool_calls.0.function"))
        let arguments = try #require(call["arguments"]?.string)
        try expectArguments(arguments)
        let events = try await told("/v1/chat/completions", body, streams: true).events.map(\.data)
        let deltas = events.compactMap { $0.at("choices.0.delta.tool_calls.0") }
        #expect(deltas.first?.at("function.name") == "weather" && deltas.first?.at("function.arguments") == "")
        #expect(deltas.allSatisfy { $0["index"] == 0 } && deltas.dropFirst().allSatisfy { $0["id"] == nil })
        let pieces = deltas.compactMap { $0.at("function.arguments")?.string }
        #expect(pieces.joined() == arguments && pieces.count > 5, "\(pieces)")
        #expect(events.contains { $0.at("choices.0.finish_reason") == "tool_calls" })
        #expect(whole.at("choices.0.finish_reason") == "tool_calls")
    }

    @Test func responsesTellCallsAsTheyAreWritten() async throws {
        let body: JSONValue = [
            "input": Self.asked, "temperature": 0, "max_output_tokens": 120,
            "tools": [["type": "function", "name": "weather", "parameters": Self.schema]],
            "tool_choice": ["type": "function", "name": "weather"],
        ]
        let whole = try await told("/v1/responses", body, streams: false).json
        let item = try #require(whole.at("output.0"))
        let arguments = try #require(item["arguments"]?.string)
        try expectArguments(arguments)
        #expect(item["type"] == "function_call" && item["status"] == "completed")
        let events = try await told("/v1/responses", body, streams: true).events
        #expect(events.map { $0.data["sequence_number"]?.integer } == Array(0..<events.count))
        let deltas = events.filter { $0.name == "response.function_call_arguments.delta" }.map(\.data)
        #expect(deltas.compactMap { $0["delta"]?.string }.joined() == arguments && deltas.count > 5)
        let others = events.compactMap(\.name).filter { $0 != "response.function_call_arguments.delta" }
        #expect(
            others == [
                "response.created", "response.in_progress", "response.output_item.added",
                "response.function_call_arguments.done", "response.output_item.done", "response.completed",
            ])
        let last = try #require(events.last?.data["response"])
        #expect(last.at("output.0.arguments")?.string == arguments)
        #expect(Set(deltas.compactMap { $0["item_id"]?.string }) == [last.at("output.0.id")?.string ?? ""])
        // All that the form wants is there, with a value or null.
        let wanted = Set([
            "completed_at", "background", "service_tier", "top_logprobs", "max_tool_calls", "prompt_cache_key",
        ])
        for told in [last, whole] { #expect(wanted.isSubset(of: (told.object?.members ?? []).map(\.key))) }
        #expect(
            last.at("tools.0")?.object?.members.map(\.key).sorted() == [
                "description", "name", "parameters", "strict", "type",
            ])
    }

    @Test func messagesTellCallsAsTheyAreWritten() async throws {
        let body: JSONValue = [
            "model": "tiny", "messages": Self.asked, "temperature": 0, "max_tokens": 120,
            "tools": [["name": "weather", "input_schema": Self.schema]], "tool_choice": ["type": "any"],
        ]
        let whole = try await told("/v1/messages", body, streams: false).json
        let input = try #require(whole.at("content.0.input"))
        try expectArguments(input.text())
        let events = try await told("/v1/messages", body, streams: true).events.map(\.data)
        let begin = try #require(events.first { $0["type"] == "content_block_start" })
        #expect(begin.at("content_block.type") == "tool_use" && begin.at("content_block.name") == "weather")
        let pieces = events.compactMap { $0.at("delta.partial_json")?.string }
        #expect(try JSONValue(parsing: pieces.joined()).isSame(as: input) && pieces.count > 5)
    }
}
