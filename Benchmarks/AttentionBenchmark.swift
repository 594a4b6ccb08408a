// Causal attention, both ways, from short examples to long contexts.

import Kernels
import Tensors

enum AttentionBenchmark: Benchmark {
    static let name = "attention"
    static let summary = "causal attention forward and backward, 128 to 8,192 tokens, as a share of the products' peak"

    /// SmolLM2-135M's.
    private static let heads = 9, groups = 3, width = 64

    static func run(_ context: Context) throws {
        context.report.begin(
            "attention",
            "\(heads) heads of \(width), \(groups) groups, bf16; useful products only against oneDNN's bf16 peak",
            [
                .text("direction", "direction", 10), .number("examples", "examples", digits: 0, width: 9),
                .number("length", "tokens", digits: 0, width: 7), .milliseconds, .number("gflops", "GFLOP/s"),
                .percent("share_of_peak", "of peak"), .number("tokens_per_second", "tokens/s", digits: 0),
            ])
        let lengths = context.options.quick ? [128, 512, 2048] : [128, 256, 512, 1024, 2048, 4096, 8192]
        for length in lengths where context.wants("\(length)") {
            measure(context, examples: max(1, 2048 / length), length: length)
        }
    }

    private static func measure(_ context: Context, examples: Int, length: Int) {
        let workspace = Workspace(), rows = examples * length
        func matrix(_ columns: Int, _ type: ElementType = .bf16) -> Matrix {
            workspace.filled(rows: rows, columns: columns, type: type)
        }
        let q = matrix(heads * width), k = matrix(groups * width), v = matrix(groups * width), o = matrix(heads * width)
        let logSumExp = matrix(heads, .f32)
        let bounds = Array(stride(from: 0, through: rows, by: length))
        let rule = AttentionRule(heads: heads, groups: groups, scale: 1 / Float(width).squareRoot())
        let forward = context.stopwatch.measure {
            Attention.forward(rule, q: q, k: k, v: v, bounds: bounds, into: o, logSumExp: logSumExp)
        }
        let dO = matrix(heads * width)
        let dq = matrix(heads * width, .f32), parts = 0..<Attention.parts(bounds: bounds, heads: heads)
        let dks = parts.map { _ in matrix(heads * width, .f32) }, dvs = parts.map { _ in matrix(heads * width, .f32) }
        let dk = matrix(groups * width, .f32), dv = matrix(groups * width, .f32)
        let backward = context.stopwatch.measure {
            Attention.backward(
                rule, dO, q: q, k: k, v: v, o: o, logSumExp: logSumExp, bounds: bounds, into: dq, dk: dks, dv: dvs)
            Attention.sumOverGroup(dks, rows: 0..<rows, groups: groups, headWidth: width, into: dk)
            Attention.sumOverGroup(dvs, rows: 0..<rows, groups: groups, headWidth: width, into: dv)
        }
        let pairs = Double(examples) * Double(length) * Double(length + 1) / 2
        let peak = context.peaks.product(.bfloat16)
        for (direction, seconds, perPair) in [("forward", forward, 4.0), ("backward", backward, 8.0)] {
            let rate = pairs * perPair * Double(heads * width) / seconds.median
            context.report.add(
                .text(direction), .number(Double(examples)), .number(Double(length)), .samples(seconds),
                .number(rate / 1e9), .number(rate / peak), .number(Double(rows) / seconds.median))
        }
    }
}
