import ChatTemplates
import Datasets
import JSON
import Testing
import Vocabulary

/// Fields beside a row's own that say something: heard, or named.
@Suite struct UnreadFieldTests {
    private func remarks(_ rows: String, _ settings: DataSettings = .test()) throws -> [String] {
        try prepare("a.jsonl", rows, settings).report.remarks.counts.map {
            "\($0.kind.rawValue) \($0.detail) \($0.count) \($0.places.map(\.line))"
        }
    }

    private func problem(_ rows: String, _ settings: DataSettings = .test()) -> DatasetProblem? {
        do {
            _ = try prepare("a.jsonl", rows, settings)
            return nil
        } catch { return (error as? DatasetError)?.problems.first }
    }

    private static let plain: DataSettings = {
        var settings = DataSettings.test()
        settings.promptStyle = .plain
        return settings
    }()

    @Test func labelsOfRowsReadAsTextAreNamed() throws {
        let rows = #"{"text": "long text", "label": null}"# + "\n" + #"{"text": "b", "label": "x"}"# + "\n"
        #expect(try remarks(rows + #"{"text": "c", "label": 0}"#) == ["unread_field label 2 [2, 3]"])
        #expect(try remarks(#"{"text": "long text", "label": "x"}"#) == [])
    }

    @Test func aColumnNamedForLabelsMakesRowsLabelled() {
        let found = problem(#"{"text": "long text"}"#, .test(columns: ["label": "nope"]))
        #expect(found?.message == "there is no column \"nope\", which data.columns.label names")
    }

    @Test func aColumnThatIsNotThereIsNamed() {
        for format in [RowFormat.auto, .promptCompletion] {
            let found = problem(#"{"q": "a", "completion": "b"}"#, .test(format, columns: ["prompt": "nope"]))
            #expect(found?.message == "there is no column \"nope\", which data.columns.prompt names")
            #expect(found?.hint == "the columns are \"q\", \"completion\"")
        }
    }

    @Test(arguments: ["image", "images", "videos", "audio", "label"]) func whatNoModelHereReadsIsNamed(
        field: String
    ) throws {
        for row in [
            #"{"prompt": "<image>what", "completion": "b""#, #"{"instruction": "a", "output": "b""#,
            #"{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]"#,
        ] {
            #expect(try remarks(row + ", \"\(field)\": [\"x\"]}") == ["unread_field \(field) 1 [1]"])
            let nothing = ["null", "[]", "\"\"", "{}", "\"[]\""]
            for empty in nothing { #expect(try remarks(row + ", \"\(field)\": \(empty)}") == []) }
        }
    }

    @Test(arguments: [
        "system_prompt", "context", "documents", "passages", "sample_weight", "chat_template_kwargs", "text", "prompt",
        "output",
    ])
    func whatStandsBesideMessagesIsNamed(field: String) throws {
        let row = #"{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}], "#
        #expect(try remarks(row + "\"\(field)\": \"x\"}") == ["unread_field \(field) 1 [1]"])
        #expect(try remarks(row + "\"\(field)\": null}") == [])
        #expect(try remarks(row + "\"\(field)\": \"x\"}", .test(columns: ["system": field])) == [])
    }

    @Test func whatEachFormReadsIsNotNamed() throws {
        for row in [
            #"{"prompt": "q: ", "completion": "a"}"#, #"{"instruction": "q", "input": "i", "output": "a"}"#,
            #"{"text": "a long text"}"#, #"{"text": "a long text", "label": "x"}"#,
            #"{"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]}"#,
        ] {
            #expect(try remarks(row) == [], "\(row)")
        }
        #expect(try remarks(#"{"prompt": "q: ", "completion": "a", "text": "q: a"}"#) == ["unread_field text 1 [1]"])
    }

    @Test func nullsAndWrongTypesAreNamedAsWhatTheyAre() {
        #expect(problem(#"{"messages": null, "id": 1}"#)?.message == "\"messages\" is null")
        let found = problem(#"{"prompt": "q", "completion": 5}"#)?.message
        #expect(found?.hasSuffix("found string and number") == true, "\(found ?? "")")
    }

    @Test func rowsBeyondTheModelsContextAreCounted() throws {
        var settings = DataSettings.test()
        let rows = #"{"text": "a longer text of words"}"# + "\n" + #"{"text": "ab"}"#
        #expect(try prepare("a.jsonl", rows, settings).report.rowsBeyondContext == 0)
        settings.contextLength = 4
        let report = try prepare("a.jsonl", rows, settings).report
        #expect(report.rowsBeyondContext == 1 && report.json["rows_beyond_context"] == 1)
        settings.maxLength = 4
        settings.tooLong = .truncate
        #expect(try prepare("a.jsonl", rows, settings).report.rowsBeyondContext == 0)
    }

    @Test func whatTheRecipeReadsIsNotNamed() throws {
        var settings = DataSettings.test()
        settings.templates = ["prompt": "{history} {weight}"]
        let row = #"{"history": "ill", "weight": 0, "completion": "b"}"#
        #expect(try remarks(row, settings) == [])
        #expect(try remarks(#"{"label": "q", "completion": "b"}"#, .test(columns: ["prompt": "label"])) == [])
    }

    @Test func reasoningBesideAnAnswerIsPartOfIt() throws {
        for row in [
            #"{"prompt": "q: ", "completion": "a", "NAME": "Because."}"#,
            #"{"instruction": "q", "output": "a", "NAME": "Because."}"#,
        ] {
            for name in ["reasoning", "reasoning_content", "thinking"] {
                let row = row.replacing("NAME", with: name)
                guard case .conversation(let messages, _, _) = try prepare("a.jsonl", row).rows[0].content else {
                    Issue.record("no conversation")
                    continue
                }
                #expect(messages.last?["reasoning_content"] == "Because.")
                // The template of these tests renders contents alone.
                #expect(try remarks(row) == ["reasoning  1 [1]"])
                #expect(try remarks(row, Self.plain) == ["unread_field \(name) 1 [1]"])
            }
        }
    }

    @Test func toolsReachATemplateOrAreNamed() throws {
        for field in ["tools", "functions"] {
            let row = #"{"prompt": "q: ", "completion": "a", "\#(field)": [{"name": "rain", "parameters": {}}]}"#
            #expect(try remarks(row) == ["tool  1 [1]"])
            #expect(try remarks(row, Self.plain) == ["unread_field \(field) 1 [1]"])
        }
        let row = #"{"prompt": "q", "completion": "a", "functions": [{"name": "rain", "parameters": {}}]}"#
        guard case .conversation(_, _, let extra) = try prepare("a.jsonl", row).rows[0].content else {
            Issue.record("no conversation")
            return
        }
        #expect(
            extra["tools"] == [["type": "function", "function": ["name": "rain", "parameters": [:]]]])
        let both = row.replacing("\"functions\"", with: "\"tools\": [{\"name\": \"wind\"}], \"functions\"")
        #expect(try remarks(both) == ["unread_field functions 1 [1]", "tool  1 [1]"])
        let single = row.replacing("[{\"name\": \"rain\", \"parameters\": {}}]", with: "{\"a\": 1}")
        #expect(problem(single)?.message == "\"functions\" is one object where a list is needed")
    }

    @Test func whatWasSaidBeforeIsRenderedInEveryFormOfExchange() throws {
        for row in [#""prompt": "q", "completion": "a""#, #""instruction": "q", "output": "a""#] {
            let set = try prepare("a.jsonl", "{" + row + #", "history": [["x", "y"]]}"#)
            let text =
                "<|im_start|>user\nx<|im_end|>\n<|im_start|>assistant\ny<|im_end|>\n"
                + "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\na<|im_end|>\n"
            #expect(trainedText(set.examples[0], in: text) == "a<|im_end|>")
            #expect(set.report.remarks.counts == [])
            #expect(try remarks("{" + row + #", "history": "asthma"}"#) == ["unread_field history 1 [1]"])
        }
    }

    @Test(arguments: [
        #""prompt": "q", "completion": "a""#, #""instruction": "q", "output": "a""#, #""text": "long text""#,
        #""text": "long text", "label": "x""#,
        #""messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]"#,
        #""conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]"#,
    ]) func rowsThatTakeThemselvesOutOfTheLossAreCounted(row: String) throws {
        for flag in [#""weight": 0"#, #""loss": false"#, #""train": "false""#, #""loss_mask": 0"#] {
            let set = try prepare("a.jsonl", "{" + row + "}\n{" + row + ", " + flag + "}")
            #expect(set.report.rowsWithoutTarget == 1, "\(flag)")
            #expect(set.examples.map(\.index) == [0], "\(flag)")
        }
        for flag in [#""weight": 1"#, #""loss": true"#, #""train": null"#] {
            let set = try prepare("a.jsonl", "{" + row + ", " + flag + "}")
            #expect(set.examples.count == 1)
            #expect(set.report.remarks.counts == [], "\(flag)")
        }
        // A number between may be a person's weight: the row stands, and what was not obeyed is named.
        #expect(try remarks("{" + row + #", "weight": 72.5}"#) == ["unread_field weight 1 [1]"])
    }

    @Test func anAnswerOfSpecialTokensIsNeverTrained() throws {
        for mark in ["</s>", "<|im_end|>", "<|user|>", "<|end|><|im_end|>"] {
            let rows = [
                #"{"prompt": "a", "completion": "\#(mark)"}"#, #"{"text": "\#(mark)\#(mark)"}"#,
                #"{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "\#(mark)"}]}"#,
            ]
            for row in rows {
                for settings in [DataSettings.test(), Self.plain] {
                    #expect(problem(row, settings) != nil, "\(row)")
                }
            }
            #expect(problem(#"{"prompt": "a", "completion": "\#(mark) yes"}"#) == nil)
        }
        #expect(problem(#"{"prompt": "a", "completion": "<|user|>"}"#)?.kind == .noTarget)
    }

    @Test func aToolsResultIsSaidByTheRoleThatTheTemplateKnows() throws {
        let source =
            "{% for m in messages %}{% if m.role in ['user', 'assistant', 'tool'] %}<|im_start|>{{ m.role }}\n"
            + "{{ m.content }}<|im_end|>\n{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
        func lost(_ role: String, _ source: String) throws -> [RemarkCount] {
            let row = """
                {"messages": [{"role": "user", "content": "Rain?"}, {"role": "\(role)", "content": "wet"}, \
                {"role": "assistant", "content": "Yes."}]}
                """
            let renderer = TemplateRenderer(
                try ChatTemplate(source: source), toolTemplate: nil, variables: JSONObject(),
                date: try #require(TemplateClock(date: "2025-01-01")))
            return try withFile("a.jsonl", row) { path in
                try PreparedDataset(files: [path], encoder: ToyEncoder(), renderer: renderer, settings: .test())
                    .report.remarks.counts
            }
        }
        for role in ["tool", "function", "ipython", "observation"] { #expect(try lost(role, source) == []) }
        // A template that knows the name gets it.
        #expect(try lost("ipython", source.replacing("'tool'", with: "'ipython'")) == [])
        #expect(try lost("function", source.replacing(", 'tool'", with: "")).map(\.kind) == [.toolTurn])
    }

    @Test func aRefusalIsWhatWasSaid() throws {
        let row = """
            {"messages": [{"role": "user", "content": "q"}, \
            {"role": "assistant", "content": null, "refusal": "I cannot help."}]}
            """
        let set = try prepare("a.jsonl", row)
        #expect(set.rows[0].answerText == "I cannot help.")
        #expect(set.report.remarks.counts == [])
        #expect(try remarks(row.replacing("null", with: "\"a\"")) == ["unread_member refusal 1 [1]"])
    }
}
