// Calls of functions: their form found in templates, read back of answers, and held to by grammars.

import ChatTemplates
import Foundation
import Grammars
import JSON
import TestSupport
import Testing

/// A template that writes calls in some way, and an answer in it.
struct CallingTemplate: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let source: String
    /// An answer with one call of `weather`, as a model writes it.
    let answer: String
    /// Two calls; nil where the template has one alone.
    var two: String?

    private static let turns =
        "{% for m in messages %}<|s|>{{ m.role }}\n{{ m.content or '' }}{% if m.tool_calls %}CALLS{% endif %}<|e|>\n{% endfor %}"

    private static func template(_ calls: String) -> String {
        turns.replacingOccurrences(of: "CALLS", with: calls)
    }

    private static let arguments = #"{"city": "Paris", "days": 3}"#

    static let all: [CallingTemplate] = [
        CallingTemplate(
            testDescription: "tags",
            source: template(
                "{% for c in m.tool_calls %}{% if not loop.first %}\n{% endif %}<tool_call>\n{{ {'name': c.function.name, "
                    + "'arguments': c.function.arguments} | tojson }}\n</tool_call>{% endfor %}"),
            answer: "<tool_call>\n{\"name\": \"weather\", \"arguments\": \(arguments)}\n</tool_call>",
            two: "<tool_call>\n{\"name\": \"weather\", \"arguments\": \(arguments)}\n</tool_call>\n"
                + "<tool_call>\n{\"name\": \"time\", \"arguments\": {}}\n</tool_call>"),
        CallingTemplate(
            testDescription: "list",
            source: template(
                "[TOOL_CALLS] [{% for c in m.tool_calls %}{% if not loop.first %}, {% endif %}{{ {'name': c.function.name, "
                    + "'arguments': c.function.arguments, 'id': c.id} | tojson }}{% endfor %}]"),
            answer: "[TOOL_CALLS][{\"name\": \"weather\", \"arguments\": \(arguments)}]",
            two: "[TOOL_CALLS] [{\"name\": \"weather\", \"arguments\": \(arguments)}, "
                + "{\"name\": \"time\", \"arguments\": {}}]"),
        CallingTemplate(
            testDescription: "object alone",
            source: template(
                "{% if m.tool_calls | length > 1 %}{{ raise_exception('one at a time') }}{% endif %}"
                    + "{{ '{\"name\": \"' ~ m.tool_calls[0].function.name ~ '\", \"parameters\": ' }}"
                    + "{{ m.tool_calls[0].function.arguments | tojson }}{{ '}' }}"),
            answer: "{\"name\": \"weather\", \"parameters\": \(arguments)}"),
        CallingTemplate(
            testDescription: "named tags",
            source: template(
                "{% for c in m.tool_calls %}<function={{ c.function.name }}>{{ c.function.arguments | tojson }}</function>{% endfor %}"
            ),
            answer: "<function=weather>\(arguments)</function>",
            two: "<function=weather>\(arguments)</function><function=time>{}</function>"),
        CallingTemplate(
            testDescription: "named, with marks",
            source: template(
                "{% for c in m.tool_calls %}[TOOL_CALLS]{{ c.function.name }}[ARGS]{{ c.function.arguments | tojson }}{% endfor %}"
            ),
            answer: "[TOOL_CALLS]weather[ARGS]\(arguments)",
            two: "[TOOL_CALLS]weather[ARGS]\(arguments)[TOOL_CALLS]time[ARGS]{}"),
        CallingTemplate(
            testDescription: "within an object",
            source: template(
                "<calls>{% for c in m.tool_calls %}{{ {'type': 'function', 'function': {'arguments': c.function.arguments, "
                    + "'name': c.function.name}} | tojson }}{% if not loop.last %};{% endif %}{% endfor %}</calls>"),
            answer:
                "<calls>{\"type\": \"function\", \"function\": {\"arguments\": \(arguments), \"name\": \"weather\"}}</calls>",
            two: "<calls>{\"type\": \"function\", \"function\": {\"arguments\": \(arguments), \"name\": \"weather\"}};"
                + "{\"type\": \"function\", \"function\": {\"name\": \"time\", \"arguments\": {}}}</calls>"),
    ]

    func form() throws -> ToolCallForm { try #require(ToolCallForm(of: ChatTemplate(source: source))) }
}

@Suite struct ToolCallTests {
    private static let names = ["weather", "time"]

    /// What a reader makes of an answer that comes in pieces of `size` characters.
    private func read(_ answer: String, _ form: ToolCallForm, size: Int) -> (text: String, calls: [ToolCall]) {
        var (text, calls) = ("", [ToolCall]())
        for piece in pieces(answer, form, size: size) {
            switch piece {
            case .text(let more): text += more
            case .call(let call): calls.append(call)
            case .began, .arguments, .ended: Issue.record("\(piece) of an answer that is not held to calls")
            }
        }
        return (text, calls)
    }

    private func pieces(
        _ answer: String, _ form: ToolCallForm, size: Int, isHeld: Bool = false
    ) -> [ToolCallPiece] {
        var reader = ToolCallReader(form, names: Self.names, isHeld: isHeld)
        var pieces: [ToolCallPiece] = []
        var rest = answer[...]
        while !rest.isEmpty {
            pieces += reader.take(String(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        return pieces + reader.finish()
    }

    /// What comes in pieces, put together; calls that do not end are none.
    private func joined(_ pieces: [ToolCallPiece]) -> (text: String, calls: [ToolCall]) {
        var (text, calls) = ("", [ToolCall]())
        var open: (name: String, arguments: String)?
        for piece in pieces {
            switch piece {
            case .text(let more): text += more
            case .call(let call): calls.append(call)
            case .began(let name): open = (name, "")
            case .arguments(let more): open?.arguments += more
            case .ended: calls.append(ToolCall(name: open?.name ?? "", arguments: open?.arguments ?? ""))
            }
        }
        return (text, calls)
    }

    private func expectWeather(_ call: ToolCall?) throws {
        let call = try #require(call)
        #expect(call.name == "weather")
        let arguments = try JSONValue(parsing: Array(call.arguments.utf8))
        #expect(arguments.isSame(as: ["city": "Paris", "days": 3]))
    }

    @Test(arguments: CallingTemplate.all) func callsAreReadBack(_ template: CallingTemplate) throws {
        let form = try template.form()
        #expect(form.allowsSeveral == (template.two != nil))
        for size in [1, 3, 1000] {
            let (text, calls) = read(template.answer, form, size: size)
            #expect(text == "" && calls.count == 1)
            try expectWeather(calls.first)
            guard let two = template.two else { continue }
            let both = read(two, form, size: size)
            #expect(both.text == "" && both.calls.map(\.name) == ["weather", "time"])
            try expectWeather(both.calls.first)
        }
    }

    @Test(arguments: CallingTemplate.all) func whatIsNoCallStaysText(_ template: CallingTemplate) throws {
        let form = try template.form()
        let cut = String(template.answer.prefix(template.answer.count * 2 / 3))
        let wrong = template.answer.replacingOccurrences(of: "\"Paris\"", with: "Paris")
        for answer in [
            "", "It rains.", "{", "{\"answer\": 42}", "a < b, [1], {x}", "<tool_cal", "[TOOL", cut, wrong,
            "é😀 {\"name\": \"nobody\", \"parameters\": {}}", "{\"name\": \"nobody\", \"parameters\": {}}",
        ] {
            for size in [1, 2, 1000] {
                let (text, calls) = read(answer, form, size: size)
                #expect(text == answer && calls.isEmpty, "\(answer)")
            }
        }
    }

    @Test(arguments: CallingTemplate.all.prefix(2)) func textAroundCallsIsKept(_ template: CallingTemplate) throws {
        let form = try template.form()
        let (text, calls) = read("Let me look.\n" + template.answer + " Done.", form, size: 4)
        #expect(text == "Let me look.\n Done." && calls.count == 1)
        // What breaks off is closed by the end.
        let open = template.answer.replacingOccurrences(of: "\n</tool_call>", with: "").replacingOccurrences(
            of: "}]", with: "}")
        let (rest, some) = read(open, form, size: 5)
        #expect(rest == "" && some.count == 1)
    }

    @Test(arguments: CallingTemplate.all) func grammarsWriteCalls(_ template: CallingTemplate) throws {
        let form = try template.form()
        let vocabulary = try GrammarVocabulary.tiny.get()
        let tools = [
            CallableTool(
                name: "weather",
                parameters: [
                    "type": "object", "required": ["city", "days"],
                    "properties": ["city": ["type": "string", "maxLength": 5], "days": ["$ref": "#/$defs/days"]],
                    "$defs": ["days": ["type": "integer", "minimum": 1, "maximum": 9]],
                ]),
            CallableTool(name: "time", parameters: nil),
        ]
        for isSingle in [true, false] {
            let grammar = try ToolCallGrammar(form, tools, isSingle: isSingle, vocabulary.pieces)
            for seed in 0..<12 {
                let walk = GrammarWalk(grammar, vocabulary, limit: 160, seed: seed)
                #expect(walk.isComplete && walk.fault == nil)
                let answer = String(decoding: vocabulary.bytes(walk.tokens), as: UTF8.self)
                let (text, calls) = read(answer, form, size: 7)
                #expect(text == "" && !calls.isEmpty, "\(answer)")
                #expect(!isSingle && form.allowsSeveral || calls.count == 1, "\(answer)")
                try expectPieces(answer, form, calls)
                for call in calls {
                    let arguments = try JSONValue(parsing: Array(call.arguments.utf8))
                    guard call.name == "weather" else {
                        #expect(arguments == [:], "a function that names no parameters has none")
                        continue
                    }
                    #expect(1...9 ~= arguments["days"]?.integer ?? 0)
                    #expect(arguments["city"]?.string?.unicodeScalars.count ?? 9 <= 5)
                }
            }
        }
        let wrong = CallableTool(name: "other", parameters: ["type": "object", "unevaluatedProperties": false])
        let error = #expect(throws: GrammarError.self) {
            _ = try ToolCallGrammar(form, tools + [wrong], isSingle: true, vocabulary.pieces)
        }
        #expect(error?.place == "other#")
    }

    /// The answer of a grammar in pieces: the same calls, names before arguments, and these as they are written.
    private func expectPieces(_ answer: String, _ form: ToolCallForm, _ calls: [ToolCall]) throws {
        for size in [1, 5, 1000] {
            let (text, held) = joined(pieces(answer, form, size: size, isHeld: true))
            #expect(text == "" && held.map(\.name) == calls.map(\.name), "\(answer)")
            for (one, other) in zip(held, calls) {
                #expect(answer.contains(one.arguments))
                let values = try [one, other].map { try JSONValue(parsing: Array($0.arguments.utf8)) }
                #expect(values[0].isSame(as: values[1]), "\(answer)")
            }
        }
        let single = pieces(answer, form, size: 1, isHeld: true)
        let told = single.filter { if case .arguments = $0 { true } else { false } }
        #expect(told.count >= 2 * calls.count, "each brace is told as it comes")
        // Cut within its arguments, a call has begun and has not ended.
        let first = try #require(joined(single).calls.first?.arguments)
        let place = try #require(answer.range(of: first))
        let cut = pieces(answer[..<place.lowerBound] + "{", form, size: 3, isHeld: true)
        #expect(cut.suffix(2) == [.began(name: calls[0].name), .arguments("{")], "\(answer)")
    }

    @Test func specialTokensAreWrittenAsThemselves() throws {
        // Bytes, then a token that opens calls and one that ends a generation.
        let pieces = TokenPieces(
            bytes: (0..<256).map { [UInt8($0)] } + [[], []], ends: [257],
            specials: [(text: Array("[TOOL_CALLS]".utf8), token: 256)])
        let form = try CallingTemplate.all[1].form()
        let grammar = try ToolCallGrammar(form, [CallableTool(name: "time", parameters: nil)], isSingle: true, pieces)
        var state = grammar.makeState()
        var mask = TokenMask(count: 258)
        state.allowed(&mask)
        #expect(mask.tokens == [256])
        let shortest = state.shortestCompletion()
        #expect(shortest.first == 256)
        let isTaken = state.takes(shortest)
        #expect(isTaken && state.isComplete)
        let text = shortest.map { $0 < 256 ? String(UnicodeScalar(UInt8($0))) : "[TOOL_CALLS]" }.joined()
        #expect(read(text, form, size: 3).calls == [ToolCall(name: "time", arguments: "{}")])
    }

    @Test func templatesWithoutCallsHaveNoForm() throws {
        for source in [
            "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}", "nothing",
            "{% for m in messages %}{{ m.content }}{% for c in m.tool_calls or [] %}{{ c.function.name }}{% for k, v in "
                + "c.function.arguments.items() %}<{{ k }}>{{ v }}</{{ k }}>{% endfor %}{% endfor %}{% endfor %}",
        ] { #expect(ToolCallForm(of: try ChatTemplate(source: source)) == nil) }
    }

    /// Templates that models were published with.
    @Test(.enabled(if: SharedData.has("vectors/jinja"))) func publishedTemplatesHaveForms() throws {
        let cases = try GrammarVocabulary.json(SharedData.url("vectors/jinja/hfjs-e2e.json"))
        for name in [
            "Qwen/Qwen2.5-7B-Instruct", "Qwen/Qwen3-0.6B", "meta-llama/Llama-3.1-8B-Instruct",
            "CISCai/Mistral-7B-Instruct-v0.3-SOTA-GGUF", "HuggingFaceTB/SmolLM3-3B",
        ] {
            let source = try #require(cases[name]?["chat_template"]?.string)
            let extra = JSONObject([("bos_token", "<s>"), ("eos_token", "</s>")])
            let form = try #require(ToolCallForm(of: ChatTemplate(source: source), extra: extra), "\(name)")
            let answers = CallingTemplate.all[..<3].map { read($0.answer, form, size: 5).calls.count }
            #expect(answers.reduce(0, +) == 1, "\(name)")
        }
    }
}
