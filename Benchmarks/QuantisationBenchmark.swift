// Numbers to stored blocks, on all threads: what an export spends its time with.

import ArgumentParser
import JSON
import Kernels
import Tensors

enum QuantisationBenchmark: Benchmark {
    static let name = "quantisation"
    static let summary = "fp32 to blocks of every usual type, with and without importance"

    static let types: [DType] = [.q8_0, .q4_0, .q4_1, .q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .iq4_NL, .iq4_XS]

    static func run(_ context: Context) throws {
        context.report.begin(
            "quantisation", "rows of 4096 fp32 numbers in, blocks out",
            [
                .text("type", "type", 10), .text("importance", "importance", 10), .milliseconds,
                .number("millions_per_second", "M numbers/s"), .number("gigabytes_per_second", "GB/s of fp32"),
            ])
        let rows = context.options.quick ? 256 : 1024
        for type in types where context.wants(type.rawValue) {
            for weighs in [false, true] {
                let work = QuantisationWork(type, rows: rows, columns: 4096, weighs: weighs)
                let seconds = context.stopwatch.measure(work.run)
                let rate = Double(rows * 4096) / seconds.median
                context.report.add(
                    .text(type.rawValue.uppercased()), .text(weighs ? "yes" : "no"), .samples(seconds),
                    .number(rate / 1e6), .number(4 * rate / 1e9))
            }
        }
    }
}

/// Rows that are rounded again and again.
struct QuantisationWork {
    private let type: DType
    private let workspace = Workspace()
    private let numbers: Matrix
    private let blocks: Matrix
    private let importance: [Float]?

    init(_ type: DType, rows: Int, columns: Int, weighs: Bool) {
        self.type = type
        numbers = workspace.filled(rows: rows, columns: columns, type: .f32)
        blocks = workspace.matrix(rows: rows, columns: columns)
        importance = weighs ? (0..<columns).map { Float(1 + $0 * 7 % 13) } : nil
    }

    func run() { keep(Quantisation.quantise(numbers, type, importance: importance, into: blocks.pointer)) }
}

/// `Benchmarks measure-quantisation …`: for comparisons with other programs on as many numbers.
struct MeasureQuantisation: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure-quantisation", abstract: "Measure rounding to blocks; prints JSON.")

    @Option(help: "The type, as GGUF files name it.")
    var type: String

    @Option(help: "Rows of 4096 numbers.")
    var rows = 512

    @Option(help: "Threads.")
    var threads = 2

    @Flag(help: "Columns count differently.")
    var importance = false

    func run() throws {
        guard let dtype = QuantisationBenchmark.types.first(where: { $0.rawValue.uppercased() == type.uppercased() })
        else { throw ValidationError("no type is called \(type)") }
        try Processor.start(threads: threads)
        let work = QuantisationWork(dtype, rows: rows, columns: 4096, weighs: importance)
        let seconds = Stopwatch(repetitions: 5, shortestSeconds: 0).measure(work.run)
        let rate = Double(rows * 4096) / seconds.fastest / 1e6
        print(JSONValue.object(JSONObject([("millions_per_second", .double(rate))])).text())
    }
}
