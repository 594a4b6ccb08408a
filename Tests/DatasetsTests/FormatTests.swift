import Datasets
import Foundation
import JSON
import TestSupport
import Testing
import Vocabulary

private func rowSet(_ text: String, _ settings: DataSettings = .test()) throws -> RowSet {
    try withFile("a.jsonl", text) { try RowSet(files: [$0], settings: settings, hasTemplate: true) }
}

private func problem(_ text: String, _ settings: DataSettings = .test()) -> DatasetProblem? {
    do {
        _ = try rowSet(text, settings)
        return nil
    } catch { return (error as? DatasetError)?.problems.first }
}

@Suite struct FormatTests {
    private static let turns =
        #"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}, {"role": "assistant", "content": "d"}]}"#

    /// The fields say what form the rows have, also where the first row's are null: that row is what is wrong.
    @Test func aNullInTheFirstRowIsNoUnknownForm() {
        let found = problem("{\"prompt\": null, \"completion\": \"b\"}\n{\"prompt\": \"a\", \"completion\": \"b\"}\n")
        #expect(found?.kind != .unknownFormat && found?.place.line == 1, "\(String(describing: found))")
        #expect(found?.message.contains("\"prompt\"") == true, "\(String(describing: found))")
    }

    @Test func trainOnChoosesTurns() throws {
        func trained(_ turns: TrainedTurns) throws -> String {
            var settings = DataSettings.test()
            settings.trainOn = turns
            if turns == .all { settings.trainOnPrompt = true }
            let set = try prepare("a.jsonl", Self.turns, settings)
            let text =
                "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n<|im_start|>user\nc<|im_end|>\n<|im_start|>assistant\nd<|im_end|>\n"
            return trainedText(set.examples[0], in: text)
        }
        let assistant = try trained(.assistant)
        #expect(assistant == "b<|im_end|>d<|im_end|>")
        let last = try trained(.last)
        #expect(last == "d<|im_end|>")
        let all = try trained(.all)
        #expect(all.hasPrefix("user\na"))
        #expect(
            DataSettings(
                format: .auto, columns: [:], labels: [], maxLength: 8, tooLong: .error, trainOnPrompt: false,
                trainOn: .all
            ).trainOnPrompt)
    }

    @Test func weightsTakeTurnsOut() throws {
        let row = Self.turns.replacingOccurrences(of: #""content": "b""#, with: #""content": "b", "weight": 0"#)
        let weighed = try rowSet(row).rows[0].content
        guard case .conversation(let messages, let trained, _) = weighed else {
            Issue.record("no conversation")
            return
        }
        #expect(trained == [3])
        // What a template sees has no weight in it.
        #expect(messages[1].object?.members.map(\.key) == ["role", "content"])
        let half = row.replacingOccurrences(of: #""weight": 0"#, with: #""weight": 0.5"#)
        #expect(problem(half)?.message == "messages[1].weight is 0.5: a turn's loss weighs 0 or 1")
        let none = row.replacingOccurrences(of: #""content": "d""#, with: #""content": "d", "weight": 0"#)
        #expect(problem(none)?.kind == .noTarget)
        #expect(
            problem(row.replacingOccurrences(of: #""weight": 0"#, with: #""weight": 1"#)) == nil)
    }

    @Test func templatesBuildFields() throws {
        var settings = DataSettings.test(columns: ["completion": "answer"])
        settings.templates = ["prompt": "Context: {context}\nQuestion: {{{question}}} ({n})"]
        let row = #"{"context": "x", "question": "q", "n": 3, "answer": " y", "prompt": "old"}"#
        let set = try rowSet(row, settings)
        #expect(set.format == .promptCompletion)
        #expect(set.rows[0].promptText == "Context: x\nQuestion: {q} (3)")
        #expect(set.rows[0].answerText == " y")
        #expect(problem(#"{"question": "q"}"#, settings)?.kind == .missingField)
        for broken in ["{a", "a}", "{}", "{a{b}}"] {
            settings.templates = ["prompt": broken]
            #expect(problem(row, settings)?.kind == .template, "\(broken)")
        }
    }

    @Test func labelWordsStandForLabels() throws {
        var settings = DataSettings.test(labels: ["negative", "positive"])
        settings.labelWords = ["0": "negative", "1": "positive"]
        let set = try rowSet(#"{"text": "a", "label": 1}"# + "\n" + #"{"text": "b", "label": "0"}"#, settings)
        #expect(set.rows.map(\.label) == ["positive", "negative"])
        #expect(set.rows.map(\.answerText) == ["positive", "negative"])
        #expect(problem(#"{"text": "a", "label": "2"}"#, settings)?.kind == .unknownLabel)
    }

    @Test func documentsAreChunkedWithinThemselves() throws {
        let words = (0..<25).map { "w" + String(UnicodeScalar(UInt8(97 + $0))) }.joined(separator: " ")
        var settings = DataSettings.test(.text, maxLength: 10)
        settings.tooLong = .chunk
        let whole = try prepare("a.jsonl", #"{"text": "\#(words)"}"#, .test(.text))
        let set = try prepare("a.jsonl", #"{"text": "\#(words)"}"# + "\n" + #"{"text": "short one"}"#, settings)
        let chunks = set.examples.filter { $0.index == 0 }
        #expect(chunks.map(\.ids.count) == [10, 10, 8])
        #expect(chunks.map(\.part) == [0, 1, 2])
        // Every token of the document but its first is a target once, the end token last.
        let targets = chunks.flatMap { chunk in zip(chunk.ids, chunk.isTarget).filter(\.1).map(\.0) }
        #expect(targets == Array(whole.examples[0].ids.dropFirst()))
        #expect(targets.last == 1)
        #expect(set.examples.count == 4)
        #expect(set.report.rows == 2)
        #expect(set.report.targetTokens == targets.count + set.examples[3].targetCount)
        #expect(throws: DatasetError.self) { try prepare("a.jsonl", Self.turns, settings) }
    }

    @Test func preferencesAreReadAndTrainedOnWhereThatIsAskedFor() throws {
        let rows = [
            #"{"prompt": "q", "chosen": "good", "rejected": "bad"}"#,
            #"{"conversations": [{"from": "human", "value": "q"}], "chosen": {"from": "gpt", "value": "good"}, "rejected": {"from": "gpt", "value": "bad"}}"#,
            #"{"chosen": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "good"}], "rejected": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "bad"}]}"#,
        ]
        for row in rows {
            let set = try rowSet(row)
            #expect(set.format == .preference)
            #expect(set.rows[0].promptText == "q")
            #expect(set.rows[0].answerText == "good")
        }
        var settings = DataSettings.test()
        settings.unit = .sequence
        let error = #expect(throws: DatasetError.self) { try prepare("a.jsonl", rows[0], settings) }
        #expect(error?.problems.first?.kind == .unsupported)
        settings.unit = .pair
        #expect(try prepare("a.jsonl", rows[0], settings).examples.count == 2)
        let other = #"{"prompt": "q", "completion": "good"}"#
        #expect(throws: DatasetError.self) { try prepare("a.jsonl", other, settings) }
        #expect(problem(#"{"prompt": "q", "chosen": "same", "rejected": "same"}"#)?.kind == .noTarget)
        #expect(
            problem(
                #"{"prompt": "q", "chosen": "a", "rejected": [{"role": "user", "content": "b"}]}"#)?.kind == .noTarget)
        #expect(problem(#"{"chosen": "a", "rejected": "b"}"#)?.kind == .noTarget)
    }

    @Test func ratedRowsAreRead() throws {
        let row =
            #"{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}], "label": false}"#
        let set = try rowSet(row)
        #expect(set.format == .rated)
        guard case .rated(_, let rating) = set.rows[0].content else {
            Issue.record("not rated")
            return
        }
        #expect(rating == 0)
        var told = DataSettings.test()
        told.format = .rated
        let texts = try rowSet(row.replacing("false", with: "\"TRUE\""), told)
        guard case .rated(_, 1) = texts.rows[0].content else {
            Issue.record("not rated good")
            return
        }
        #expect(try prepare("a.jsonl", row).examples.map(\.wanted) == [[0]])
        // What learns from something else says so.
        var settings = DataSettings.test()
        settings.unit = .sequence
        #expect(throws: DatasetError.self) { try prepare("a.jsonl", row, settings) }
        #expect(problem(#"{"prompt": "q", "completion": "a", "rating": "nan"}"#)?.kind == .wrongType)
    }

    /// What a rated row says beside its prompt, its answer and its rating is named, and not passed over.
    @Test func whatRatedRowsSayBesideIsNamed() throws {
        func unread(_ beside: String) throws -> [String] {
            try rowSet(#"{"prompt": "q", "completion": "a", "system": "s", "rating": 1\#(beside)}"#).rows[0].remarks
                .map(\.detail)
        }
        #expect(try unread("").isEmpty)
        #expect(
            try unread(#", "tools": [{"name": "f"}], "documents": ["d"], "system_prompt": "p", "label": true"#)
                == ["label", "tools", "system_prompt", "documents"])
    }

    @Test(
        .needs("general/llamafactory-demo"),
        arguments: [
            ("alpaca_en_demo", RowFormat.alpaca), ("glaive_toolcall_zh_demo", .sharegpt), ("dpo_en_demo", .preference),
            ("dpo_zh_demo", .preference), ("kto_en_demo", .rated), ("identity", .alpaca), ("alpaca_zh_demo", .alpaca),
        ])
    func formatsOfAPeerAreRead(name: String, format: RowFormat) throws {
        let path = SharedData.url("general/llamafactory-demo/\(name).json").path
        let set = try RowSet(files: [path], settings: .test(), hasTemplate: true)
        #expect(set.format == format)
        #expect(set.rows.count > 80)
        #expect(set.rows.allSatisfy { !$0.promptText.isEmpty && !$0.answerText.isEmpty })
    }

    @Test(.needs("retail/taskmaster4-coffee")) func ratedDialoguesOfTaskmasterAreRead() throws {
        let folder = SharedData.url("retail/taskmaster4-coffee").path
        let set = try RowSet(files: [folder + "/reward_*.json"], settings: .test(), hasTemplate: true)
        #expect(set.format == .rated)
        #expect(set.rows.count == 2_500)
        let named = DataSettings.test(
            .rated, columns: ["prompt": "context", "completion": "generation", "rating": "reward"])
        let again = try RowSet(files: [folder + "/reward_*.json"], settings: named, hasTemplate: true)
        #expect(again.rows.map(\.content) == set.rows.map(\.content))
        for row in set.rows {
            guard case .rated(let messages, let rating) = row.content else { continue }
            #expect(rating == 0 || rating == 1)
            #expect(messages.count > 1 && messages.last?["role"] == "assistant")
            #expect(messages.allSatisfy { ["user", "assistant", "tool"].contains($0["role"]) })
        }
    }
}

@Suite struct InputReportTests {
    @Test func badRowsStandInTheReport() throws {
        var settings = DataSettings.test()
        settings.input.maximumBadRows = 2
        let set = try prepare("a.jsonl", "{\"text\": \"a b\"}\n{\"text\": 1}\n{\n{\"text\": \"c d\"}\n", settings)
        #expect(set.report.rows == 2)
        #expect(set.report.input?.badRowKinds == [.wrongType: 1, .syntax: 1])
        #expect(set.report.input?.samples.map(\.place.line) == [2, 3])
        #expect(set.report.json["input"]?["bad_rows"] == 2)
        let unknown = #expect(throws: DatasetError.self) {
            try prepare("a.jsonl", "{\"words\": 1}\n{\"words\": 2}\n")
        }
        #expect(unknown?.count == 1)
        #expect(unknown?.problems.first?.kind == .unknownFormat)
    }
}
