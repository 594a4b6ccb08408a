// Grammars in llama.cpp's form: what they let through, where they are wrong, and that none goes on for ever.

import Grammars
import Testing

@Suite struct GBNFTests {
    struct Held: CustomTestStringConvertible, Sendable {
        let grammar: String
        let accepted: [String]
        let refused: [String]
        var testDescription: String { grammar }

        init(_ grammar: String, _ accepted: [String], not refused: [String]) {
            (self.grammar, self.accepted, self.refused) = (grammar, accepted, refused)
        }
    }

    static let held = [
        Held("root ::= \"yes\" | \"no\"", ["yes", "no"], not: ["", "y", "yesno"]),
        Held("root ::= \"a\"* [b-d]+ \"e\"?", ["b", "aabcd", "aacce"], not: ["", "aa", "bee", "ae"]),
        Held("root ::= [^a-z\\n]{2,3} .", ["AB\n", "é😀-x", "12a"], not: ["A", "aBC", "ABCDE", "A\nb"]),
        Held("root ::= \"x\"{2} \"y\"{1,} \"z\"{0,1}", ["xxy", "xxyyyz"], not: ["xy", "xx", "xxyzz"]),
        Held(#"root ::= "\"\\\x41\u00e9\U0001F600\n" [\]\[\x2d]"#, ["\"\\Aé😀\n]", "\"\\Aé😀\n-"], not: ["\"\\Aé😀\nA"]),
        // Rules, groups and comments across lines; a list that ends with itself has any length.
        Held(
            """
            # A list of sums.
            root ::= sum (
                ", "  # and on
                sum
            )* | more
            sum  ::= term "+" sum |
                     term
              | "0"
            term ::= [1-9] | "(" sum ")"
            more ::= "." more?

            """,
            ["1", "1+2, (3+4)+5", "0", "((((7))))", String(repeating: ".", count: 300)],
            not: ["1+", "1,2", "(1", "01", ", 1", ".1"]),
        // Empty parts, also of rules that may be empty, and repeats of these.
        Held(
            "root ::= maybe* \"x\" maybe maybe\nmaybe ::= \"a\" | none\nnone ::= \"\"", ["x", "aaxaa", "xa"],
            not: ["", "xaaa"]),
        Held("root ::= (\"a\"? \"b\"?){2} | ()", ["", "abab", "ba", "bb"], not: ["bba", "ababa"]),
        // One prefix, many readings.
        Held("root ::= (\"a\" | \"aa\" | \"aaa\")+ \"b\"", ["ab", "aaaaaaab"], not: ["b", "aaaa"]),
    ]

    @Test(arguments: held) func textsAreLetThrough(_ held: Held) throws {
        let vocabulary = try GrammarVocabulary.tiny.get()
        let grammar = try GBNFGrammar(held.grammar, vocabulary.pieces)
        for text in held.accepted { #expect(vocabulary.accepts(text, grammar), "\(text)") }
        for text in held.refused { #expect(!vocabulary.accepts(text, grammar), "\(text)") }
    }

    /// Texts that chance writes are whole within their limit, and the mask is what `advance` takes.
    @Test(arguments: held) func walksAreWhole(_ held: Held) throws {
        let vocabulary = try GrammarVocabulary.tiny.get()
        let grammar = try GBNFGrammar(held.grammar, vocabulary.pieces)
        for seed in 0..<4 {
            let walk = GrammarWalk(grammar, vocabulary, limit: 30, seed: seed)
            #expect(walk.isComplete && walk.fault == nil)
            let text = try #require(String(validating: vocabulary.bytes(walk.tokens), as: UTF8.self))
            #expect(vocabulary.accepts(text, grammar), "\(text)")
        }
        var state = grammar.makeState()
        var mask = TokenMask(count: vocabulary.pieces.count)
        for token in GrammarWalk(grammar, vocabulary, limit: 8, seed: 9).tokens {
            state.allowed(&mask)
            #expect((0..<Int32(vocabulary.pieces.count)).allSatisfy { state.wouldTake($0) == mask.contains($0) })
            let isTaken = state.advance(token)
            #expect(isTaken)
        }
    }

    @Test(arguments: [
        ("", "root"), ("ruut ::= \"a\"", "root"), ("root = \"a\"", "line 1, column 6"),
        ("root ::= \"a", "line 1, column 10"), ("root ::= [a", "line 1, column 10"),
        ("root ::= (\"a\" | b", "line 1, column 18"), ("root ::= \"a\"\n  \"b\"", "line 2, column 3"),
        ("root ::= \"a\" )", "line 1, column 14"), ("root ::= * \"a\"", "line 1, column 10"),
        ("root ::= \"a\"{3,2}", "line 1, column 13"), ("root ::= \"a\"{9999}", "5000"),
        ("root ::= \"a\"{,2}", "line 1, column 14"), ("root ::= [z-a]", "line 1, column 14"),
        ("root ::= \"\\q\"", "line 1, column 12"), ("root ::= \"\\ud800\"", "line 1, column 12"),
        ("root ::= \"\\xg1\"", "line 1, column 13"), ("root ::= \"a\"\n\nroot ::= \"b\"", "line 3, column 1"),
        ("root ::= \"a\"\n  | other", "line 2, column 5"), ("root ::= <think>", "line 1, column 10"),
        ("root ::= a\na ::= b? root | \"x\"\nb ::= \"y\"", "itself"), ("root ::= \"x\" root", "conforms"),
        ("root ::= []", "conforms"), ("(\"a\")", "line 1, column 1"),
        ("root ::= " + String(repeating: "(", count: 70), "64"),
    ]) func whatIsWrongIsToldWithItsPlace(_ grammar: String, _ word: String) throws {
        let pieces = try GrammarVocabulary.tiny.get().pieces
        let error = #expect(throws: GrammarError.self) { _ = try GBNFGrammar(grammar, pieces) }
        #expect(error?.description.contains(word) ?? false, "\(error?.description ?? "")")
    }

    /// A circle of rules is named where it closes, also behind parts that may be empty.
    @Test func circlesAreNamed() throws {
        let pieces = try GrammarVocabulary.tiny.get().pieces
        let error = #expect(throws: GrammarError.self) {
            _ = try GBNFGrammar("root ::= \"a\" | list\nlist ::= (\"b\"* list \"c\")+ | \"d\"", pieces)
        }
        #expect(error?.place == "line 2, column 16")
        #expect(error?.reason.contains("\"list\"") ?? false)
    }

    /// Grammars that can be read in more ways than can be followed, or repeat without writing: each answers within a moment.
    @Test func hostileGrammarsAreBounded() throws {
        let vocabulary = try GrammarVocabulary.tiny.get()
        var doubled = "root ::= r0\n", distinct = "root ::= r0\n"
        for number in 0..<50 {
            doubled += "r\(number) ::= r\(number + 1) | r\(number + 1)\n"
            distinct += "r\(number) ::= r\(number + 1) | r\(number + 1) \"x\"\n"
        }
        doubled += "r50 ::= \"a\" | \"b\""
        distinct += "r50 ::= \"a\" | \"b\""
        for grammar in [
            doubled, distinct, "root ::= \"a\" root \"x\" | \"a\" root \"y\" | \"a\"", "root ::= (((\"a\"?)*)+)*",
            "root ::= ((\"a\"{0,500} \"b\"{0,500}){0,500}){0,500} \"c\"",
            "root ::= (\"a\" | \"b\")* \"a\" (\"a\" | \"b\"){30}",
        ] {
            let grammar = try GBNFGrammar(grammar, vocabulary.pieces)
            var state = grammar.makeState()
            for _ in 0..<12 {
                guard let token = vocabulary.single["a"], state.wouldTake(token) else { break }
                var mask = TokenMask(count: vocabulary.pieces.count)
                state.allowed(&mask)
                #expect(mask.contains(token))
                let isTaken = state.advance(token)
                #expect(isTaken)
            }
            let isTaken = state.takes(state.shortestCompletion())
            #expect(isTaken && state.isComplete)
        }
        let chain = (0..<1900).map { "r\($0) ::= r\($0 + 1)" }.joined(separator: "\n")
        _ = try GBNFGrammar("root ::= r0\n\(chain)\nr1900 ::= \"a\"", vocabulary.pieces)
    }
}

extension GrammarVocabulary {
    /// The tokens of single characters.
    fileprivate var single: [String: Int32] {
        Dictionary(
            (0..<Int32(pieces.count)).map { (String(decoding: tokenizer.tokenBytes($0), as: UTF8.self), $0) }
        ) { first, _ in first }
    }
}
