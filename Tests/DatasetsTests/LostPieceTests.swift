import ChatTemplates
import Datasets
import Foundation
import JSON
import Testing

/// What a row says reaches the text, or it is said.
@Suite struct LostPieceTests {
    /// Renders roles and texts, and nothing else.
    private static let plain =
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m['content'] + '' }}<|im_end|>\n{% endfor %}"
        + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"

    private static let withTools =
        "{% if tools %}<|im_start|>system\n{{ tools | tojson }}<|im_end|>\n{% endif %}"
        + "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.content is defined %}{{ m.content }}{% else %}∅{% endif %}"
        + "{% for c in m.tool_calls or [] %}{{ c.function.name }} {{ c.function.arguments | tojson }}{% endfor %}<|im_end|>\n"
        + "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"

    private func template(_ source: String, tools: String? = nil, date: String = "2025-01-01") throws
        -> TemplateRenderer
    {
        TemplateRenderer(
            try ChatTemplate(source: source), toolTemplate: try tools.map { try ChatTemplate(source: $0) },
            variables: JSONObject(), date: try #require(TemplateClock(date: date)))
    }

    private func prepared(_ row: String, _ source: String, tools: String? = nil) throws -> PreparedDataset {
        try withFile("a.jsonl", row) { path in
            try PreparedDataset(
                files: [path], encoder: ToyEncoder(), renderer: template(source, tools: tools), settings: .test())
        }
    }

    private func remarks(_ row: String, _ source: String) throws -> [String] {
        try prepared(row, source).report.remarks.counts.map { entry in
            "\(entry.kind.rawValue)\(entry.detail.isEmpty ? "" : " \(entry.detail)") \(entry.count) \(entry.places.map(\.line))"
        }
    }

    private func problem(_ row: String, _ source: String) -> DatasetProblem? {
        do {
            _ = try prepared(row, source)
            return nil
        } catch { return (error as? DatasetError)?.problems.first }
    }

    @Test func anAnswerOfEndTokensAloneIsNoAnswer() throws {
        func row(_ answer: String) -> String {
            "{\"messages\": [{\"role\": \"user\", \"content\": \"q\"}, {\"role\": \"assistant\", \"content\": \"\(answer)\"}]}\n"
        }
        let found = problem(row("<|im_end|>"), Self.plain)
        #expect(found?.kind == .noTarget)
        #expect(found?.message.contains("special tokens and space and no more") == true, "\(String(describing: found))")
        #expect(problem(row("<|im_end|> yes"), Self.plain) == nil)
    }

    /// Marks, white space and what nobody sees, in whatever order, are no answer, in a conversation or after a prompt.
    @Test(arguments: [
        "<|im_end|> ", " <|im_end|>\\n", "<|im_end|>\\n<|im_end|>", "\\u200b", "\\ufeff", "\\ufe0f\\u2060", "\\u0000",
        "\\u200b<|im_end|>\\n", " \\n<|end|>\\n",
    ])
    func answersThatNobodySeesAreNoAnswers(answer: String) throws {
        let chat =
            "{\"messages\": [{\"role\": \"user\", \"content\": \"q\"}, {\"role\": \"assistant\", \"content\": \"\(answer)\"}]}\n"
        let plain = "{\"prompt\": \"q: \", \"completion\": \"\(answer)\"}\n"
        for kind in [problem(chat, Self.plain)?.kind, problem(plain, Self.plain)?.kind, plainProblem(plain)?.kind] {
            #expect(kind == .noTarget || kind == .empty, "\(String(describing: kind))")
        }
        // A flag, a family, Arabic: joined or marked, but seen.
        for seen in ["👩‍👩‍👧", "❤️", "می‌خواهم", "<|im_end|> a"] {
            #expect(problem(chat.replacing(answer, with: seen), Self.plain) == nil)
        }
    }

    private func plainProblem(_ row: String) -> DatasetProblem? {
        var settings = DataSettings.test()
        settings.promptStyle = .plain
        do {
            _ = try prepare("a.jsonl", row, settings)
            return nil
        } catch { return (error as? DatasetError)?.problems.first }
    }

    @Test func rolesThatNobodyNamedAreCounted() throws {
        let row = """
            {"messages": [{"role": "user", "content": "q"}, {"role": "asistant", "content": "lost"}, \
            {"role": "user", "content": "q2"}, {"role": "assistant", "content": "a"}]}
            """
        #expect(try remarks(row, Self.plain) == ["unknown_role asistant 1 [1]"])
        #expect(try remarks(row, "{% if messages[0].role == 'asistant' %}{% endif %}" + Self.plain) == [])
        #expect(try prepare("a.jsonl", row).report.remarks.counts.map(\.kind) == [.unknownRole])
        var settings = DataSettings.test()
        settings.roles = ["asistant": "assistant"]
        #expect(try prepare("a.jsonl", row, settings).report.remarks.counts == [])
    }

    @Test func aCallBehindWordsIsTrainedToItsEnd() throws {
        let marked =
            "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}{% for c in m.tool_calls or [] %}<|user|>"
            + "{{ c.function.name }}{{ c.function.arguments | tojson }}{% endfor %}<|im_end|>\n{% endfor %}"
            + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
        let row = Self.call.replacing("\"content\": null", with: "\"content\": \"Let me look\"")
        let example = try #require(try Prepared(prepared(row, marked)).examples.first)
        let last = example.isTarget.lastIndex(of: true).map { example.ids[$0] }
        #expect(last == 3, "the end of the turn, not the mark before the call")
        #expect(example.targetCount > 12)
    }

    private static let call = """
        {"messages": [{"role": "user", "content": "Rain in Oslo?"}, {"role": "assistant", "content": null, \
        "tool_calls": [{"function": {"name": "rain", "arguments": {"city": "Oslo é \\"x\\""}}}]}], \
        "tools": [{"type": "function", "function": {"name": "rain", "parameters": {}}}]}
        """

    @Test func anAnswerOfWhichNothingIsRenderedIsNeverTrained() throws {
        let found = problem(Self.call, Self.plain)
        #expect(found?.kind == .noTarget)
        #expect(
            found?.message
                == "message 1, the assistant's: the chat template renders nothing of it (a call of rain)")
        // The same call in a template that renders it: nothing to say, escapes or not.
        #expect(try remarks(Self.call, Self.withTools) == [])
    }

    @Test func contentThatIsNotThereReachesTheTemplateAsMissing() throws {
        let set = try prepared(Self.call, Self.withTools)
        let text =
            "<|im_start|>system\n[{\"type\": \"function\", \"function\": {\"name\": \"rain\", \"parameters\": {}}}]<|im_end|>\n"
            + "<|im_start|>user\nRain in Oslo?<|im_end|>\n<|im_start|>assistant\n∅rain {\"city\": \"Oslo é \\\"x\\\"\"}<|im_end|>\n"
        #expect(
            try trainedText(set.examples.example(0), in: text) == "∅rain {\"city\": \"Oslo é \\\"x\\\"\"}<|im_end|>")
    }

    @Test func argumentsAreATextWhereTheTemplateNeedsOne() throws {
        let source = Self.withTools.replacingOccurrences(
            of: "c.function.arguments | tojson", with: "'```' + c.function.arguments + '```'")
        #expect(try remarks(Self.call, source) == [])
    }

    @Test func turnsThatTheTemplatePassesOverAreCounted() throws {
        let source =
            "{% for m in messages %}{% if m.role in ['user', 'assistant'] %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n"
            + "{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
        func row(_ role: String) -> String {
            """
            {"messages": [{"role": "\(role)", "content": "BE TERSE"}, {"role": "user", "content": "Rain?"}, \
            {"role": "assistant", "content": "Yes."}]}
            """
        }
        let rows = ["tool", "developer", "system", "narrator", "tool"].map(row).joined(separator: "\n")
        #expect(
            try remarks(rows, source) == [
                "tool_turn 2 [1, 5]", "developer_turn 1 [2]", "system_prompt 1 [3]",
                "unknown_role narrator 1 [4]", "other_turn narrator 1 [4]",
            ])
        #expect(try remarks(rows, Self.plain) == ["unknown_role narrator 1 [4]"])
    }

    /// An "R" stands in many a text by chance, and what two say may be rendered of one alone.
    @Test(arguments: [
        ("R", "Rain?"), ("Yes.", "Yes."), ("use", "Rain?"), ("A long line that two of them say", "Rain?"),
    ])
    func shortTextsThatAreFoundByChanceAreMissedAllTheSame(_ given: String, _ answer: String) throws {
        let source =
            "{% for m in messages %}{% if m.role in ['user', 'assistant'] %}<|im_start|>{{ m.role }}\n{{ m.content | trim }}"
            + "<|im_end|>\n{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
        func row(_ role: String) -> String {
            """
            {"messages": [{"role": "user", "content": "A long line that two of them say"}, \
            {"role": "assistant", "content": "Let me look, user"}, {"role": "\(role)", "content": "\(given)"}, \
            {"role": "assistant", "content": "\(answer)"}]}
            """
        }
        #expect(try remarks(row("tool"), source) == ["tool_turn 1 [1]"])
        #expect(try remarks(row("user"), source) == [])
        #expect(try remarks(row("function"), source) == ["tool_turn 1 [1]"])
        #expect(try remarks(row("function"), source.replacing("'assistant']", with: "'assistant', 'tool']")) == [])
    }

    @Test func reasoningThatTheTemplateCutsOutIsSaid() throws {
        let source = Self.plain.replacingOccurrences(
            of: "m['content'] + ''", with: "m.content.split('</think>')[-1]")
        let row = """
            {"messages": [{"role": "user", "content": "2+2?"}, \
            {"role": "assistant", "content": "<think>\\nTwo and two.\\n</think>\\n\\n4"}]}
            """
        #expect(try remarks(row, source) == ["reasoning 1 [1]"])
        let field = row.replacingOccurrences(
            of: #""content": "<think>\nTwo and two.\n</think>\n\n4""#,
            with: #""thinking": "Two and two.", "content": "4""#)
        #expect(field != row)
        #expect(try remarks(field, source) == ["reasoning 1 [1]"])
        let aware = Self.plain.replacingOccurrences(
            of: "m['content'] + ''", with: "'<think>' ~ m.reasoning_content ~ '</think>' ~ m.content")
        #expect(try remarks(field, aware) == [])
    }

    @Test func textsThatTemplatesTrimOrReflowAreFound() throws {
        let row =
            #"{"messages": [{"role": "user", "content": "  a\n b  "}, {"role": "assistant", "content": "one\n\n  two "}]}"#
        for change in ["m.content | trim", "m.content | tojson", "m.content.split() | join(' ')", "m.content | upper"] {
            let source = Self.plain.replacingOccurrences(of: "m['content'] + ''", with: change)
            #expect(try remarks(row, source) == [], "\(change)")
        }
        let half = Self.plain.replacingOccurrences(of: "m['content'] + ''", with: "m.content.split('\n')[0]")
        #expect(try remarks(row, half) == ["user_turn 1 [1]", "answer 1 [1]"])
    }

    @Test func partsReachATemplateThatTakesThem() throws {
        let row = """
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, \
            {"role": "assistant", "content": "c"}]}
            """
        let aware = Self.plain.replacingOccurrences(
            of: "{{ m['content'] + '' }}",
            with:
                "{% if m.content is string %}{{ m.content }}{% else %}{% for p in m.content %}[{{ p.text }}]{% endfor %}{% endif %}"
        )
        #expect(try remarks(row, aware) == [])
        for printed in ["m['content'] + ''", "m.content"] {
            let source = Self.plain.replacingOccurrences(of: "m['content'] + ''", with: printed)
            #expect(try remarks(row, source) == ["joined_parts 1 [1]"], "\(printed)")
        }
    }

    @Test func membersAreNamedUnlessTheTemplateReadsThem() throws {
        let row =
            #"{"messages": [{"role": "user", "content": "q", "mood": "good"}, {"role": "assistant", "content": "a"}]}"#
        #expect(try remarks(row + "\n" + row, Self.plain) == ["unread_member mood 2 [1, 2]"])
        #expect(try remarks(row, "{{ messages[0].mood }}" + Self.plain) == [])
    }

    @Test func aConversationMayBeginWithTheAssistant() throws {
        let source = "{% if messages[0].role != 'system' %}<|im_start|>system\nS<|im_end|>\n{% endif %}" + Self.plain
        let row = """
            {"messages": [{"role": "assistant", "content": "Welcome"}, {"role": "user", "content": "Hi"}, \
            {"role": "assistant", "content": "Well"}]}
            """
        let set = try prepared(row, source)
        let text =
            "<|im_start|>system\nS<|im_end|>\n<|im_start|>assistant\nWelcome<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
            + "<|im_start|>assistant\nWell<|im_end|>\n"
        #expect(set.examples.count == 1)
        #expect(try trainedText(set.examples.example(0), in: text) == "Welcome<|im_end|>Well<|im_end|>")
    }

    /// People use the words of tools, too: only what a template renders of a call or a tool counts as rendered.
    @Test(arguments: [
        (#""content": "Let me look.""#, "look", "{}"), (#""content": "Do look up rain""#, "rain", "{}"),
        (#""content": "I shall look at 5""#, "look", #"{"at": 5}"#),
        (#""content": "look at 5.5""#, "look", #"{"at": 5.5}"#),
        (#""content": "look, it is true""#, "look", #"{"true": true}"#),
    ])
    func callsAreMissedThoughTheirWordsStandElsewhere(_ content: String, _ name: String, _ arguments: String) throws {
        let row = """
            {"messages": [{"role": "user", "content": "Will you look?"}, {"role": "assistant", \(content), \
            "tool_calls": [{"function": {"name": "\(name)", "arguments": \(arguments)}}]}]}
            """
        let pieces = arguments == "{}" ? 1 : 2
        #expect(try remarks(row, Self.plain) == ["tool_call \(pieces) [1]"])
        #expect(try remarks(row, Self.withTools) == [])
        let namesAlone = Self.withTools.replacing("{{ c.function.arguments | tojson }}", with: "")
        #expect(try remarks(row, namesAlone) == (pieces == 1 ? [] : ["tool_call 1 [1]"]))
    }

    @Test func toolsAreMissedThoughTheirWordsStandElsewhere() throws {
        let row = """
            {"messages": [{"role": "user", "content": "search the city, it has a name"}, {"role": "assistant", \
            "content": "Yes."}], "tools": [{"type": "function", "function": {"name": "search", "description": "the city", \
            "parameters": {"type": "object", "properties": {"city": {"type": "string", "description": "a name"}}}}}]}
            """
        #expect(try remarks(row, Self.plain) == ["tool 1 [1]"], "its words are not told once more")
        #expect(try remarks(row, Self.withTools) == [])
        let namesAlone = Self.withTools.replacing(
            "{{ tools | tojson }}", with: "{% for t in tools %}{{ t.function.name }}{% endfor %}")
        #expect(try remarks(row, namesAlone) == ["tool_detail 3 [1]"])
        let described = Self.withTools.replacing(
            "{{ tools | tojson }}",
            with: "{% for t in tools %}{{ t.function.name }}: {{ t.function.description }}"
                + "{% for name, about in t.function.parameters.properties | items %} {{ name }}{% endfor %}{% endfor %}"
        )
        #expect(try remarks(row, described) == ["tool_detail 1 [1]"])
    }

    /// A template that knows its tools by name refuses others, marked ones too: then the words themselves are looked for.
    @Test func templatesThatKnowTheirToolsAreBelieved() throws {
        let knowing = Self.withTools.replacing(
            "{% for c in m.tool_calls or [] %}",
            with:
                "{% for c in m.tool_calls or [] %}{% if c.function.name != 'rain' %}{{ raise_exception('no') }}{% endif %}"
        )
        #expect(try remarks(Self.call, knowing) == [])
    }

    /// Calls of turns that another one follows are trained where they are rendered last.
    @Test func callsThatOnlyTheLastTurnShowsAreTrained() throws {
        let lastAlone = Self.withTools.replacing(
            "in m.tool_calls or []", with: "in (m.tool_calls if loop.last else []) or []")
        let row = """
            {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "Let me look.", \
            "tool_calls": [{"function": {"name": "look", "arguments": {}}}]}, {"role": "tool", "content": "rain"}, \
            {"role": "assistant", "content": "Rain."}]}
            """
        let set = try prepared(row, lastAlone)
        #expect(set.report.remarks.counts == [] && set.examples.count == 2)
    }

    @Test func aSpeakersNameIsLookedForInTheText() throws {
        let row =
            #"{"messages": [{"role": "user", "name": "Ann", "content": "Ann asks"}, {"role": "assistant", "content": "a"}]}"#
        #expect(try remarks(row, Self.plain) == ["unread_member name 1 [1]"])
        #expect(try remarks(row, "{% for m in messages %}{{ m.name or '' }}{% endfor %}" + Self.plain) == [])
        let tool = row.replacing("\"user\"", with: "\"tool\"")
        #expect(try remarks(tool, Self.plain) == [])
    }

    @Test func rowsWithToolsTakeTheTemplateForTools() throws {
        let rows = #"{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}"#
        let set = try prepared(rows + "\n" + Self.call, Self.plain, tools: Self.withTools)
        #expect(set.report.remarks.counts == [])
        #expect(set.examples.count == 2)
    }

    @Test func theDateIsAGivenOne() throws {
        let source = "{{ strftime_now('%d %B %Y') }} " + Self.plain
        #expect(TemplateClock(date: "2025-02-29") == nil)
        #expect(TemplateClock(date: "2025-2-1") == nil)
        for (date, text) in [("2024-02-29", "29 February 2024"), ("2025-01-01", "01 January 2025")] {
            let renderer = try template(source, date: date)
            #expect(renderer.dayTold == date)
            let found = try renderer.renderConversation(
                [["role": "user", "content": "q"]], addGenerationPrompt: false, extra: JSONObject())
            #expect(found.hasPrefix(text))
        }
        #expect(try template(Self.plain).dayTold == nil)
    }

    @Test func aTemplateWithoutEndStopsTheWork() throws {
        let rows = #"{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}"#
        let endless = "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}" + Self.plain
        let many = Array(repeating: rows, count: 600).joined(separator: "\n")
        #expect(problem(many, endless)?.kind == .endlessTemplate)
    }
}
