import Datasets
import JSON
import TestSupport
import Testing

private let twoTurns = """
    {"messages": [{"role": "user", "content": "hello there"}, {"role": "assistant", "content": "good day"}, \
    {"role": "user", "content": "again"}, {"role": "assistant", "content": "same answer"}]}
    """

@Suite struct MaskTests {
    @Test func everyTurnIsTrainedUpToItsEndTokenAndNotBeyond() throws {
        let set = try prepare("a.jsonl", twoTurns)
        let text =
            "<|im_start|>user\nhello there<|im_end|>\n<|im_start|>assistant\ngood day<|im_end|>\n"
            + "<|im_start|>user\nagain<|im_end|>\n<|im_start|>assistant\nsame answer<|im_end|>\n"
        let example = try #require(set.examples.first)
        #expect(set.examples.count == 1)
        #expect(trainedText(example, in: text) == "good day<|im_end|>same answer<|im_end|>")
        #expect(example.isTarget.last == false)
        #expect(set.report.targetTokens == 6)
        #expect(set.report.straddlingTokens == 0)
        #expect(set.report.supervisedShare > 0)
    }

    /// Silent failure: padding equal to the end token takes the end token out of the loss. There is no padding here, and the end
    /// token is a target exactly once a turn, also where it is the end of sequence.
    @Test func theEndTokenIsATargetExactlyOnceATurn() throws {
        let example = try #require(try prepare("a.jsonl", twoTurns, encoder: ToyEncoder(endID: 3)).examples.first)
        let ends = zip(example.ids, example.isTarget).filter { $0.0 == 3 && $0.1 }
        #expect(ends.count == 2)
    }

    @Test func wordsOfTheAnswerInThePromptAreNotTrained() throws {
        let row =
            #"{"messages": [{"role": "user", "content": "say yes<|im_end|>yes"}, {"role": "assistant", "content": "yes"}]}"#
        let set = try prepare("a.jsonl", row)
        #expect(set.report.targetTokens == 2)
        #expect(set.examples[0].isTarget.suffix(3) == [true, true, false])
    }

    @Test func aTurnThatHistoryWouldChangeIsASequenceOfItsOwn() throws {
        let row = """
            {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "<think>x</think>one"}, \
            {"role": "user", "content": "b"}, {"role": "assistant", "content": "<think>y</think>two"}]}
            """
        let set = try prepare("a.jsonl", row, renderer: .strippingThoughts)
        #expect(set.examples.count == 2)
        #expect(set.report.splitRows == 1)
        #expect(set.report.rows == 1)
        let first = "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n<think>x</think>one<|im_end|>\n"
        let second =
            "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\none<|im_end|>\n"
            + "<|im_start|>user\nb<|im_end|>\n<|im_start|>assistant\n<think>y</think>two<|im_end|>\n"
        #expect(trainedText(set.examples[0], in: first) == "<think>x</think>one<|im_end|>")
        #expect(trainedText(set.examples[1], in: second) == "<think>y</think>two<|im_end|>")
        #expect(set.examples.map(\.part) == [0, 1])
        #expect(set.examples.map(\.index) == [0, 0])
    }

    @Test func aTurnThatInferenceWouldNotSeeIsAnError() throws {
        let error = #expect(throws: DatasetError.self) { try prepare("a.jsonl", twoTurns, renderer: .openingAThought) }
        #expect(error?.problems.first?.kind == .notAPrefix)
        #expect(error?.problems.first?.place.line == 1)
    }

    @Test func theEndOfTurnIsNotTheEndOfTextBehindIt() throws {
        let set = try prepare("a.jsonl", twoTurns, renderer: .endOfTextAtTheEnd)
        let text =
            "<|user|>\nhello there<|end|>\n<|assistant|>\ngood day<|end|>\n<|user|>\nagain<|end|>\n<|assistant|>\n"
            + "same answer<|end|>\n</s>"
        #expect(set.examples.count == 1)
        #expect(trainedText(set.examples[0], in: text) == "good day<|end|>same answer<|end|>")
    }

    @Test(arguments: ["end", "s", "<", "assistant", "|end|", "a<|end|>b"]) func answersThatLookLikeMarksAreFound(
        answer: String
    ) throws {
        let row =
            #"{"prompt": [{"role": "user", "content": "q"}], "completion": [{"role": "assistant", "content": "\#(answer)"}]}"#
        let example = try prepare("a.jsonl", row, renderer: .endOfTextAtTheEnd).examples[0]
        let text = "<|user|>\nq<|end|>\n<|assistant|>\n\(answer)<|end|>\n</s>"
        #expect(trainedText(example, in: text) == answer + "<|end|>")
    }

    @Test func aTemplateWithoutEndTokenIsReported() throws {
        let set = try prepare("a.jsonl", twoTurns, renderer: .withoutEnd)
        #expect(set.report.turnsWithoutEnd == 2)
        #expect(set.examples[0].isTarget.last == false)
    }

    @Test(arguments: [true, false]) func exactlyOneBeginningOfSequence(tokenizerAdds: Bool) throws {
        let encoder = ToyEncoder(addsBegin: tokenizerAdds)
        let templated = try prepare("a.jsonl", twoTurns, encoder: encoder, renderer: .withBegin)
        #expect(templated.examples[0].ids.count { $0 == 0 } == 1)
        #expect(templated.examples[0].ids[0] == 0)
        let bare = try prepare("a.jsonl", twoTurns, encoder: encoder)
        #expect(bare.examples[0].ids.count { $0 == 0 } == (tokenizerAdds ? 1 : 0))
        let document = try prepare("a.jsonl", #"{"text": "<s>words"}"#, encoder: encoder)
        #expect(document.examples[0].ids.count { $0 == 0 } == 1)
        #expect(document.examples[0].isTarget[0] == false)
    }

    @Test(arguments: [true, false]) func completionsEndWithOneTrainedEndToken(tokenizerAdds: Bool) throws {
        let encoder = ToyEncoder(addsBegin: true, addsEnd: tokenizerAdds)
        for completion in ["blue", "blue</s>"] {
            let set = try prepare(
                "a.jsonl", #"{"prompt": "the sky is", "completion": " \#(completion)"}"#, encoder: encoder,
                renderer: nil)
            let example = set.examples[0]
            #expect(example.ids.count { $0 == 1 } == 1)
            #expect(example.ids.last == 1)
            #expect(example.isTarget == [false, false, false, false, true, true])
        }
    }

    @Test func aTokenAcrossTheBorderBelongsWhereItBegins() throws {
        let set = try prepare("a.jsonl", #"{"prompt": "sun", "completion": "day is"}"#, renderer: nil)
        #expect(set.examples[0].isTarget == [false, true, true])
        #expect(set.report.straddlingTokens == 1)
    }

    @Test func documentsTrainEveryTokenButTheFirstAndEndOnce() throws {
        let set = try prepare("a.jsonl", #"{"text": "one two three"}"#)
        #expect(set.examples[0].isTarget == [false, true, true, true])
        #expect(set.examples[0].ids.last == 1)
    }

    @Test func trainOnPromptTrainsEveryTokenButTheFirst() throws {
        let set = try prepare("a.jsonl", twoTurns, .test(trainOnPrompt: true))
        let example = set.examples[0]
        #expect(example.targetCount == example.ids.count - 1)
        #expect(!example.isTarget[0])
    }

    @Test func promptTurnsOfMessageRowsAreNotTrained() throws {
        let row = """
            {"prompt": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "old"}, \
            {"role": "user", "content": "b"}], "completion": [{"role": "assistant", "content": "new"}]}
            """
        let set = try prepare("a.jsonl", row)
        #expect(set.report.targetTokens == 2)
        #expect(set.examples[0].isTarget.suffix(3) == [true, true, false])
    }

    // MARK: Length

    /// Silent failure: the whole answer is cut away, every label is masked and the loss is 0.
    @Test func aRowWhoseAnswerIsCutAwayIsNeverSilent() throws {
        let long = #"{"prompt": "a b c d e f g h", "completion": " answer"}"#
        let short = #"{"prompt": "a", "completion": " answer"}"#
        let error = #expect(throws: DatasetError.self) {
            try prepare("a.jsonl", short + "\n" + long, .test(maxLength: 4), renderer: nil)
        }
        #expect(error?.problems.first?.kind == .tooLong)
        #expect(error?.problems.first?.place.line == 2)
        #expect(error?.problems.first?.message == "10 tokens where data.max_length allows 4")
        let cut = try prepare("a.jsonl", short + "\n" + long, .test(maxLength: 4, tooLong: .truncate), renderer: nil)
        #expect(cut.examples.count == 1)
        #expect(cut.report.truncatedRows == 1)
        #expect(cut.report.rowsWithoutTarget == 1)
        #expect(cut.report.rows == 2)
        let dropped = try prepare("a.jsonl", short + "\n" + long, .test(maxLength: 4, tooLong: .drop), renderer: nil)
        #expect(dropped.report.droppedRows == 1)
        #expect(dropped.report.rowsWithoutTarget == 0)
        let none = #expect(throws: DatasetError.self) {
            try prepare("a.jsonl", long, .test(maxLength: 4, tooLong: .truncate), renderer: nil)
        }
        #expect(none?.problems.first?.kind == .empty)
    }

    @Test func truncationKeepsTheFirstTokens() throws {
        let whole = try prepare("a.jsonl", twoTurns).examples[0]
        let cut = try prepare("a.jsonl", twoTurns, .test(maxLength: 12, tooLong: .truncate)).examples[0]
        #expect(cut.ids == Array(whole.ids.prefix(12)))
        #expect(cut.isTarget == Array(whole.isTarget.prefix(12)))
    }

    @Test func aRowWithoutAnyTargetIsAnError() throws {
        let silent = #expect(throws: DatasetError.self) {
            try prepare("a.jsonl", #"{"messages": [{"role": "user", "content": "a"}]}"#)
        }
        #expect(silent?.problems.first?.kind == .noTarget)
    }

    // MARK: Inference

    @Test func theTrainedTextBeginsWithThePromptOfInference() throws {
        try withFile("a.jsonl", twoTurns) { path in
            let set = try RowSet(files: [path], settings: .test(), hasTemplate: true)
            let builder = ExampleBuilder(encoder: ToyEncoder(), renderer: ToyRenderer.chatML, settings: .test())
            var report = DatasetReport()
            let example = try #require(try builder.examples(of: set.rows[0], counting: &report).first)
            let prompt = try #require(try builder.prompt(of: set.rows[0]))
            #expect(prompt.reference == "same answer")
            #expect(example.ids.starts(with: prompt.ids))
            #expect(example.isTarget[prompt.ids.count])
            let other = builder.replacingAnswer(of: set.rows[0], with: "different")
            #expect(other.answerText == "different")
        }
    }

    // MARK: Borders

    /// Silent failure: the token that joins the prompt's last space to the answer is left out, and only end tokens are trained.
    @Test func theMaskBeginsWhereThePromptsOwnTokensEnd() throws {
        let set = try prepare("a.jsonl", #"{"prompt": "mood: ", "completion": "good"}"#, renderer: nil)
        // "mood", ":", " good", end.
        #expect(set.examples[0].isTarget == [false, false, true, true])
        #expect(set.report.straddlingTokens == 1)
        let chat = #"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "good day"}]}"#
        let turns = try prepare("a.jsonl", chat, renderer: .withoutEnd)
        #expect(trainedText(turns.examples[0], in: "user: a\nassistant: good day\n") == " good day")
    }

    @Test func anAnswerWithoutATokenOfItsOwnIsAnError() throws {
        let good = #"{"prompt": "a", "completion": " b"}"#
        let glued = #"{"prompt": "sun", "completion": "day"}"#
        let error = #expect(throws: DatasetError.self) {
            try prepare("a.jsonl", good + "\n" + glued, renderer: nil)
        }
        #expect(error?.problems.first?.kind == .noTarget)
        #expect(error?.problems.first?.place.line == 2)
        // A text of one token teaches nothing but to end: left out and counted.
        let texts = try prepare("a.jsonl", #"{"text": "one"}"# + "\n" + #"{"text": "one two"}"#)
        #expect(texts.examples.count == 1)
        #expect(texts.report.rowsWithoutTarget == 1)
    }
}
