// Rows in which spans are named: files of words and tags, tokens with tags, texts with spans; how they become tokens that a head reads.

import Datasets
import Foundation
import JSON
import TestSupport
import Testing
import Vocabulary

private func settings(labels: [String] = [], maxLength: Int = 1000, tooLong: TooLongRule = .error) -> DataSettings {
    var settings = DataSettings.test(.auto, labels: labels, maxLength: maxLength, tooLong: tooLong)
    settings.task = RowTask(.tag, reads: .words)
    return settings
}

private func problem(_ name: String, _ text: String, _ settings: DataSettings = settings()) -> DatasetProblem? {
    do {
        _ = try prepare(name, text, settings)
        return nil
    } catch { return (error as? DatasetError)?.problems.first }
}

/// A row's text, and of each span its words and its type.
private func spans(_ row: DataRow) -> [String] {
    guard case .document(let text) = row.content, case .spans(let tagged) = row.answer else { return ["no spans"] }
    let scalars = Array(text.unicodeScalars)
    return tagged.spans.map { span in
        var part = String.UnicodeScalarView()
        part.append(contentsOf: scalars[span.start..<span.end])
        return "\(span.type) \(String(part))"
    }
}

@Suite struct SpanRowTests {
    private static let classes = ["B-LOC", "B-PER", "I-LOC", "I-PER", "O"]

    private func remarks(_ report: DatasetReport) -> [RowRemark.Kind: Int] {
        Dictionary(uniqueKeysWithValues: report.remarks.counts.map { ($0.kind, $0.count) })
    }

    // MARK: Files of words

    @Test func sentencesOfCoNLLFilesAreRows() throws {
        let text =
            "-DOCSTART- -X- O O\n\n# id 7\tdomain=x\nUlla NNP I-NP I-PER\nEk NNP I-NP I-PER\nvon NNP I-NP B-PER\n# NN I-NP O\n\n\n"
            + "Rom\tB-LOC\r\n.\tO\n"
        let set = try prepare("a.conll", text, settings())
        #expect(set.rows.map(\.place.line) == [4, 10])
        // Of the older scheme: B parts two spans of one type.
        #expect(spans(set.rows[0]) == ["PER Ulla Ek", "PER von"])
        #expect(spans(set.rows[1]) == ["LOC Rom"])
        guard case .document(let first) = set.rows[0].content else { return }
        #expect(first == "Ulla Ek von #" && set.report.format == .spans)
    }

    @Test(arguments: [
        ("a B-X\nb\n\nc O\n", 2, "have a tag"), ("a B-X\nb Q\n", 1, "\"Q\""), ("a B-X\nb E-X\nc I-X\n", 1, "word 3"),
        ("a O\n\nb L-X\n", 3, "word 1"), ("a S-X\nb U-X\n", 1, "none of"),
    ]) func damagedSentencesAreBadRows(_ text: String, line: Int, words: String) {
        let found = problem("a.conll", text)
        #expect(found?.place.line == line && found?.message.contains(words) == true, "\(String(describing: found))")
    }

    @Test func schemesWithEndsAreReadAndLearntAsBeginnings() throws {
        let set = try prepare("a.conll", "a B-X\nb I-X\nc E-X\nd S-Y\ne O\n", settings())
        #expect(spans(set.rows[0]) == ["X a b c", "Y d"])
        // The classes are B-X, B-Y, I-X, I-Y, O, though no span of Y has two words.
        #expect(set.examples[0].wanted == [0, 2, 2, 1, 4])
        let kept = try prepare(
            "a.conll", "a B-X\nb I-X\nc E-X\nd S-X\ne O\n",
            settings(labels: ["O", "B-X", "I-X", "E-X", "S-X"]))
        #expect(kept.examples[0].wanted == [1, 2, 3, 4, 0])
    }

    // MARK: Tokens with tags

    @Test func tagsAreNamesOrNumbersOfTheLabelSet() throws {
        let named = try prepare(
            "a.jsonl", #"{"tokens": ["Ulla", "in", "Rom"], "tags": ["B-PER", "O", "B-LOC"]}"#, settings())
        let labels = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
        let numbered = try prepare(
            "a.jsonl", #"{"tokens": ["Ulla", "in", "Rom"], "ner_tags": [1, 0, 3]}"#, settings(labels: labels))
        #expect(spans(named.rows[0]) == ["PER Ulla", "LOC Rom"] && spans(numbered.rows[0]) == spans(named.rows[0]))
        #expect(named.examples[0].wanted.map { Self.classes[Int($0)] } == ["B-PER", "O", "B-LOC"])
        #expect(numbered.examples[0].wanted == [1, 0, 3])
        #expect(problem("a.jsonl", #"{"tokens": ["a"], "tags": [1]}"#)?.message.contains("its numbers mean") == true)
        #expect(
            problem("a.jsonl", #"{"tokens": ["a"], "tags": ["O", "O"]}"#)?.message.contains("1 words and 2 tags")
                == true)
        #expect(
            problem("a.jsonl", #"{"tokens": ["a", " "], "tags": ["O", "O"]}"#)?.message.contains("\"tokens\"[1]")
                == true)
        #expect(problem("a.jsonl", #"{"tokens": ["a"]}"#)?.kind == .missingField)
        #expect(
            problem("a.jsonl", #"{"tokens": ["a"], "tags": ["B-ORG"]}"#, settings(labels: labels))?.kind
                == .unknownLabel)
    }

    // MARK: Texts with spans

    @Test func spansCountUnicodeScalars() throws {
        // "é" of two scalars, and a sign of two UTF-16 units before it.
        let text = "\u{1F600} Rene\u{301} in Rom."
        let row =
            "{\"text\": \"\(text)\", \"spans\": [{\"start\": 11, \"end\": 14, \"label\": \"LOC\", \"text\": \"Rom\"}, [2, 7, \"PER\"]]}"
        let set = try prepare("a.jsonl", row, settings())
        #expect(spans(set.rows[0]) == ["PER Rene\u{301}", "LOC Rom"])
        let entities = row.replacingOccurrences(of: "spans", with: "entities")
        let again = try prepare("a.jsonl", entities, settings())
        #expect(spans(again.rows[0]) == spans(set.rows[0]) && again.examples[0].wanted == set.examples[0].wanted)
    }

    @Test(arguments: [
        (#"[{"start": 0, "end": 10, "label": "A"}]"#, "the text has 9"),
        (#"[{"start": 4, "end": 4, "label": "A"}]"#, "from character 4 to 4"),
        (#"[{"start": 0, "end": 5, "label": "A"}, {"start": 4, "end": 9, "label": "B"}]"#, "overlap"),
        (#"[{"start": 4, "end": 5, "label": "A"}]"#, "only space"),
        (#"[{"start": 0, "end": 4, "label": " "}]"#, "label is empty"),
        (#"[{"start": 0, "end": 4, "label": "A", "text": "take"}]"#, "its text says"),
        (#"[{"start": 0.5, "end": 4, "label": "A"}]"#, "whole numbers"), (#""none""#, "list of spans"),
    ]) func damagedSpansAreBadRows(_ spans: String, words: String) {
        let good = #"{"text": "Take 2 mg", "spans": []}"# + "\n"
        let found = problem("a.jsonl", good + "{\"text\": \"Take 2 mg\", \"spans\": \(spans)}")
        #expect(found?.place.line == 2 && found?.message.contains(words) == true, "\(String(describing: found))")
    }

    @Test func wordsAreRunsOfLettersAndDigits() {
        func words(_ text: String) -> [String] {
            let scalars = Array(text.unicodeScalars)
            return TaggedText.words(of: text).map { range in String(scalars[range].map(Character.init)) }
        }
        #expect(words("Take 2.5mg, twice-daily!") == ["Take", "2", ".", "5mg", ",", "twice", "-", "daily", "!"])
        #expect(words("服用アスピリン2片") == ["服", "用", "アスピリン2", "片"])
        #expect(words(" \n") == [])
    }

    // MARK: Tokens

    @Test func eachWordIsReadAtItsFirstToken() throws {
        // The toy tokenizer's tokens are runs of letters with the blank before them, and single signs.
        let set = try prepare(
            "a.jsonl", #"{"text": "Rom 12 ab", "spans": [{"start": 4, "end": 6, "label": "N"}]}"#, settings())
        #expect(set.examples[0].ids.count == 5 && set.examples[0].isRead)
        #expect(set.examples[0].isTarget == [true, false, true, false, true])
        #expect(set.examples[0].wanted == [2, 0, 2] && set.report.remarks.counts.isEmpty)
    }

    @Test func spansThatPartWordsTakeThemWholeAndAreCounted() throws {
        let set = try prepare(
            "a.jsonl", #"{"text": "unwell today", "spans": [{"start": 2, "end": 6, "label": "N"}]}"#, settings())
        #expect(set.examples[0].wanted == [0, 2] && remarks(set.report) == [.partedWord: 1])
    }

    /// Two words that one token begins are one, and have the tag of the first.
    @Test func wordsThatShareATokenShareATag() throws {
        let row = #"{"tokens": ["a", "b"], "tags": ["B-X", "B-Y"]}"#
        let builder = ExampleBuilder(encoder: OneToken(), renderer: nil, settings: settings())
        var report = DatasetReport()
        let decoder = try RowDecoder(settings(), format: .spans, hasTemplate: false)
        let source = SourceRow(
            fields: try #require(try JSONValue(parsing: row).object), place: RowPlace(file: "a", line: 1), index: 0)
        let made = try builder.examples(of: decoder.row(source, index: 0), counting: &report)
        #expect(made[0].targetCount == 1 && remarks(report) == [.joinedWord: 1, .partedWord: 2])
    }

    @Test func wordsBehindTheCutAreCountedAndNotRead() throws {
        let text = #"{"tokens": ["aa", "bb", "cc", "dd"], "tags": ["B-X", "O", "B-X", "I-X"]}"#
        let set = try prepare("a.jsonl", text, settings(maxLength: 3, tooLong: .truncate))
        #expect(set.examples[0].ids.count == 3 && set.examples[0].wanted == [0, 2, 0])
        #expect(remarks(set.report) == [.cutWord: 1] && set.report.truncatedRows == 1)
        let dropped = try prepare(
            "a.jsonl", text + "\n" + #"{"tokens": ["e"], "tags": ["B-X"]}"#, settings(maxLength: 3, tooLong: .drop))
        #expect(dropped.examples.count == 1 && dropped.report.droppedRows == 1)
        #expect(problem("a.jsonl", text, settings(maxLength: 3))?.kind == .tooLong)
    }

    @Test func rowsOfSpansAreForTagging() {
        let tokens = #"{"tokens": ["a"], "tags": ["O"]}"#
        #expect(problem("a.jsonl", tokens, .test())?.message.contains("task: tag") == true)
        #expect(problem("a.jsonl", #"{"prompt": "a", "completion": "b"}"#)?.hint?.contains("text and spans") == true)
    }
}

/// A tokenizer that makes one token of everything.
private struct OneToken: TextEncoder {
    var beginID: Int32?
    var endID: Int32?
    var addsBegin: Bool { false }
    var encoderDigest: String { "one" }
    func encodeText(_ text: String, addSpecialTokens: Bool, parseSpecial: Bool) -> EncodedText {
        EncodedText(ids: [1], offsets: [0..<text.utf8.count])
    }
    func isSpecialToken(_ id: Int32) -> Bool { false }
}
