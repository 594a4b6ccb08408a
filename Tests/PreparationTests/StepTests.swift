import Foundation
import JSON
import Preparation
import Recipes
import TestSupport
import Testing

@Suite struct NormaliseTests {
    @Test(arguments: [
        ("Caf\u{65}\u{301}", "Café"), ("a&amp;b &lt;c&gt; &#39;d&#x27; &nbsp;&eacute;", "a&b <c> 'd' é"),
        ("  two   words\t here \r\n\r\n\r\n\r\nnext ", "two words here\n\nnext"), ("ＡＢＣ１２３，好！", "ABC123，好！"),
        ("a\u{200B}b\u{FEFF}c\u{3000}d", "abc d"), ("bell\u{7}", "bell"), ("&unknown; & &;", "&unknown; & &;"),
        ("plain text stays.", "plain text stays."), ("", ""), ("\u{1100}\u{1161}", "가"),
    ])
    func defaults(_ before: String, _ after: String) throws {
        #expect(try through("normalise", before).utf8.elementsEqual(after.utf8))
    }

    @Test func rulesCanBeTurnedOff() throws {
        for (off, text) in [
            ("unicode: keep", "Caf\u{65}\u{301}"), ("whitespace: keep", " a  b "), ("html: false", "a &amp; b"),
            ("full_width: keep", "Ｘ"),
        ] {
            #expect(try through("{ normalise: { \(off) } }", text).utf8.elementsEqual(text.utf8))
        }
        #expect(try through("{ normalise: { full_width: all } }", "好，！") == "好,!")
        #expect(try through("{ normalise: { case: lower } }", "The ÉTÉ of X1") == "the été of x1")
        #expect(try through("{ normalise: { whitespace: unify } }", "a\r\n  b\u{A0}c ") == "a\n  b c")
    }

    @Test func reachesNestedTextsAndOnlyNamedFields() throws {
        let row = try JSONValue(parsing: #"{"messages":[{"role":"user","content":" a  b "}],"note":" c  d ","n":3}"#)
        let all = try prepare("steps: [normalise]", train: [row.object ?? JSONObject()])
        #expect(
            JSONValue.object(all.rows[0].fields).text()
                == #"{"messages":[{"role":"user","content":"a b"}],"note":"c d","n":3}"#)
        let one = try prepare(
            "steps: [{ normalise: { fields: messages.content } }]", train: [row.object ?? JSONObject()])
        #expect(one.rows[0].fields["note"] == " c  d ")
        #expect(one.report.steps[0].rowsChanged == 1)
    }
}

@Suite struct FilterTests {
    private func kept(_ keys: String, _ texts: [String]) throws -> [String] {
        try prepare("steps: [{ filter: { \(keys) } }]", train: rows(texts)).texts()
    }

    @Test func lengths() throws {
        #expect(try kept("min_characters: 3, max_characters: 4", ["ab", "abc", "日本語文", "abcde"]) == ["abc", "日本語文"])
        #expect(try kept("min_words: 2", ["one", "two words", "好的"]) == ["two words", "好的"])
        #expect(try kept("max_tokens: 2", ["a b", "a b c"]) == ["a b"])
    }

    @Test func scripts() throws {
        #expect(try kept("min_script: { han: 0.5 }", ["hello 你", "你好 ok", "你好世界"]) == ["你好 ok", "你好世界"])
        #expect(try kept("max_script: { cyrillic: 0.2 }", ["привет", "hello привет all of you"]) == [])
        #expect(try kept("min_alphanumeric: 0.6", ["!!!! a", "words and more", "价格很好"]) == ["words and more", "价格很好"])
    }

    @Test func repetition() throws {
        let again = String(repeating: "buy now and save ", count: 8)
        let fresh = "every word of this sentence differs from all others around it today"
        #expect(try kept("max_word_repetition: 0.3", [again, fresh]) == [fresh])
        #expect(try kept("max_character_repetition: 0.2", [again, fresh]) == [fresh])
        #expect(try kept("max_line_repetition: 0.3", ["a\na\na\nb", "a\nb\nc"]) == ["a\nb\nc"])
        #expect(try kept("max_top_ngram: 0.3, ngram_words: 2", [again, fresh]) == [fresh])
    }

    @Test func patternsAndFields() throws {
        #expect(try kept(#"matches: "\\d{3}""#, ["a 12", "a 123"]) == ["a 123"])
        #expect(try kept("excludes: \"(?i)lorem\"", ["Lorem ipsum", "text"]) == ["text"])
        let rows = [("en", 3), ("fr", 9), ("en", 9)].map {
            JSONObject([("text", "x"), ("lang", .string($0.0)), ("stars", .integer($0.1))])
        }
        let result = try prepare(
            "steps: [{ filter: { where: { lang: [en, de] }, min_value: { stars: 5 } } }]", train: rows)
        #expect(result.rows.map(\.index) == [2])
        #expect(result.report.steps[0].removed.map(\.name) == ["min_value.stars", "where.lang"])
        #expect(result.report.steps[0].removed.map(\.count) == [1, 1])
        #expect(result.report.steps[0].rowsIn == 3)
        #expect(result.report.steps[0].rowsOut == 1)
    }
}

@Suite struct OtherStepTests {
    @Test func exactDuplicatesKeepTheFirst() throws {
        let result = try prepare(
            "steps: [deduplicate]", train: rows(["a", "b", "a", "c", "a"]), heldOut: rows(["z", "z"]))
        #expect(result.train.map(\.place.line) == [1, 2, 4])
        #expect(result.heldOut.count == 1)
        #expect(result.report.steps[0].duplicates?.rows == 3)
        #expect(result.report.steps[0].duplicates?.examples.first?.firstPlace == "t.jsonl:1")
        let loose = try prepare(
            "steps: [{ deduplicate: { by: normalised } }]", train: rows(["It's so.", "its so.", " it's  SO. "]))
        #expect(loose.texts() == ["It's so.", "its so."])
    }

    @Test func chosenFieldsDecide() throws {
        let rows = [("1", "a"), ("2", "a"), ("3", "b")].map {
            JSONObject([("id", .string($0.0)), ("question", .string($0.1))])
        }
        #expect(try prepare("steps: [deduplicate]", train: rows).rows.count == 3)
        #expect(try prepare("steps: [{ deduplicate: { fields: question } }]", train: rows).rows.count == 2)
    }

    @Test func templatesSayWhichFieldsTheFormatReads() throws {
        let rows = ["1", "2"].map { JSONObject([("id", .string($0)), ("q", "why?"), ("a", "so")]) }
        let data = #"template: { prompt: "Q: {q}", completion: "{a}" }, steps: [deduplicate]"#
        #expect(try prepare(data, train: rows).rows.count == 1)
    }

    @Test func balanceEvensClasses() throws {
        let rows = (0..<30).map {
            JSONObject([("text", .string("\($0)")), ("label", $0 % 3 == 0 ? "rare" : "common")])
        }
        let under = try prepare("steps: [balance]", train: rows)
        #expect(under.rows.count == 20)
        #expect(under.report.steps[0].classes.map(\.after) == [10, 10])
        let over = try prepare("steps: [{ balance: { method: oversample } }]", train: rows)
        #expect(over.rows.count == 40)
        #expect(over.report.steps[0].rowsAdded == 10)
        #expect(try prepare("steps: [{ balance: { per_class: 4 } }]", train: rows).rows.count == 8)
        #expect(try prepare("steps: [balance]", train: rows).rows == under.rows)
    }

    @Test func sampleIsSeededAndInOrder() throws {
        let all = rows((0..<200).map { "\($0)" })
        let first = try prepare("steps: [{ sample: { size: 0.25 } }]", train: all)
        #expect(first.rows.count == 50)
        #expect(first.rows.map(\.index) == first.rows.map(\.index).sorted())
        #expect(try prepare("steps: [{ sample: { size: 0.25 } }]", train: all).rows == first.rows)
        #expect(try prepare("steps: [{ sample: { size: 7 } }]", train: all).rows.count == 7)
    }

    @Test func augmentChangesCopiesOfTrainingRowsOnly() throws {
        let text = "the quick brown fox jumps over the lazy dog again"
        let step =
            "steps: [{ augment: { copies: 2, drop: 0.3, swap: 0.2, replace: 0.9, synonyms: { quick: [fast, swift] } } }]"
        let result = try prepare(step, train: rows([text]), heldOut: rows(["held out words stay as they are"]))
        #expect(result.heldOut.count == 1)
        #expect(result.train.count == 3)
        #expect(result.train[0].fields["text"]?.string == text)
        #expect(Set(result.train.map { $0.fields["text"]?.string ?? "" }).count == 3)
        #expect(try prepare(step, train: rows([text])).rows == result.train)
    }

    @Test func mapBuildsFields() throws {
        let row = JSONObject([("q", "why?"), ("n", 3), ("meta", ["who": "me"])])
        let result = try prepare(
            #"steps: [{ map: { fields: { prompt: "{meta.who} asks {{{n}}}: {q}" }, keep: false } }]"#, train: [row])
        #expect(JSONValue.object(result.rows[0].fields).text() == #"{"prompt":"me asks {3}: why?"}"#)
        #expect(throws: StepError.self) {
            try prepare(#"steps: [{ map: { fields: { prompt: "{nothing}" } } }]"#, train: [row])
        }
        #expect(throws: StepError.self) { try prepare(#"steps: [{ map: { fields: { p: "{q" } } }]"#, train: [row]) }
    }

    @Test func stepsRunInOrder() throws {
        let result = try prepare(
            "steps: [normalise, { filter: { min_characters: 2 } }, deduplicate]",
            train: rows(["a b", "a  b", " c ", "d\u{A0}e"]))
        #expect(result.texts() == ["a b", "d e"])
        #expect(result.report.steps.map(\.rowsOut) == [4, 3, 2])
        #expect(result.report.json["steps"]?.array?.count == 3)
        #expect(result.report.json["steps"]?.array?[1]["removed"]?.array?.first?["name"] == "min_characters")
    }
}
