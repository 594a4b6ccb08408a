import Foundation
import JSON
import Preparation
import Recipes
import Testing

/// Sentences of words drawn from a small generator, so that no two are alike by chance.
func sentence(_ seed: Int, words: Int = 14) -> String {
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
    return (0..<words).map { _ in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return "w\(state % 5000)"
    }.joined(separator: " ")
}

@Suite struct SplitTests {
    private func patients(_ count: Int) -> [JSONObject] {
        (0..<count).map {
            JSONObject([
                ("text", .string(sentence($0))), ("patient_id", .string("p\($0 % 37)")),
                ("label", $0 % 4 == 0 ? "a" : "b"),
                ("date", .string("2024-\(10 + $0 % 3)-\(10 + $0 % 20)")),
            ])
        }
    }

    @Test func noGroupIsSplit() throws {
        let result = try prepare("val_size: 0.2, split: { group_by: patient_id }", train: patients(400))
        let groups = { (rows: [Row]) in Set(rows.compactMap { $0.fields["patient_id"]?.string }) }
        #expect(groups(result.train).isDisjoint(with: groups(result.heldOut)))
        #expect((60...100).contains(result.heldOut.count))
        #expect(result.report.split?.groupsOnBothSides == 0)
        #expect(result.report.leakage?.group.heldOutRows == 0)
        #expect(result.train.count + result.heldOut.count == 400)
    }

    @Test func strataGiveTheirShare() throws {
        let result = try prepare("val_size: 0.2, split: { stratify_by: label }", train: patients(400))
        #expect(result.heldOut.count { $0.fields["label"] == "a" } == 20)
        #expect(result.heldOut.count { $0.fields["label"] == "b" } == 60)
        #expect(result.report.split?.strata.map(\.before) == [100, 300])
    }

    @Test func timeHoldsOutTheNewest() throws {
        let result = try prepare("val_size: 0.1, split: { time_field: date }", train: patients(100))
        let oldest = result.heldOut.compactMap { $0.fields["date"]?.string }.min() ?? ""
        let newest = result.train.compactMap { $0.fields["date"]?.string }.max() ?? "x"
        #expect(result.heldOut.count == 10)
        #expect(newest <= oldest)
    }

    @Test(arguments: ["yesterday", "03/04/2025", "12"]) func whatIsNoTimeIsNotSorted(_ time: String) {
        var rows = patients(20)
        rows[7]["date"] = .string(time)
        let error = #expect(throws: StepError.self) {
            try prepare("val_size: 0.1, split: { time_field: date }", train: rows)
        }
        #expect(error?.description.contains("\"date\" is \"\(time)\"") == true, "\(String(describing: error))")
    }

    /// Whoever the file calls them, and whoever speaks first: what is asked is what the user says.
    @Test(arguments: [
        ("roles: { client: user, counselor: assistant }", "client", "counselor"), ("", "user", "assistant"),
        ("columns: { role: who, content: words }", "user", "assistant"),
    ])
    func conversationsOfOneQuestionStayTogether(_ keys: String, _ user: String, _ assistant: String) throws {
        let (who, words) = keys.hasPrefix("columns") ? ("who", "words") : ("role", "content")
        func turn(_ role: String, _ text: String) -> JSONValue { [who: .string(role), words: .string(text)] }
        let rows = (0..<60).map { number in
            let turns = [
                turn(assistant, "welcome"), turn(user, sentence(number / 3)), turn(assistant, sentence(1000 + number)),
            ]
            return JSONObject([("messages", .array(number % 2 == 0 ? turns : Array(turns[1...])))])
        }
        let result = try prepare(
            "val_size: 12, split: { near_together: false }" + (keys.isEmpty ? "" : ", " + keys), train: rows)
        #expect(result.report.split?.units == 20)
        #expect(result.report.leakage?.prompt.heldOutRows == 0)
        #expect(result.heldOut.count == 12)
    }

    @Test func rowsOfOnePromptStayTogetherAndNearOnesToo() throws {
        let prompts = (0..<60).flatMap { number -> [JSONObject] in
            let text = sentence(number, words: 30)
            return [text, text.uppercased() + "!", text + " now"].map {
                JSONObject([("prompt", .string($0)), ("completion", "yes")])
            }
        }
        let result = try prepare("val_size: 0.2", train: prompts)
        #expect(result.report.leakage?.isClean == true)
        #expect(result.heldOut.count == 36)
        let apart = try prepare("val_size: 0.2, split: { by: row }", train: prompts)
        #expect((apart.report.leakage?.near.heldOutRows ?? 0) > 20)
        #expect((apart.report.leakage?.prompt.heldOutRows ?? 0) > 10)
    }

    /// Sets of alike rows larger than what is wanted stay whole, on one side.
    @Test func aChainOfAlikeRowsIsNotParted() throws {
        let words = (0..<60).map { "c\($0)" }
        // Each row shares all but a word or two with the next, and the first nothing with the last.
        let chain = (0..<30).map { words[$0..<($0 + 24)].joined(separator: " ") }
        let rows = rows(chain + (0..<20).map { sentence($0, words: 24) })
        let result = try prepare("val_size: 10, leakage: error", train: rows)
        #expect(result.heldOut.count == 10)
        #expect(result.report.leakage?.isClean == true)
        #expect(!result.heldOut.contains { $0.fields["text"]?.string?.hasPrefix("c") == true })
    }

    @Test func droppingEveryRowIsRefusedInItsOwnWords() throws {
        let error = #expect(throws: StepError.self) {
            try prepare("leakage: drop", train: rows(["a b c d"]), heldOut: rows(["a b c d"]))
        }
        #expect(error?.description.contains("data.leakage") == true)
        #expect(error?.description.contains("all 1 training rows") == true)
    }

    @Test func theSplitDoesNotDependOnTheOrderOfRows() throws {
        let rows = patients(200)
        let key = { (row: Row) in row.fields["text"]?.string ?? "" }
        let first = try prepare("val_size: 20", train: rows).heldOut.map(key)
        let second = try prepare("val_size: 20", train: rows.reversed()).heldOut.map(key)
        #expect(first.count == 20)
        #expect(Set(first) == Set(second))
    }

    @Test func augmentedCopiesAreNeverHeldOut() throws {
        let result = try prepare(
            "val_size: 10, steps: [{ augment: { drop: 0.2, copies: 2 } }]", train: patients(100))
        #expect(result.heldOut.count == 10)
        #expect(result.heldOut.allSatisfy { $0.copy == 0 })
        let held = Set(result.heldOut.map(\.index))
        #expect(result.train.allSatisfy { !held.contains($0.index) })
        #expect(result.train.count > 200)
    }

    @Test func askingForTooMuchIsRefused() throws {
        #expect(throws: StepError.self) { try prepare("val_size: 5", train: rows(["a", "b", "c"])) }
        #expect(throws: StepError.self) { try prepare("val_size: 1, split: { group_by: g }", train: rows(["a", "b"])) }
    }
}

@Suite struct LeakageTests {
    private let base = (0..<40).map { sentence($0, words: 20) }
    private var held: [JSONObject] {
        var near = base[2].split(separator: " ").map(String.init)
        near[3] = "changed"
        return rows([base[0], "  " + base[1].uppercased(), near.joined(separator: " "), sentence(900), base[0]])
    }

    @Test func eachKindIsFoundWithItsPlaces() throws {
        let report = try #require(try prepare("", train: rows(base), heldOut: held).report.leakage)
        #expect(report.exact.heldOutRows == 2)
        #expect(report.exact.trainRows == 1)
        #expect(report.normalised.heldOutRows == 3)
        #expect(report.near.heldOutRows == 4)
        #expect(report.rows == 4)
        #expect(report.exact.examples.first?.firstPlace == "t.jsonl:1")
        #expect(report.exact.examples.first?.secondPlace == "h.jsonl:1")
        let near = try #require(report.near.examples.first { $0.similarity < 1 })
        #expect(near.firstPlace == "t.jsonl:3")
        #expect(near.secondPlace == "h.jsonl:3")
    }

    @Test func dropTakesTrainingRowsOut() throws {
        let result = try prepare("leakage: drop", train: rows(base), heldOut: held)
        #expect(result.train.count == 37)
        #expect(result.heldOut.count == 5)
        #expect(result.report.leakage?.droppedTrainRows == 3)
    }

    @Test func errorStops() throws {
        let error = #expect(throws: LeakageError.self) {
            try prepare("leakage: error", train: rows(base), heldOut: held)
        }
        #expect(error?.report.rows == 4)
        #expect(error?.description.contains("h.jsonl:1") == true)
        #expect(throws: Never.self) { try prepare("leakage: error", train: rows(base), heldOut: rows([sentence(901)])) }
    }
}
