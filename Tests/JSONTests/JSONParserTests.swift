import Foundation
import JSON
import TestSupport
import Testing

@Suite struct JSONParserTests {
    @Test func errorsNameThePlace() throws {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: "{\n  \"a\": 1,\n  b: 2}") }
        #expect(error?.line == 3)
        #expect(error?.column == 3)
    }

    @Test func canonicallyEquivalentKeysStayApart() throws {
        let object = try JSONValue(parsing: "{\"\u{E9}\": 1, \"e\u{301}\": 2}").object
        #expect(object?.members.count == 2)
        #expect(object?["\u{E9}"] == 1)
        #expect(object?["e\u{301}"] == 2)
        #expect(object?.firstDuplicateKey == nil)
    }

    @Test func depthIsBounded() {
        #expect(throws: JSONError.self) { try JSONValue(parsing: String(repeating: "[", count: 100_000)) }
    }

    @Test func writingReadsBack() throws {
        let value: JSONValue = ["a": [1, 2.5, -1e-9, nil, true, "q\"\\\n\u{1}é𝄞"], "b": ["c": []]]
        #expect(try JSONValue(parsing: value.text()) == value)
        #expect(try JSONValue(parsing: value.text(.pretty)) == value)
    }
}
