// The benchmark program: how fast Lathe is on this machine, as a share of what the machine can do.

import ArgumentParser
import Foundation
import JSON

@main
struct Benchmarks: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "Benchmarks",
        abstract: "Measures Lathe against this machine's own limits, and prints a table.",
        subcommands: [
            RunBenchmarks.self, MeasureStep.self, MeasureGeneration.self, MeasureTokenizer.self,
            MeasureQuantisation.self,
        ],
        defaultSubcommand: RunBenchmarks.self)

    /// All benchmarks, in the order in which they run.
    static var all: [BenchmarkEntry] {
        [
            BenchmarkEntry(ProductsBenchmark.self), BenchmarkEntry(PanelsBenchmark.self),
            BenchmarkEntry(Int8Benchmark.self),
            BenchmarkEntry(AttentionBenchmark.self), BenchmarkEntry(ElementsBenchmark.self),
            BenchmarkEntry(StepBenchmark.self), BenchmarkEntry(DistillationBenchmark.self),
            BenchmarkEntry(CaptureBenchmark.self),
            BenchmarkEntry(ScalingBenchmark.self),
            BenchmarkEntry(LoadingBenchmark.self), BenchmarkEntry(RecipeBenchmark.self),
            BenchmarkEntry(GenerationBenchmark.self), BenchmarkEntry(TokenizerBenchmark.self),
            BenchmarkEntry(PreparationBenchmark.self), BenchmarkEntry(QuantisationBenchmark.self),
        ]
    }
}

/// What can be set for all benchmarks.
struct BenchmarkOptions: ParsableArguments {
    @Flag(help: "Fewer cases and samples: a first look, in a minute or two.")
    var quick = false

    @Option(help: "Samples of each measurement; the median is told.")
    var repetitions: Int?

    @Option(help: "Threads; by default all cores.")
    var threads: Int?

    @Option(help: "Only cases whose name contains this text. May be repeated.")
    var filter: [String] = []

    @Option(help: "The base model, a GGUF file.")
    var model = "checkpoints/base/SmolLM2-135M-Instruct.Q4_1.gguf"

    @Option(help: "The folder with stories260K, where it is there.")
    var data = ProcessInfo.processInfo.environment["LATHE_DATA"] ?? "../shared/data"

    @Option(help: "Where models made for the benchmarks are kept.")
    var scratch = "checkpoints/benchmarks"

    @Option(help: "Text for the tokenizer, row by row. May be repeated; by default the repository's own rows.")
    var text: [String] = []

    @Option(help: "Token rows of a micro-batch in the training step.")
    var microRows = 1024

    @Option(help: "Write everything measured to this file, as JSON.")
    var json: String?

    var samples: Int { max(1, repetitions ?? (quick ? 3 : 5)) }
}

struct RunBenchmarks: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run benchmarks by name; without a name, all of them.",
        discussion: Benchmarks.all.map {
            "  \($0.name.padding(toLength: 14, withPad: " ", startingAt: 0))\($0.summary)"
        }
        .joined(separator: "\n"))

    @Argument(help: "Names of benchmarks.")
    var names: [String] = []

    @OptionGroup var options: BenchmarkOptions

    func validate() throws {
        let known = Benchmarks.all.map(\.name)
        for name in names where !known.contains(name) {
            throw ValidationError("there is no benchmark '\(name)': \(known.joined(separator: ", "))")
        }
    }

    func run() throws {
        let context = try Context(options)
        for (name, value) in Machine.facts.members { print("\(name): \(value.string ?? value.text())") }
        for benchmark in Benchmarks.all where names.isEmpty || names.contains(benchmark.name) {
            try context.watchingOthers { try benchmark.run(context) }
        }
        if let path = options.json {
            var measured = context.report.json.object ?? JSONObject()
            measured["limits"] = .object(context.peaks.facts)
            let text = JSONValue.object(measured).text(.pretty) + "\n"
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }
    }
}
