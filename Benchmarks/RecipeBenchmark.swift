// Whole commands, as a person runs them.

import Foundation
import JSON

enum RecipeBenchmark: Benchmark {
    static let name = "recipe"
    static let summary = "the command: time to the first training step, the quickstart recipe, merge, score"

    static func run(_ context: Context) throws {
        context.report.begin(
            "recipe", "the lathe command, whole processes",
            [
                .text("what", "what", 44), .seconds, .number("tokens_per_second", "tokens/s", digits: 0),
                .number("peak_memory_mb", "peak MB", digits: 0),
            ])
        guard let model = context.existing(context.options.model, "the recipe's base model"),
            let recipe = context.existing("recipes/quickstart.yaml", "the recipe (run this in the repository)"),
            let train = context.existing("datasets/health/train.jsonl", "the recipe's rows"),
            let heldOut = context.existing("datasets/health/held_out.jsonl", "the recipe's held-out rows")
        else { return }
        let folder = URL(fileURLWithPath: context.options.scratch).appendingPathComponent("commands")
        try? FileManager.default.removeItem(at: folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let commands = Commands(
            context: context, lathe: try ChildProcess.lathe(), folder: folder, model: model.path, recipe: recipe.path,
            train: train.path, heldOut: heldOut.path)
        try commands.firstStep()
        try commands.wholeRecipe()
        try commands.mergeAndScore()
    }
}

/// The command with its files, in a scratch folder of its own.
private struct Commands {
    let context: Context
    let lathe: URL
    let folder: URL
    let model: String
    let recipe: String
    let train: String
    let heldOut: String

    private var recipeArguments: [String] {
        [
            recipe, "--json", "--set", "model.path=\(model)", "--set", "data.train=\(train)", "--set",
            "data.held_out=\(heldOut)",
        ]
    }

    private func run(_ arguments: [String], until line: String? = nil) throws -> ChildProcess {
        try ChildProcess.run(lathe, arguments, directory: folder, until: line)
    }

    private func add(_ what: String, _ seconds: [Double], tokensPerSecond: Double? = nil, peakMemoryBytes: Int? = nil) {
        guard context.wants(what) else { return }
        context.report.add(
            .text(what), .samples(Samples(seconds)), tokensPerSecond.map { .number($0) } ?? .none,
            peakMemoryBytes.map { .number(Double($0) / 1e6) } ?? .none)
    }

    /// Until the loop begins, and until the first step is done.
    func firstStep() throws {
        let arguments =
            ["train"] + recipeArguments + ["--set", "train.max_steps=1", "--set", "evaluate.enabled=false", "--fresh"]
        for (what, line) in [("start to first step begun", "── train"), ("start to first step done", "step 1/1")] {
            guard context.wants(what) else { continue }
            let seconds = try (0..<context.options.samples).compactMap { _ in
                try run(arguments, until: line).secondsToLine
            }
            guard !seconds.isEmpty else { throw BenchmarkError("lathe train never said \"\(line)\"") }
            add(what, seconds)
        }
    }

    func wholeRecipe() throws {
        // Few steps, and no merge: an adapter that has hardly learnt drowns in the rounding of bf16, and the merge says so.
        let steps = context.options.quick ? ["--set", "train.max_steps=8", "--set", "merge.enabled=false"] : []
        let ran = try run(["run"] + recipeArguments + steps + ["--fresh"])
        let report = try JSONValue(parsing: Array(ran.output))
        add(
            "recipes/quickstart.yaml, \(report["steps"]?.integer ?? 0) steps", [ran.seconds],
            tokensPerSecond: report["tokens_per_second"]?.double, peakMemoryBytes: report["peak_memory_bytes"]?.integer)
    }

    func mergeAndScore() throws {
        let adapter = folder.appendingPathComponent("checkpoints/quickstart/adapter").path
        if !context.options.quick {
            let merged = folder.appendingPathComponent("merged")
            let merging = try run(["merge", "--model", model, "--adapter", adapter, "--out", merged.path, "--json"])
            add("merge, with its certificate", [merging.seconds])
        }
        let seconds = try (0..<min(3, context.options.samples)).map { _ in
            try run(["score", "--model", model, "--adapter", adapter, "--data", heldOut, "--json"])
        }
        let tokens = try seconds[0].output.split(separator: UInt8(ascii: "\n"))
            .reduce(0) { try $0 + (JSONValue(parsing: Array($1))["tokens"]?.integer ?? 0) }
        let samples = Samples(seconds.map(\.seconds))
        add(
            "score of \(tokens) tokens, base + adapter", samples.seconds,
            tokensPerSecond: Double(tokens) / samples.median)
    }
}
