// Numbers between bounds, dates, patterns: exactly those, no fewer.

import Foundation
import Grammars
import JSON
import Testing

@Suite struct NumberGrammarTests {
    private func grammar(_ schema: String) throws -> (JSONGrammar, GrammarVocabulary) {
        let vocabulary = try GrammarVocabulary.tiny.get()
        return (try JSONGrammar(schema: JSONValue(parsing: Array(schema.utf8)), vocabulary.pieces), vocabulary)
    }

    @Test(arguments: [(-17, 1234), (0, 9), (-120, -8), (99, 101), (-1, 0), (6, 6)])
    func wholeNumbersBetween(_ lower: Int, _ upper: Int) throws {
        let (closed, vocabulary) = try grammar(#"{"type":"integer","minimum":\#(lower),"maximum":\#(upper)}"#)
        let (open, _) = try grammar(
            #"{"type":"integer","exclusiveMinimum":\#(lower - 1),"exclusiveMaximum":\#(upper + 1),"multipleOf":3}"#)
        for number in stride(from: -1300, through: 1300, by: 1)
        where abs(number) < 130 || number % 7 == 0 || number > 1220 {
            #expect(vocabulary.accepts("\(number)", closed) == (lower...upper ~= number), "\(number)")
            #expect(vocabulary.accepts("\(number)", open) == (lower...upper ~= number && number % 3 == 0), "\(number)")
        }
        for text in ["-0", "00", "07", "+7", "7.0", "1e1", ""] { #expect(!vocabulary.accepts(text, closed), "\(text)") }
    }

    @Test func fractionsBetween() throws {
        let (numbers, vocabulary) = try grammar(#"{"type":"number","minimum":-2.5,"exclusiveMaximum":3.14159}"#)
        for text in ["-2.5", "-2.50", "-2", "-0.1", "0", "0.0", "3", "3.14158", "3.141589999", "3.0"] {
            #expect(vocabulary.accepts(text, numbers), "\(text)")
        }
        for text in ["-2.51", "-2.500001", "-3", "3.14159", "3.141590", "3.2", "4", "10", "-10", "1.", ".5"] {
            #expect(!vocabulary.accepts(text, numbers), "\(text)")
        }
        let (quarters, _) = try grammar(#"{"type":"number","multipleOf":0.25,"minimum":0}"#)
        for text in ["0", "0.5", "0.25", "12.75", "3.0", "3.00"] {
            #expect(vocabulary.accepts(text, quarters), "\(text)")
        }
        for text in ["0.2", "0.3", "12.76", "3.1", "-0.25"] { #expect(!vocabulary.accepts(text, quarters), "\(text)") }
        let (small, _) = try grammar(#"{"type":"number","exclusiveMinimum":1e-3,"maximum":2E-3}"#)
        #expect(vocabulary.accepts("0.0010001", small) && vocabulary.accepts("0.002", small))
        #expect(!vocabulary.accepts("0.001", small) && !vocabulary.accepts("0.0020001", small))
    }

    @Test func datesAreDays() throws {
        let (dates, vocabulary) = try grammar(#"{"type":"string","format":"date"}"#)
        for day in ["2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31", "2023-04-30"] {
            #expect(vocabulary.accepts("\"\(day)\"", dates), "\(day)")
        }
        for day in ["2023-02-29", "1900-02-29", "0000-01-01", "2023-04-31", "2023-00-10", "2023-13-01", "2023-1-1"] {
            #expect(!vocabulary.accepts("\"\(day)\"", dates), "\(day)")
        }
        let (times, _) = try grammar(#"{"type":"string","format":"date-time"}"#)
        #expect(vocabulary.accepts(#""2023-04-30T23:59:59.123Z""#, times))
        #expect(vocabulary.accepts(#""2023-04-30T00:00:00+05:30""#, times))
        #expect(!vocabulary.accepts(#""2023-04-30T24:00:00Z""#, times))
        #expect(!vocabulary.accepts(#""2023-04-30T23:59:59""#, times))
    }

    @Test func patternsAreSearchedFor() throws {
        let (inside, vocabulary) = try grammar(#"{"type":"string","pattern":"ab+c"}"#)
        #expect(vocabulary.accepts(#""xx abbbc \"yy\"""#, inside) && vocabulary.accepts(#""abc""#, inside))
        #expect(!vocabulary.accepts(#""ac""#, inside) && !vocabulary.accepts(#""""#, inside))
        let (whole, _) = try grammar(#"{"type":"string","pattern":"^(?:a|é{2,3}|[^a-y\\d])$"}"#)
        for text in ["a", "éé", "ééé", "z", "é", "😀", #"\n"#] {
            #expect(vocabulary.accepts("\"\(text)\"", whole), "\(text)")
        }
        for text in ["b", "7", "aa", "éééé", ""] { #expect(!vocabulary.accepts("\"\(text)\"", whole), "\(text)") }
    }

    @Test func textsNeedNoJSON() throws {
        let vocabulary = try GrammarVocabulary.tiny.get()
        let pattern = try TextGrammar(pattern: #"(yes|no), [0-9]{1,2}%"#, vocabulary.pieces)
        #expect(vocabulary.accepts("yes, 7%", pattern) && !vocabulary.accepts("yes, 7% ", pattern))
        let choices = try TextGrammar(choices: ["positive", "negative", "neutral", "neutral or so"], vocabulary.pieces)
        #expect(vocabulary.accepts("neutral", choices) && vocabulary.accepts("neutral or so", choices))
        #expect(!vocabulary.accepts("neut", choices) && !vocabulary.accepts("other", choices))
        for seed in 0..<8 {
            let walk = GrammarWalk(choices, vocabulary, limit: 20, seed: seed)
            #expect(walk.isComplete && walk.fault == nil)
        }
        #expect(throws: GrammarError.self) { _ = try TextGrammar(pattern: "a(?!b)", vocabulary.pieces) }
        #expect(throws: GrammarError.self) { _ = try TextGrammar(choices: [], vocabulary.pieces) }
        #expect(throws: GrammarError.self) { _ = try TextGrammar(choices: ["a", ""], vocabulary.pieces) }
    }
}
