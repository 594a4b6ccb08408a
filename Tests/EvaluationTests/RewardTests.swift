// What rewards say of answers: texts, patterns, labels, and JSON by its schema.

import Evaluation
import JSON
import Testing

private func fields(_ json: String) throws -> JSONObject {
    try #require(try JSONValue(parsing: Array(json.utf8)).object)
}

private func scores(_ reward: some Reward, _ json: String, _ texts: String...) throws -> [Double?] {
    let fields = try fields(json)
    try reward.check(fields)
    return try reward.scores(texts.map { JudgedAnswer(prompt: "p", text: $0, fields: fields) })
}

@Suite struct RewardTests {
    @Test func answersAreTheRowsOrNot() throws {
        #expect(
            try scores(ExactReward(field: "answer"), #"{"answer": "12 mg"}"#, " 12 mg\n", "12  mg", "12", "12 MG")
                == [1, 0, 0, 0])
        #expect(try scores(ExactReward(field: "n"), #"{"n": 12}"#, "12", "12.0") == [1, 0])
        #expect(throws: RewardError("there is no field \"answer\"")) {
            try ExactReward(field: "answer").check(fields(#"{"n": 1}"#))
        }
        #expect(throws: RewardError.self) { try ExactReward(field: "a").check(fields(#"{"a": [1]}"#)) }
    }

    @Test func labelsAreKnownByTheirWord() throws {
        #expect(
            try scores(
                LabelReward(field: "label"), #"{"label": "Not urgent"}"#, "not  urgent.", "Not urgent", "urgent",
                "not urgent, I think") == [1, 1, 0, 0])
    }

    @Test func patternsAreFound() throws {
        let own = try PatternReward(field: "pattern", pattern: nil)
        #expect(try scores(own, #"{"pattern": "^\\d+ mg$"}"#, "12 mg", "so 12 mg", "") == [1, 0, 0])
        #expect(throws: RewardError.self) { try own.check(fields(#"{"pattern": "("}"#)) }
        #expect(try scores(PatternReward(field: "pattern", pattern: "a.c"), "{}", "xabcx", "ac") == [1, 0])
        #expect(throws: RewardError.self) { try PatternReward(field: "pattern", pattern: "[") }
    }

    @Test func schemasAreFitted() throws {
        let reward = SchemaReward(field: "schema", schema: nil)
        let row =
            #"{"schema": {"type": "object", "required": ["dose"], "additionalProperties": false, "properties": "#
            + #"{"dose": {"type": "integer", "minimum": 1}, "unit": {"enum": ["mg", "ml"]}}}}"#
        #expect(
            try scores(
                reward, row, #"{"dose": 5, "unit": "mg"}"#, #" {"dose": 2.0} "#, #"{"dose": 0}"#, #"{"unit": "mg"}"#,
                #"{"dose": 5, "unit": "g"}"#, #"{"dose": 5, "more": 1}"#, "5 mg", #"{"dose": 5} and"#)
                == [1, 1, 0, 0, 0, 0, 0, 0])
        // A schema may be written as text, too.
        #expect(try scores(reward, #"{"schema": "{\"type\": \"array\"}"}"#, "[1]", "{}") == [1, 0])
    }

    @Test(arguments: [
        (#"{"const": 1}"#, "1.0", "2"), (#"{"type": ["string", "null"]}"#, "null", "1"),
        (#"{"type": "number"}"#, "1", #""1""#), (#"{"type": "integer"}"#, "3.0", "3.5"),
        (#"{"minItems": 2}"#, "[1, 2]", "[1]"), (#"{"maxItems": 1}"#, #""text""#, "[1, 2]"),
        (#"{"uniqueItems": true}"#, "[1, 2]", "[1, 1.0]"), (#"{"items": {"type": "integer"}}"#, "[]", "[1, null]"),
        (#"{"prefixItems": [{"type": "integer"}], "items": false}"#, "[1]", "[1, 2]"),
        (#"{"minLength": 2}"#, #""äö""#, #""ä""#), (#"{"maxLength": 2}"#, "123", #""abc""#),
        (#"{"pattern": "^a"}"#, #""ab""#, #""ba""#), (#"{"exclusiveMinimum": 1}"#, "1.5", "1"),
        (#"{"exclusiveMaximum": 1}"#, "0", "1"), (#"{"maximum": 1}"#, "1", "1.5"),
        (#"{"multipleOf": 0.1}"#, "0.3", "0.35"), (#"{"anyOf": [{"type": "null"}, {"minimum": 2}]}"#, "null", "1"),
        (#"{"oneOf": [{"minimum": 1}, {"minimum": 2}]}"#, "1", "3"),
        (#"{"allOf": [{"minimum": 1}, {"maximum": 2}]}"#, "2", "3"), (#"{"not": {"type": "null"}}"#, "1", "null"),
        (#"{"minProperties": 1}"#, #"{"a": 1}"#, "{}"), (#"{"maxProperties": 1}"#, "{}", #"{"a": 1, "b": 2}"#),
        (#"{"enum": [{"a": 1, "b": 2}]}"#, #"{"b": 2, "a": 1}"#, #"{"a": 1}"#),
        (
            #"{"title": "told to people alone", "additionalProperties": {"type": "null"}}"#, #"{"a": null}"#,
            #"{"a": 1}"#
        ),
    ]) func keywordsAskWhatTheySay(_ schema: String, good: String, bad: String) throws {
        func value(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }
        let schema = try JSONSchema(value(schema))
        #expect(try schema.accepts(value(good)) && !schema.accepts(value(bad)))
    }

    @Test func whatIsNotHeardIsRefusedByName() throws {
        for (text, words) in [
            (#"{"properties": {"a": {"$ref": "other"}}}"#, "\"$ref\" is not heard"),
            (#"{"format": "date"}"#, "\"format\" is not heard"), (#"{"type": "text"}"#, "\"type\" takes"),
            (#"{"minimum": "1"}"#, "\"minimum\" takes a number"), (#"{"required": "a"}"#, "\"required\" takes"),
            ("3", "a schema is an object"),
        ] {
            let value = try JSONValue(parsing: Array(text.utf8))
            let error = #expect(throws: RewardError.self) { try JSONSchema(value) }
            #expect(error?.description.contains(words) == true, "\(text): \(error?.description ?? "")")
        }
    }
}
