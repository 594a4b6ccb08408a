// What stands before a question whose answer is asked after others were shown.

import Datasets
import JSON
import Testing

@Suite struct ShownRowsTests {
    private func row(_ content: DataRow.Content) -> DataRow {
        DataRow(content: content, place: RowPlace(file: "rows.jsonl", line: 1), index: 0)
    }

    private func turns(_ texts: [(role: String, text: String)]) -> [JSONValue] {
        texts.map { ["role": .string($0.role), "content": .string($0.text)] }
    }

    /// As lm-evaluation-harness has it: question, answer, an empty line, and again.
    @Test func plainTextsFollowEachOther() {
        let shown = [("Q: 1+1\nA:", " 2"), ("Q: 1+2\nA:", " 3")].map {
            row(.completion(prompt: $0.0, completion: $0.1))
        }
        let asked = row(.completion(prompt: "Q: 2+2\nA:", completion: " 4")).asked(after: shown)
        #expect(
            asked.content
                == .completion(prompt: "Q: 1+1\nA: 2\n\nQ: 1+2\nA: 3\n\nQ: 2+2\nA:", completion: " 4"))
    }

    /// The row's own system message comes first and alone; what is trained is what was.
    @Test func turnsStandBehindTheSystemMessage() {
        let shown = row(
            .conversation(
                messages: turns([("system", "Be kind."), ("user", "1+1"), ("assistant", "2")]), trained: [2],
                extra: JSONObject()))
        let asked = row(
            .conversation(
                messages: turns([("system", "Be brief."), ("user", "2+2"), ("assistant", "4")]), trained: [2],
                extra: JSONObject([("lang", "en")]))
        ).asked(after: [shown, shown])
        let messages = turns([
            ("system", "Be brief."), ("user", "1+1"), ("assistant", "2"), ("user", "1+1"), ("assistant", "2"),
            ("user", "2+2"), ("assistant", "4"),
        ])
        #expect(
            asked.content
                == .conversation(messages: messages, trained: [6], extra: JSONObject([("lang", "en")])))
        #expect(asked.answerText == "4")
    }

    @Test func rowsOfAnotherShapeAreNotShown() {
        let document = row(.document("A text.")), plain = row(.completion(prompt: "Q", completion: "A"))
        #expect(plain.asked(after: [document]).content == plain.content && !plain.canFollow(document))
        #expect(document.asked(after: [plain]).content == document.content && plain.canFollow(plain))
    }
}
