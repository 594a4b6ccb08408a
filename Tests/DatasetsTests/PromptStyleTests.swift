import Datasets
import JSON
import TestSupport
import Testing
import Vocabulary

private let glued = #"{"prompt": "The patient is ill.", "completion": "Rest is best"}"#

extension DataSettings {
    fileprivate static func styled(
        _ style: PromptStyle, system: String? = nil, maxLength: Int = 1000, tooLong: TooLongRule = .error
    ) -> DataSettings {
        var settings = DataSettings.test(maxLength: maxLength, tooLong: tooLong)
        settings.promptStyle = style
        settings.system = system
        return settings
    }
}

/// A template with a system message of its own, as many instruct models have one.
private let selfIntroducing = ToyRenderer { messages, prompt in
    let own = messages.first?.role == "system" ? "" : "<|im_start|>system\nYou are a toy.<|im_end|>\n"
    return try own + ToyRenderer.chatML.body(messages, prompt)
}

@Suite struct PromptStyleTests {
    @Test func promptsAndCompletionsGoThroughTheTemplateWhereThereIsOne() throws {
        let text =
            "<|im_start|>user\nThe patient is ill.<|im_end|>\n<|im_start|>assistant\nRest is best<|im_end|>\n"
        for style in [PromptStyle.auto, .chat] {
            let set = try prepare("a.jsonl", glued, .styled(style))
            #expect(
                set.examples[0].ids == ToyEncoder().encodeText(text, addSpecialTokens: false, parseSpecial: true).ids)
            #expect(trainedText(set.examples[0], in: text) == "Rest is best<|im_end|>")
            #expect(set.report.rendering.style == .chat)
            #expect(set.report.unseparatedRows == 0)
        }
    }

    @Test func plainJoinsTheTextsAsTheyStandAndSaysWhereTheyAreGlued() throws {
        for (style, renderer) in [(PromptStyle.plain, ToyRenderer.chatML), (.auto, nil)] {
            let set = try prepare("a.jsonl", glued, .styled(style), renderer: renderer)
            let text = "The patient is ill.Rest is best</s>"
            #expect(
                set.examples[0].ids == ToyEncoder().encodeText(text, addSpecialTokens: false, parseSpecial: true).ids)
            #expect(set.report.rendering.style == .plain)
            #expect(set.report.unseparatedRows == 1)
            #expect(set.report.firstUnseparated?.line == 1)
        }
    }

    @Test(arguments: [
        ("Q\\n", "a", 0), ("Q ", "a", 0), ("Q", " a", 0), ("Answer:", "a", 0), ("[/INST]", "a", 0), ("Q?", "a", 1),
        ("病人1", "休息", 1),
    ]) func whatStandsBetweenIsSeen(prompt: String, completion: String, count: Int) throws {
        let row = #"{"prompt": "\#(prompt)", "completion": "\#(completion)"}"#
        #expect(try prepare("a.jsonl", row, .styled(.plain)).report.unseparatedRows == count)
    }

    @Test func chatWithoutATemplateIsAnErrorThatNamesTheKeys() throws {
        let error = #expect(throws: DatasetError.self) {
            try prepare("a.jsonl", glued, .styled(.chat), renderer: nil)
        }
        #expect(error?.problems.first?.kind == .noTemplate)
        #expect(error?.problems.first?.hint?.contains("data.prompt_style: plain") == true)
    }

    @Test func alpacaAndClassificationRowsCanBePlain() throws {
        let alpaca = #"{"instruction": "Add", "input": "1 and 1", "output": "2"}"#
        let label = #"{"text": "rash", "label": "skin"}"#
        for (row, text) in [(alpaca, "Add\n1 and 1\n2</s>"), (label, "rash\nskin</s>")] {
            for (style, renderer) in [(PromptStyle.plain, ToyRenderer.chatML), (.auto, nil)] {
                let set = try prepare("a.jsonl", row, .styled(style), renderer: renderer)
                let ids = ToyEncoder().encodeText(text, addSpecialTokens: false, parseSpecial: true).ids
                #expect(set.examples[0].ids == ids)
            }
        }
    }

    @Test func promptsThatAreMessagesAndConversationsDoNotAskForAStyle() throws {
        let rows = """
            {"prompt": [{"role": "user", "content": "q"}], "completion": [{"role": "assistant", "content": "a"}]}
            """
        let plain = try prepare("a.jsonl", rows, .styled(.plain))
        #expect(plain.examples[0].ids == (try prepare("a.jsonl", rows, .styled(.auto))).examples[0].ids)
        #expect(plain.report.rendering.style == .chat)
    }

    @Test func theSystemMessageIsForRowsThatHaveNone() throws {
        let rows = """
            {"prompt": "q", "completion": "a"}
            {"system": "Own.", "prompt": "q", "completion": "a"}
            """
        let set = try prepare("a.jsonl", rows, .styled(.auto, system: "Be short."))
        func text(_ system: String) -> String {
            "<|im_start|>system\n\(system)<|im_end|>\n<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\na<|im_end|>\n"
        }
        for (example, system) in zip(set.examples, ["Be short.", "Own."]) {
            let encoded = ToyEncoder().encodeText(text(system), addSpecialTokens: false, parseSpecial: true)
            #expect(example.ids == encoded.ids)
        }
        let chat = """
            {"messages": [{"role": "system", "content": "Own."}, {"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}
            {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}
            """
        let turns = try prepare("a.jsonl", chat, .styled(.auto, system: "Be short."))
        #expect(turns.examples.map(\.ids) == set.examples.reversed().map(\.ids))
    }

    @Test func theTemplatesOwnSystemMessageIsFound() throws {
        #expect(selfIntroducing.defaultSystemMessage == "You are a toy.")
        #expect(ToyRenderer.chatML.defaultSystemMessage == nil)
        #expect(ToyRenderer.withBegin.defaultSystemMessage == nil)
        let set = try prepare("a.jsonl", glued, .styled(.auto), renderer: selfIntroducing)
        #expect(set.report.templateSystem == "You are a toy.")
        #expect(set.report.rowsWithoutSystem == 1)
        let told = try prepare("a.jsonl", glued, .styled(.auto, system: "Be short."), renderer: selfIntroducing)
        #expect(told.report.templateSystem == nil)
    }

    @Test func bothKeysDecideTheDigest() throws {
        let digests = try [
            DataSettings.styled(.auto), .styled(.chat), .styled(.plain), .styled(.auto, system: "x"),
        ].map { try prepare("a.jsonl", glued, $0).digest }
        #expect(Set(digests).count == 4)
    }
}

@Suite struct PromptCutTests {
    private static let long = (1...60).map { "w\($0)" }.joined(separator: " ")

    private func cut(_ row: String, _ maxLength: Int, style: PromptStyle = .auto) throws -> Prepared {
        try prepare("a.jsonl", row, .styled(style, maxLength: maxLength, tooLong: .truncatePrompt))
    }

    /// The whole text behind the cut must be the end of the prompt, its frame and its answer.
    @Test(arguments: [PromptStyle.chat, .plain]) func theOldestTextGoesAndTheAnswerStays(style: PromptStyle) throws {
        let row = #"{"prompt": "\#(Self.long)", "completion": " the whole answer"}"#
        let whole = try prepare("a.jsonl", row, .styled(style)).examples[0]
        let set = try cut(row, 50, style: style)
        let example = set.examples[0]
        #expect(example.ids.count <= 50 && example.ids.count >= 47)
        #expect(example.targetCount == whole.targetCount)
        let tail = example.ids.count - (style == .chat ? 3 : 0)
        #expect(example.ids.suffix(tail - 1) == whole.ids.suffix(tail - 1))
        if style == .chat { #expect(example.ids.prefix(2) == whole.ids.prefix(2)) }
        #expect(set.report.rowsWithCutPrompt == 1)
        #expect(set.report.truncatedRows == 1)
        #expect(set.report.truncatedTokens == whole.ids.count - example.ids.count)
        #expect(set.report.rowsWithCutAnswer == 0)
    }

    @Test func theSystemMessageIsNotCut() throws {
        let row = #"{"system": "Be kind and short", "prompt": "\#(Self.long)", "completion": "yes"}"#
        let set = try cut(row, 40)
        let head = ToyEncoder().encodeText(
            "<|im_start|>system\nBe kind and short<|im_end|>\n<|im_start|>user\n", addSpecialTokens: false,
            parseSpecial: true)
        #expect(set.examples[0].ids.starts(with: head.ids))
    }

    @Test func oldExchangesGoWholeWhereNothingOfTheirQuestionWouldBeLeft() throws {
        let row = """
            {"messages": [{"role": "user", "content": "one two three"}, {"role": "assistant", "content": "first"}, \
            {"role": "user", "content": "\(Self.long)"}, {"role": "assistant", "content": "second"}]}
            """
        let set = try cut(row, 60)
        #expect(set.examples[0].ids.count <= 60)
        #expect(set.report.answersLeftOut == 1)
        #expect(set.examples[0].targetCount == 2)
        let alone = #"{"messages": [{"role": "user", "content": "w60"}, {"role": "assistant", "content": "second"}]}"#
        let tail = try prepare("a.jsonl", alone).examples[0].ids.suffix(8)
        #expect(set.examples[0].ids.suffix(8) == tail)
    }

    @Test func anAnswerThatDoesNotFitIsAnErrorThatSaysSo() throws {
        let row = #"{"prompt": "short", "completion": "\#(Self.long)"}"#
        let error = #expect(throws: DatasetError.self) { try cut(row, 40) }
        #expect(error?.problems.first?.kind == .tooLong)
        #expect(error?.description.contains("cutting the prompt is not enough") == true)
        let text = #expect(throws: DatasetError.self) { try cut(#"{"text": "\#(Self.long)"}"#, 40) }
        #expect(text?.description.contains("a text has no prompt to cut") == true)
    }

    @Test func truncateSaysHowManyAnswersItCut() throws {
        let rows = """
            {"prompt": "\(Self.long)", "completion": "the whole answer"}
            {"prompt": "short", "completion": "\(Self.long)"}
            {"prompt": "short", "completion": "answer"}
            """
        let set = try prepare("a.jsonl", rows, .styled(.auto, maxLength: 60, tooLong: .truncate))
        #expect(set.report.truncatedRows == 2)
        #expect(set.report.rowsWithCutAnswer == 2)
        #expect(set.report.rowsWithoutTarget == 1)
    }

    @Test func aCutWithinACharacterKeepsTheTextWhole() throws {
        struct ByteEncoder: TextEncoder {
            let beginID: Int32? = nil
            let endID: Int32? = 300
            let addsBegin = false
            let encoderDigest = "bytes"
            func isSpecialToken(_ id: Int32) -> Bool { id == 300 }
            func encodeText(_ text: String, addSpecialTokens: Bool, parseSpecial: Bool) -> EncodedText {
                let bytes = Array(text.utf8)
                return EncodedText(ids: bytes.map { Int32($0) }, offsets: bytes.indices.map { $0..<($0 + 1) })
            }
        }
        let prompt = String(repeating: "病", count: 20) + "\n"
        let settings = DataSettings.styled(.plain, maxLength: 12, tooLong: .truncatePrompt)
        let builder = ExampleBuilder(encoder: ByteEncoder(), renderer: nil, settings: settings)
        let row = DataRow(
            content: .completion(prompt: prompt, completion: "yes"), place: RowPlace(file: "a", line: 1), index: 0)
        var report = DatasetReport()
        let example = try #require(try builder.examples(of: row, counting: &report).first)
        #expect(String(decoding: example.ids.dropLast().map { UInt8($0) }, as: UTF8.self) == "病病\nyes")
    }
}
