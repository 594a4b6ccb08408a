// Text to ids and back, on one thread.

import ArgumentParser
import Digests
import Foundation
import JSON
import Models
import Tokenizers
import WeightFiles

enum TokenizerBenchmark: Benchmark {
    static let name = "tokenizer"
    static let summary = "tokenising and detokenising, MB/s on one thread"

    static func run(_ context: Context) throws {
        context.report.begin(
            "tokenizer", "SmolLM2's vocabulary from the base model's file, one thread, row by row",
            [
                .text("text", "text", 40), .text("direction", "direction", 10), .milliseconds,
                .number("megabytes_per_second", "MB/s", digits: 2), .number("tokens_per_second", "tokens/s", digits: 0),
            ])
        guard let base = context.existing(context.options.model, "the tokenizer") else { return }
        let tokenizer = try LoadingBenchmark.tokenizer(openWeights(base))
        let files = context.options.text.isEmpty ? ownTexts : context.options.text
        for file in files where context.wants(file) {
            guard let url = context.existing(file, "text") else { continue }
            let text = try String(contentsOf: url, encoding: .utf8)
            measure(context, tokenizer, rows: text.split(separator: "\n").map(String.init), name: file)
        }
    }

    private static var ownTexts: [String] {
        ["health", "media", "retail"].map { "datasets/\($0)/train.jsonl" } + ["README.md"]
    }

    private static func measure(_ context: Context, _ tokenizer: Tokenizer, rows: [String], name: String) {
        let byteCount = rows.reduce(0) { $0 + $1.utf8.count }
        var ids: [[Int32]] = []
        let encoding = context.stopwatch.measure {
            ids = rows.map { tokenizer.encode($0, addSpecialTokens: false).ids }
        }
        let decoding = context.stopwatch.measure { for row in ids { keep(tokenizer.decode(row)) } }
        let tokens = Double(ids.reduce(0) { $0 + $1.count })
        for (direction, seconds) in [("encode", encoding), ("decode", decoding)] {
            context.report.add(
                .text(String(name.suffix(40))), .text(direction), .samples(seconds),
                .number(Double(byteCount) / seconds.median / 1e6), .number(tokens / seconds.median))
        }
    }
}

/// `Benchmarks measure-tokenizer …`: for comparisons with other programs on the same text.
struct MeasureTokenizer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure-tokenizer", abstract: "Measure tokenising, row by row; prints JSON.")

    @Option(help: "A Hugging Face directory or a GGUF file.")
    var model: String

    @Option(help: "Text, row by row.")
    var text: String

    @Option(help: "Passes over the text; the fastest is told.")
    var passes = 5

    func run() throws {
        let tokenizer = try LoadingBenchmark.tokenizer(openWeights(URL(fileURLWithPath: model)))
        let rows = try String(contentsOfFile: text, encoding: .utf8).split(separator: "\n").map(String.init)
        var ids: [[Int32]] = []
        let seconds = Stopwatch(repetitions: passes, shortestSeconds: 0).measure {
            ids = rows.map { tokenizer.encode($0, addSpecialTokens: false).ids }
        }
        let written = ids.map { $0.map(String.init).joined(separator: " ") }.joined(separator: "\n")
        let byteCount = rows.reduce(0) { $0 + $1.utf8.count }
        let result: JSONValue = [
            "megabytes_per_second": .double(Double(byteCount) / seconds.fastest / 1e6),
            "tokens": .integer(ids.reduce(0) { $0 + $1.count }), "ids_sha256": .string(SHA256.hex(of: written)),
        ]
        print(result.text())
    }
}
