// The products of training: rows in blocks, weights widened into panels, an adapter's share in the same sum.

import Kernels
import Tensors

enum PanelsBenchmark: Benchmark {
    static let name = "panels"
    static let summary = "the training step's own products on panels, and what laying weights out costs"

    private static let columns: [Column] = [
        .text("layer", "layer", 10), .text("product", "product", 26), .number("rows", "rows", digits: 0, width: 6),
        .milliseconds, .number("gflops", "GFLOP/s"), .percent("share_of_peak", "of peak"),
    ]

    static func run(_ context: Context) throws {
        for type in [ElementType.bf16, .f32] { table(context, type) }
    }

    private static func table(_ context: Context, _ type: ElementType) {
        let isMixed = type == .bf16
        let peak = context.peaks.product(isMixed ? .bfloat16 : .openBLAS)
        context.report.begin(
            isMixed ? "panels_bf16" : "panels_fp32",
            "products of a training step, \(isMixed ? "bf16 against oneDNN's peak" : "fp32 against OpenBLAS's peak"), rank \(ProductsBenchmark.rank)",
            columns)
        for rows in context.options.quick ? [1024] : [512, 1024, 2048] {
            var stepSeconds = 0.0, stepFlops = 0.0
            for layer in ProductsBenchmark.layers where context.wants(layer.name) {
                let count = Double(layer.perBlock * ProductsBenchmark.blocks)
                for part in measure(context, layer, rows: rows, type: type) {
                    stepSeconds += count * part.seconds.median
                    stepFlops += count * part.flops
                    let rate = part.flops / part.seconds.median
                    context.report.add(
                        .text(layer.name), .text(part.name), .number(Double(rows)), .samples(part.seconds),
                        part.flops > 0 ? .number(rate / 1e9) : .none, part.flops > 0 ? .number(rate / peak) : .none)
                }
            }
            guard context.options.filter.isEmpty else { continue }
            let rate = stepFlops / stepSeconds
            context.report.add(
                .text("blocks"), .text("all of a step"), .number(Double(rows)), .samples(Samples([stepSeconds])),
                .number(rate / 1e9), .number(rate / peak))
        }
    }

    private struct Part {
        let name: String
        let flops: Double
        let seconds: Samples
    }

    /// The products of one layer in a step, each once, and the layouts that they need.
    private static func measure(
        _ context: Context, _ layer: ProductsBenchmark.Layer, rows: Int, type: ElementType
    ) -> [Part] {
        let workspace = Workspace(), buffers = Workspace(), watch = context.stopwatch
        func matrix(_ rows: Int, _ columns: Int, _ type: ElementType) -> Matrix {
            workspace.filled(rows: rows, columns: columns, type: type)
        }
        let (input, output, rank) = (layer.input, layer.output, ProductsBenchmark.rank)
        let weight = RowLayout(quantised(rows: output, columns: input))
        let a = RowLayout(matrix(rank, input, .f32)), b = RowLayout(matrix(output, rank, .f32))
        func packed(_ reading: PanelSource.Reading, _ workspace: Workspace) -> [Panels] {
            panels(of: (weight, a, b), reading, type, workspace)
        }
        let forward = packed(.transposed, workspace), backward = packed(.plain, workspace)
        let x = matrix(rows, input, type), z = matrix(rows, rank, type), y = matrix(rows, output, type)
        let dy = matrix(rows, output, type), dz = matrix(rows, rank, type), dx = matrix(rows, input, .f32)
        let gradientA = matrix(rank, input, .f32), gradientB = matrix(output, rank, .f32)
        let full = 2 * Double(rows) * Double(input) * Double(output)
        let thinInput = 2 * Double(rows) * Double(rank) * Double(input)
        let thinOutput = 2 * Double(rows) * Double(rank) * Double(output)
        func blocks(_ body: (Range<Int>) -> Void) -> Samples {
            watch.measure { RowBlock.forEach(of: rows) { body($0.rows) } }
        }
        return [
            Part(
                name: "lay out, both readings", flops: 0,
                seconds: watch.measure {
                    for reading in [PanelSource.Reading.transposed, .plain] {
                        buffers.scoped { keep(packed(reading, buffers)) }
                    }
                }),
            Part(
                name: "z = x·Aᵀ", flops: thinInput,
                seconds: blocks { Products.sum([Term(x.rows($0), forward[1])], into: z.rows($0), alpha: 2) }),
            Part(
                name: "y = x·Wᵀ + z·Bᵀ", flops: full + thinOutput,
                seconds: blocks {
                    Products.sum([Term(x.rows($0), forward[0]), Term(z.rows($0), forward[2])], into: y.rows($0))
                }),
            Part(
                name: "dz = dy·B", flops: thinOutput,
                seconds: blocks { Products.sum([Term(dy.rows($0), backward[2])], into: dz.rows($0), alpha: 2) }),
            Part(
                name: "dx = dy·W + dz·A", flops: full + thinInput,
                seconds: blocks {
                    Products.sum([Term(dy.rows($0), backward[0]), Term(dz.rows($0), backward[1])], into: dx.rows($0))
                }),
            Part(
                name: "dA += dzᵀ·x, dB += dyᵀ·z", flops: thinInput + thinOutput,
                seconds: watch.measure {
                    GradientProduct.run([
                        GradientProduct(z, count: rank, dy, addedTo: gradientB, .manyByFew),
                        GradientProduct(dz, count: rank, x, addedTo: gradientA, .fewByMany),
                    ])
                }),
        ]
    }

    /// A layer's weight and factors, laid out for one way.
    private static func panels(
        of layer: (weight: RowLayout, a: RowLayout, b: RowLayout), _ reading: PanelSource.Reading, _ type: ElementType,
        _ workspace: Workspace
    ) -> [Panels] {
        Panels.pack([
            PanelSource(layer.weight, reading, type: type, in: workspace),
            PanelSource(layer.a, reading, type: type, paddingColumns: reading == .transposed, in: workspace),
            PanelSource(layer.b, reading, type: type, paddingColumns: reading == .plain, in: workspace),
        ])
    }

    /// A weight as the base model stores it.
    private static func quantised(rows: Int, columns: Int) -> FrozenTensor {
        let byteCount = DType.q4_1.byteCount(elements: rows * columns) ?? 0
        let storage = Storage(byteCount: byteCount) { $0.initializeMemory(as: UInt8.self, repeating: 0x11) }
        return FrozenTensor(
            name: "weight", dtype: .q4_1, shape: Shape([rows, columns]), storage: storage, byteOffset: 0)
    }
}
