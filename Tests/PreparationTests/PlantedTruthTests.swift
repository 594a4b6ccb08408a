// Recall and precision on rows whose faults are known: scripts/datasets/plant_truth.py writes them.

import Foundation
import JSON
import Preparation
import Recipes
import TestSupport
import Testing

/// What was planted.
private struct Planted {
    var train: [JSONObject]
    var heldOut: [JSONObject]
    var personal: [JSONObject]
    var truth: JSONValue

    init(rows: Int) throws {
        self = try withTemporaryDirectory { folder in
            let script = packageRoot.appendingPathComponent("scripts/datasets/plant_truth.py").path
            _ = try ReferencePython.run([script, folder.path, "--rows", "\(rows)"])
            func read(_ name: String) throws -> [JSONObject] {
                try Data(contentsOf: folder.appendingPathComponent(name)).split(separator: 0x0A).compactMap {
                    try JSONValue(parsing: [UInt8]($0)).object
                }
            }
            let truth = try JSONValue(parsing: [UInt8](Data(contentsOf: folder.appendingPathComponent("truth.json"))))
            return try Planted(
                train: read("train.jsonl"), heldOut: read("held_out.jsonl"), personal: read("personal.jsonl"),
                truth: truth)
        }
    }

    private init(train: [JSONObject], heldOut: [JSONObject], personal: [JSONObject], truth: JSONValue) {
        self.train = train
        self.heldOut = heldOut
        self.personal = personal
        self.truth = truth
    }

    func pairs(_ name: String) -> [(first: String, second: String, similarity: Double)] {
        (truth[name]?.array ?? []).compactMap { entry in
            guard let parts = entry.array, let first = parts[0].string, let second = parts[1].string else { return nil }
            return (first, second, parts.count > 2 ? parts[2].double ?? 0 : 1)
        }
    }
}

private func ids(_ rows: [Row]) -> Set<String> { Set(rows.compactMap { $0.fields["id"]?.string }) }

@Suite(.needsPython()) struct PlantedTruthTests {
    @Test func duplicatesAndLeaks() throws {
        let planted = try Planted(rows: 5000)
        let result = try prepare(
            "steps: [deduplicate, { deduplicate: { by: near } }]", train: planted.train, heldOut: planted.heldOut)
        let exact = planted.pairs("exact")
        let near = planted.pairs("near")
        #expect(result.report.steps[0].duplicates?.rows == exact.count)

        // A family is a row, its copies and its near copies. One of each must be left of those as similar as asked.
        let kept = ids(result.train)
        let isNear = Dictionary(near.map { ($0.second, $0) }, uniquingKeysWith: { $1 })
        var removed = 0
        var rightlyRemoved = 0
        for row in planted.train {
            guard let id = row["id"]?.string, !kept.contains(id) else { continue }
            removed += 1
            let isPlanted =
                isNear[id] != nil || id.hasPrefix("x") || near.contains { $0.first == id }
                || exact.contains { $0.first == id }
            if isPlanted { rightlyRemoved += 1 }
        }
        let alike = near.filter { $0.similarity >= 0.8 }
        let found = alike.count { !(kept.contains($0.first) && kept.contains($0.second)) }
        #expect(alike.count > 200)
        #expect(Double(found) / Double(alike.count) >= 0.95, "recall")
        #expect(Double(rightlyRemoved) / Double(removed) >= 0.95, "precision")

        let leaks = planted.pairs("leaks")
        let report = try #require(result.report.leakage)
        let certain = leaks.count { $0.similarity >= 0.8 }
        #expect(report.rows >= Int(0.95 * Double(certain)))
        #expect(report.rows <= leaks.count)
        #expect(report.exact.heldOutRows <= leaks.count { $0.similarity == 1 })
        #expect(report.exact.heldOutRows >= 18)
    }

    @Test func leaksAreDroppedAndGroupsKept() throws {
        let planted = try Planted(rows: 2000)
        let dropped = try prepare("leakage: drop", train: planted.train, heldOut: planted.heldOut)
        let again = try prepare("", train: dropped.train.map(\.fields), heldOut: dropped.heldOut.map(\.fields))
        #expect(
            again.report.leakage?.isClean == true,
            "\(again.report.leakage?.near.examples ?? [])\(again.report.leakage?.near.heldOutRows ?? 0) \(again.report.leakage?.normalised.heldOutRows ?? 0)"
        )

        let split = try prepare("val_size: 0.1, split: { group_by: patient_id }", train: planted.train)
        let groups = { (rows: [Row]) in Set(rows.compactMap { $0.fields["patient_id"]?.string }) }
        #expect(groups(split.train).isDisjoint(with: groups(split.heldOut)))
        #expect((150...220).contains(split.heldOut.count))
    }

    @Test func personalData() throws {
        let planted = try Planted(rows: 50_000)
        let result = try prepare("steps: [mask]", train: planted.personal)
        var counts: [String: (planted: Int, found: Int, lookAlikes: Int, spared: Int)] = [:]
        var missed: [String] = []
        for (row, entry) in zip(result.rows, planted.truth["personal"]?.array ?? []) {
            guard let parts = entry.array, let kind = parts[1].string, let value = parts[2].string,
                let isPersonal = parts[3].bool
            else { continue }
            let text = row.fields["messages"]?.array?.first?["content"]?.string ?? ""
            let stands = text.contains(value)
            var count = counts[kind, default: (0, 0, 0, 0)]
            if isPersonal {
                count.planted += 1
                if !stands { count.found += 1 } else { missed.append(text) }
            } else {
                count.lookAlikes += 1
                if stands { count.spared += 1 } else { missed.append(value + " → " + text) }
            }
            counts[kind] = count
        }
        let words = missed.prefix(12).joined(separator: "\n")
        for (kind, count) in counts.sorted(by: { $0.key < $1.key }) {
            if count.planted > 0 {
                #expect(Double(count.found) >= 0.98 * Double(count.planted), "\(kind): \(count)\n\(words)")
            }
            if count.lookAlikes > 0 {
                #expect(Double(count.spared) >= 0.98 * Double(count.lookAlikes), "\(kind): \(count)\n\(words)")
            }
        }
        #expect(counts.count == 12)
    }
}
