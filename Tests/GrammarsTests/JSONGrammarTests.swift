// JSON by schema: what is written parses and conforms, what cannot be held is named.

import Evaluation
import Foundation
import Grammars
import JSON
import Testing

/// A schema that grammars hold.
struct HeldSchema: CustomTestStringConvertible, Sendable {
    let name: String
    let schema: JSONValue
    var testDescription: String { name }

    private static let file = Result {
        try GrammarVocabulary.json(
            URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/schemas.json"))
    }

    static let all: [HeldSchema] = ((try? file.get())?["held"]?.array ?? []).compactMap { entry in
        guard let name = entry["name"]?.string, let schema = entry["schema"] else { return nil }
        return HeldSchema(name: name, schema: schema)
    }

    /// What is refused: a word of the reason, and the place.
    static let refused: [(word: String, place: String, schema: JSONValue)] =
        ((try? file.get())?["refused"]?.array ?? []).compactMap { entry in
            guard let word = entry["keyword"]?.string, let place = entry["place"]?.string, let schema = entry["schema"]
            else { return nil }
            return (word, place, schema)
        }
}

@Suite struct JSONGrammarTests {
    @Test func thereAreSchemas() {
        #expect(HeldSchema.all.count >= 100)
        #expect(HeldSchema.refused.count >= 40)
    }

    @Test(arguments: HeldSchema.all) func walksConform(_ held: HeldSchema) throws {
        // What python's jsonschema says of the others: scripts/checks/grammars_against_jsonschema.py.
        let judge = try? JSONSchema(held.schema)
        for (vocabulary, seeds) in [
            (try GrammarVocabulary.tiny.get(), 0..<4), (try GrammarVocabulary.metaspace.get(), 4..<6),
        ] {
            let grammar = try JSONGrammar(schema: held.schema, vocabulary.pieces)
            let shortest = grammar.makeState().shortestCompletion().count
            for seed in seeds {
                let walk = GrammarWalk(grammar, vocabulary, limit: seed % 2 == 0 ? 120 : 40, seed: seed)
                #expect(walk.fault == nil)
                #expect(walk.isComplete == (shortest <= (seed % 2 == 0 ? 120 : 40)))
                guard walk.isComplete else { continue }
                let text = try #require(String(validating: vocabulary.bytes(walk.tokens), as: UTF8.self))
                let value = try JSONValue(parsing: Array(text.utf8))
                if let judge { #expect(judge.accepts(value), "\(text)") }
            }
        }
    }

    @Test func mostSchemasAreJudged() {
        #expect(HeldSchema.all.count { (try? JSONSchema($0.schema)) != nil } >= 75)
    }

    /// A text is whole within its limit wherever the limit has room for the shortest.
    @Test(arguments: HeldSchema.all) func shortLimitsAreKept(_ held: HeldSchema) throws {
        let vocabulary = try GrammarVocabulary.tiny.get()
        let grammar = try JSONGrammar(schema: held.schema, vocabulary.pieces)
        let shortest = grammar.makeState().shortestCompletion()
        var state = grammar.makeState()
        let isTaken = state.takes(shortest)
        #expect(isTaken && state.isComplete)
        _ = try JSONValue(parsing: vocabulary.bytes(shortest))
        for room in [0, 1, 7] {
            for seed in 0..<2 {
                let walk = GrammarWalk(grammar, vocabulary, limit: shortest.count + room, seed: seed)
                #expect(walk.isComplete && walk.fault == nil)
            }
        }
    }

    /// Where nothing more has room after a text that is complete, it ends.
    @Test func aCompleteTextEndsAtItsLimit() throws {
        let vocabulary = try GrammarVocabulary.tiny.get()
        var state = try JSONGrammar(schema: ["type": "number"], vocabulary.pieces).makeState()
        let digit = try #require(state.shortestCompletion().first)
        let isTaken = state.advance(digit)
        #expect(isTaken && state.isComplete && !state.isFinished)
        var mask = TokenMask(count: vocabulary.pieces.count)
        state.allowed(&mask)
        let point = try #require(mask.tokens.first { vocabulary.tokenizer.tokenBytes($0) == [UInt8(ascii: ".")] })
        #expect(state.affordable(point, left: 2) == point)
        let end = state.affordable(point, left: 1)
        #expect(vocabulary.pieces.ends.contains(end))
        let isEnded = state.advance(end)
        #expect(isEnded && state.isFinished)
    }

    /// The mask is what `advance` takes, token by token.
    @Test(arguments: HeldSchema.all.enumerated().filter { $0.offset % 4 == 0 }.map(\.element))
    func masksAreWhatAdvanceTakes(_ held: HeldSchema) throws {
        let vocabulary = try GrammarVocabulary.tiny.get()
        let grammar = try JSONGrammar(schema: held.schema, vocabulary.pieces)
        let walk = GrammarWalk(grammar, vocabulary, limit: 24, seed: 5)
        var state = grammar.makeState()
        var mask = TokenMask(count: vocabulary.pieces.count)
        for token in walk.tokens {
            state.allowed(&mask)
            let wrong = (0..<Int32(vocabulary.pieces.count)).filter { state.wouldTake($0) != mask.contains($0) }
            #expect(wrong.isEmpty)
            let isTaken = state.advance(token)
            #expect(isTaken)
        }
    }

    @Test(arguments: 0..<HeldSchema.refused.count) func whatIsNotHeldIsNamed(_ index: Int) throws {
        let (word, place, schema) = HeldSchema.refused[index]
        let pieces = try GrammarVocabulary.tiny.get().pieces
        let error = #expect(throws: GrammarError.self) { _ = try JSONGrammar(schema: schema, pieces) }
        #expect(error?.place == place)
        #expect(error?.description.contains(word) ?? false, "\(error?.description ?? "")")
    }

    // MARK: What is let through

    @Test func whatPeopleWriteIsLetThrough() throws {
        let vocabulary = try GrammarVocabulary.tiny.get()
        let schema = try JSONValue(
            parsing: Array(
                #"{"type":"object","properties":{"name":{"type":"string"},"tags":{"type":"array","items":{"enum":["a","b"]}},"n":{"type":"number"}},"required":["name","n"]}"#
                    .utf8))
        let grammar = try JSONGrammar(schema: schema, vocabulary.pieces)
        for text in [
            #"{"name":"x","n":1}"#, #"{"name": "x", "tags": ["a", "b"], "n": -0.5e-7}"#,
            "{\n  \"name\": \"\\u00e9\\ud83d\\ude00 \\/ é😀\",\n  \"tags\": [\n    \"a\"\n  ],\n  \"n\": 12.75\n}",
        ] { #expect(vocabulary.accepts(text, grammar), "\(text)") }
        for text in [
            #"{"n":1,"name":"x"}"#, #"{"name":"x"}"#, #"{"name":"x","n":01}"#, #"{"name":"x","n":1,}"#,
            #"{"name":"x","n":1,"other":1}"#, #"{"name":"\ud83d","n":1}"#, "{\"name\":\"\n\",\"n\":1}",
            #"{"name":"x","n":1} "#,
        ] { #expect(!vocabulary.accepts(text, grammar), "\(text)") }
    }

    @Test func anyObjectIsLetThrough() throws {
        let vocabulary = try GrammarVocabulary.tiny.get()
        let grammar = try JSONGrammar.object(vocabulary.pieces)
        for text in ["{}", #"{"a": [1, {"b": [[], null, true]}, "x"], "c": {}}"#] {
            #expect(vocabulary.accepts(text, grammar), "\(text)")
        }
        for text in ["[]", "1", "{", #"{"a"}"#, #"{a:1}"#] { #expect(!vocabulary.accepts(text, grammar), "\(text)") }
        #expect(vocabulary.accepts("[1, null]", try JSONGrammar.value(vocabulary.pieces)))
    }

    @Test func nestingAndWhiteSpaceEnd() throws {
        let vocabulary = try GrammarVocabulary.tiny.get()
        let grammar = try JSONGrammar.value(vocabulary.pieces)
        for wanted in ["[", "\n", " ", "{", "9"] {
            var state = grammar.makeState()
            var mask = TokenMask(count: vocabulary.pieces.count)
            var count = 0
            // Tokens of nothing else, as long as there are some.
            while count < 2000 {
                state.allowed(&mask)
                let same = mask.tokens.first { token in
                    let bytes = vocabulary.tokenizer.tokenBytes(token)
                    return !bytes.isEmpty && bytes.allSatisfy { wanted.utf8.contains($0) }
                }
                guard let token = same ?? (count == 0 ? state.shortestCompletion().first : nil) else { break }
                let isTaken = state.advance(token)
                #expect(isTaken)
                count += 1
            }
            #expect(count < 200, "\(wanted)")
            let isTaken = state.takes(state.shortestCompletion())
            #expect(isTaken && state.isComplete)
        }
    }

    @Test func specialTokensAndEndsAreHeldBack() throws {
        let vocabulary = try GrammarVocabulary.tiny.get()
        let special = vocabulary.tokenizer.specialTokenIDs
        #expect(!special.isEmpty)
        var state = try JSONGrammar(schema: .object(JSONObject([("const", 12)])), vocabulary.pieces).makeState()
        var mask = TokenMask(count: vocabulary.pieces.count)
        for token in state.shortestCompletion() {
            state.allowed(&mask)
            #expect(special.allSatisfy { !mask.contains($0) })
            #expect(!vocabulary.pieces.ends.contains { state.wouldTake($0) })
            let isTaken = state.advance(token)
            #expect(isTaken)
        }
        #expect(state.isFinished)
        state.allowed(&mask)
        #expect(mask.tokens == vocabulary.pieces.ends)
        let isEnded = state.advance(vocabulary.pieces.ends[0])
        #expect(isEnded)
        state.allowed(&mask)
        #expect(mask.isEmpty)
    }

    /// Schemas that would take a stack or a machine: held or refused, within a moment.
    @Test func hostileSchemasAreBounded() throws {
        let pieces = try GrammarVocabulary.tiny.get().pieces
        let many = (0..<3000).map { (key: "m\($0)", value: JSONValue.object(JSONObject([("type", "null")]))) }
        let wide = JSONValue.object(JSONObject([("type", "object"), ("properties", .object(JSONObject(many)))]))
        let state = try JSONGrammar(schema: wide, pieces).makeState()
        var mask = TokenMask(count: pieces.count)
        state.allowed(&mask)
        #expect(!mask.isEmpty && state.shortestCompletion().count <= 2)
        var deep: JSONValue = .bool(true)
        for _ in 0..<2000 { deep = .object(JSONObject([("items", deep)])) }
        let links = (0..<3000).map { number in
            (
                key: "d\(number)",
                value: JSONValue.object(
                    JSONObject([("items", .object(JSONObject([("$ref", .string("#/$defs/d\(number + 1)"))])))]))
            )
        }
        let chain = JSONValue.object(
            JSONObject([("$ref", "#/$defs/d0"), ("$defs", .object(JSONObject(links)))]))
        let branches = JSONValue.array([["required": ["a"]], ["required": ["b"]]])
        let product = JSONValue.object(
            JSONObject([
                (
                    "allOf",
                    .array(Array(repeating: JSONValue.object(JSONObject([("anyOf", branches)])), count: 24))
                )
            ]))
        let pattern: JSONValue = ["type": "string", "pattern": "(a|b)*a(a|b){30}(x{0,500}y{0,500}){0,500}"]
        var opposite: JSONValue = ["const": 1]
        for _ in 0..<2000 { opposite = .object(JSONObject([("properties", .object(JSONObject([("a", opposite)])))])) }
        for schema in [deep, chain, product, pattern, .object(JSONObject([("not", opposite)]))] {
            #expect(throws: GrammarError.self) { _ = try JSONGrammar(schema: schema, pieces) }
        }
    }

    /// Numbers and patterns that would take all memory, or for ever, or the process with them.
    @Test(arguments: [
        #"{"type":"string","minLength":100000}"#, #"{"type":"string","pattern":"(?<a)b"}"#,
        #"{"type":"string","pattern":"a","minLength":9223372036854775807}"#,
        #"{"type":"array","minItems":9223372036854775807,"items":{"type":"null"}}"#,
        #"{"type":"array","minItems":2147483647,"items":{"type":"array","minItems":2147483647,"items":{"type":"null"}}}"#,
        #"{"type":"string","pattern":"^(a|b)*a((a|b)(?:|){5000}){12}$"}"#,
    ]) func whatNoMachineHoldsIsRefused(_ schema: String) throws {
        let pieces = try GrammarVocabulary.tiny.get().pieces
        #expect(throws: GrammarError.self) { _ = try JSONGrammar(schema: JSONValue(parsing: schema), pieces) }
    }

    /// A part that has no room in any text does not come, and the others do.
    @Test func whatNoTextHoldsIsLeftOut() throws {
        let vocabulary = try GrammarVocabulary.tiny.get()
        let huge = #"{"type":"array","minItems":2000000000,"items":{"type":"null"}}"#
        let either = try JSONGrammar(
            schema: JSONValue(parsing: #"{"anyOf":[\#(huge),{"type":"boolean"}]}"#), vocabulary.pieces)
        var mask = TokenMask(count: vocabulary.pieces.count)
        either.makeState().allowed(&mask)
        #expect(mask.tokens.allSatisfy { "tf".utf8.contains(vocabulary.tokenizer.tokenBytes($0)[0]) })
        var state = either.makeState()
        let isTaken = state.takes(state.shortestCompletion())
        #expect(isTaken && state.isComplete)
        let most = try JSONGrammar(
            schema: JSONValue(parsing: #"{"type":"string","pattern":"^a{2,3}$","maxLength":9223372036854775807}"#),
            vocabulary.pieces)
        #expect(vocabulary.accepts(#""aaa""#, most) && !vocabulary.accepts(#""a""#, most))
    }
}
