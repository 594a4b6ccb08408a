import Datasets
import Foundation
import JSON
import TestSupport
import Testing

@Suite struct MixtureTests {
    private func withParts(_ body: ([InputPart]) throws -> Void) throws {
        try withTemporaryDirectory { folder in
            func part(_ name: String, _ count: Int, _ weight: Double) throws -> InputPart {
                let url = folder.appendingPathComponent(name)
                let text = (0..<count).map { "{\"text\": \"\(name) \($0)\"}\n" }.joined()
                try Data(text.utf8).write(to: url)
                return InputPart([url.path], weight: weight, fields: JSONObject([(key: "from", value: .string(name))]))
            }
            try body([part("a.jsonl", 600, 3), part("b.jsonl", 200, 1), part("c.jsonl", 50, 1)])
        }
    }

    private func names(_ rows: [SourceRow]) -> [String] { rows.map { $0.fields["from"]?.string ?? "" } }

    @Test func everyRowIsReadOnceWherePartsDropOut() throws {
        try withParts { parts in
            let mixture = try RowMixture(parts, exhausted: .drop, seed: 1, settings: .strict)
            let rows = try readAll(mixture)
            #expect(Set(rows.map { $0.fields["text"]?.string }).count == 850)
            #expect(rows.count == 850)
            #expect(rows.map(\.index) == Array(0..<850))
            #expect(mixture.report.files.map(\.rows) == [600, 200, 50])
            // 3 : 1 : 1 as long as all parts last.
            let shares = names(Array(rows.prefix(200)))
            #expect((100...140).contains(shares.count { $0 == "a.jsonl" }))
            #expect((25...55).contains(shares.count { $0 == "b.jsonl" }))
        }
    }

    @Test func theSeedDecides() throws {
        try withParts { parts in
            func order(_ seed: Int) throws -> [SourceRow] {
                try readAll(RowMixture(parts, exhausted: .drop, seed: seed, settings: .strict))
            }
            let other1 = try order(1)
            let found1 = try order(1)
            #expect(found1 == other1)
            let other2 = try order(2)
            let found2 = try order(1)
            #expect(found2 != other2)
        }
    }

    @Test func theFirstExhaustedPartStops() throws {
        try withParts { parts in
            let rows = try readAll(RowMixture(parts, exhausted: .stop, seed: 1, settings: .strict))
            #expect(names(rows).count { $0 == "c.jsonl" } == 50)
            #expect(rows.count < 500)
        }
    }

    @Test func partsRepeatUntilAllWereWhole() throws {
        try withParts { parts in
            let mixture = try RowMixture(parts, exhausted: .repeat, seed: 1, settings: .strict)
            let rows = try readAll(mixture)
            #expect(Set(rows.map { $0.fields["text"]?.string }).count == 850)
            let small = rows.filter { $0.fields["from"] == "c.jsonl" }
            #expect(small.count > 50)
            #expect(small.map(\.pass).max() ?? 0 >= 1)
            #expect(small.first { $0.pass == 1 }?.place.line == 1)
            #expect(mixture.report.files.map(\.rows) == [600, 200, 50])
        }
    }

    @Test func badRowsOfAllPartsAreOneCount() throws {
        try withTemporaryDirectory { folder in
            let parts = try ["a.jsonl", "b.jsonl"].map { name in
                let url = folder.appendingPathComponent(name)
                try Data("{\"text\": \"a\"}\n{\n".utf8).write(to: url)
                return InputPart([url.path])
            }
            var settings = InputSettings.strict
            for (limit, throwing) in [(2, false), (1, true)] {
                for rule in [BadRowRule.stopAtOnce, .countAll] {
                    settings.maximumBadRows = limit
                    settings.badRows = rule
                    let mixture = try RowMixture(parts, exhausted: .drop, seed: 3, settings: settings)
                    let error = try? { () throws -> DatasetError? in
                        do { _ = try readAll(mixture) } catch { return error as? DatasetError }
                        return nil
                    }()
                    #expect((error != nil) == throwing)
                }
            }
        }
    }
}
