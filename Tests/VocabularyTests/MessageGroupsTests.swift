import Vocabulary
import Testing

@Suite struct MessageGroupsTests {
    @Test func manyOfOneKindAreOneLineWithThreeExamples() {
        var groups = MessageGroups(of: "rows")
        for row in 1...500 { groups.add("\(row + 500) tokens where 512 are allowed", of: "a.jsonl:\(row)") }
        groups.add("no field `answer`", of: "a.jsonl:7")
        #expect(
            groups.lines == [
                "500 rows: 501 tokens where 512 are allowed (such as a.jsonl:1, a.jsonl:2, a.jsonl:3)",
                "a.jsonl:7: no field `answer`",
            ])
        #expect(groups.count == 501)
    }

    @Test func aFewHaveALineEachAndOtherSensesStayApart() {
        var groups = MessageGroups(of: "tensors")
        for name in ["a", "b", "c"] { groups.add("is missing", of: name, sense: "missing") }
        groups.add("is missing", of: "d", sense: "unused")
        #expect(groups.lines == ["a: is missing", "b: is missing", "c: is missing", "d: is missing"])
    }

    @Test func manyKindsAreCounted() {
        var groups = MessageGroups(of: "places")
        for letter in "abcdefghijklmnopqrstuvwxyz" { groups.add("key \(letter) is unknown", of: "\(letter)") }
        #expect(groups.lines.count == 21 && groups.lines.last == "and 6 more")
        #expect(groups.mapTexts { _ in "x" }.lines.first == "a: x")
    }
}
