// Rows that a person has marked as wrong: known by what stands in them, counted, and told where a mark fits none.

import Foundation
import JSON
import Preparation
import TestSupport
import Testing

@Suite struct ReviewRowTests {
    private func mark(_ text: String, wrong: Bool = true) -> String {
        let row: JSONValue = ["text": .string(text)]
        return JSONValue.object(JSONObject([("note", ""), ("wrong", .bool(wrong)), ("row", row)])).text() + "\n"
    }

    /// `texts` through a review of `marks`.
    private func review(_ marks: String, _ texts: [String], heldOut: [String] = []) throws -> Prepared {
        try withTemporaryDirectory { folder in
            let file = folder.appendingPathComponent("marks.jsonl")
            try Data(marks.utf8).write(to: file)
            return try prepare(
                "steps: [{ review: { marks: \(file.path) } }, normalise]", train: rows(texts), heldOut: rows(heldOut))
        }
    }

    @Test func markedRowsAreOutWhereverTheyStand() throws {
        let found = try review(mark("b") + mark("d"), ["a", "b", "c", "b"], heldOut: ["d", "e"])
        #expect(found.texts() == ["a", "c", "e"])
        let step = found.report.steps[0]
        #expect(step.removed == [NamedCount(name: "mark", count: 3)])
        #expect(step.examples.map(\.place) == ["t.jsonl:2", "t.jsonl:4", "h.jsonl:1"])
        #expect(step.unmatchedMarks == nil)
    }

    @Test func ofSeveralMarksTheLastCounts() throws {
        #expect(try review(mark("a") + mark("a", wrong: false), ["a"]).texts() == ["a"])
        #expect(try review(mark("a", wrong: false) + mark("a"), ["a", "b"]).texts() == ["b"])
        #expect(try review(mark("a", wrong: false), ["b"]).report.steps[0].unmatchedMarks == nil)
    }

    @Test func aRowIsItsBytesAndAllItsFields() throws {
        let found = try review(mark("Caf\u{E9}") + mark("gone"), ["Cafe\u{301}", "gone "])
        #expect(found.rows.count == 2)
        let rest = try #require(found.report.steps[0].unmatchedMarks)
        #expect(rest.count == 2 && rest.first.hasSuffix("marks.jsonl:1"))
    }

    @Test(arguments: [#"{"wrong": true}"#, #"{"row": {"text": "a"}}"#, #"{"row": "a", "wrong": true}"#])
    func whatIsNoMarkIsRefusedWithItsPlace(_ line: String) throws {
        let error = try #require(throws: StepError.self) { try review(mark("b") + line + "\n", ["a"]) }
        #expect(error.step == "data.steps[0].review.marks" && error.place.hasSuffix("marks.jsonl:2"))
    }
}
