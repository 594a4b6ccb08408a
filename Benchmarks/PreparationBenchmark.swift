// Rows through the steps of a recipe, on one thread.

import Datasets
import Foundation
import Preparation
import Recipes

enum PreparationBenchmark: Benchmark {
    static let name = "preparation"
    static let summary = "cleaning rows of a JSONL file, MB/s on one thread"

    /// Steps and keys of a data section.
    private static let cases = [
        ("read", ""),
        ("normalise", "steps: [normalise]"),
        ("filter", "steps: [{ filter: { min_words: 5, max_word_repetition: 0.9, min_alphanumeric: 0.3 } }]"),
        ("deduplicate exact", "steps: [deduplicate]"),
        (
            "normalise, filter, deduplicate exact",
            "steps: [normalise, { filter: { min_words: 5, min_alphanumeric: 0.3 } }, deduplicate]"
        ),
        ("deduplicate near", "steps: [{ deduplicate: { by: near } }]"),
        ("mask", "steps: [mask]"),
        ("split and leakage", "val_size: 0.02, leakage: report"),
    ]

    static func run(_ context: Context) throws {
        context.report.begin(
            "preparation", "rows of 900 bytes, one in ten a near-duplicate, from the file into nothing",
            [.text("step", "steps", 40), .milliseconds, .number("megabytes_per_second", "MB/s", digits: 1)])
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lathe-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("rows.jsonl")
        let text = rows(context.options.quick ? 10_000 : 50_000)
        try Data(text.utf8).write(to: file)
        for (name, keys) in cases where context.wants(name) {
            let yaml =
                "model: { path: none }\ndata: { train: \"\(file.path)\"\(keys.isEmpty ? "" : ", " + keys) }\n"
            let recipe = try Recipe.load(yaml: yaml, file: "benchmark")
            let samples = try context.stopwatch.measure { try clean(recipe, folder) }
            context.report.add(
                .text(name), .samples(samples), .number(Double(text.utf8.count) / samples.median / 1e6))
        }
    }

    private static func clean(_ recipe: Recipe, _ folder: URL) throws {
        let reader = try RowReader(files: recipe.data.train, settings: .strict)
        let pipeline = try RowPipeline(
            recipe.data, seed: recipe.seed, context: PreparationContext(scratch: folder), into: Nothing())
        try reader.forEach { row in
            try pipeline.receive(Row(fields: row.fields, place: row.place, index: row.index))
        }
        keep(try pipeline.finish().trainRows)
    }

    /// Rows of questions and answers in made-up words; everything follows from a fixed seed.
    private static func rows(_ count: Int) -> String {
        var state: UInt64 = 1
        func draw(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        let syllables = ["ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "bre", "cla", "sto"]
        let words = (0..<20_000).map { _ in (0..<(1 + draw(4))).map { _ in syllables[draw(15)] }.joined() }
        var earlier: [[String]] = []
        var text = ""
        for row in 0..<count {
            var answer = (0..<(60 + draw(120))).map { _ in words[draw(draw(19_999) + 1)] }
            if row > 100, draw(10) == 0 {
                answer = earlier[draw(100)]
                for _ in 0..<(answer.count / 20) { answer[draw(answer.count)] = words[draw(20_000)] }
            }
            if earlier.count < 100 { earlier.append(answer) } else { earlier[row % 100] = answer }
            let contact = draw(20) == 0 ? " Write to a\(row)@example.org." : ""
            text +=
                #"{"id":\#(row),"prompt":"\#(answer.prefix(8).joined(separator: " "))?","completion":"\#(answer.joined(separator: " "))\#(contact)"}"#
            text += "\n"
        }
        return text
    }
}

/// Where rows end.
private final class Nothing: RowSink {
    func receive(_ row: Row) {}
    func finish() {}
}
