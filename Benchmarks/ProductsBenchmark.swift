// Matrix products at a model's real shapes, as a share of the best that the library itself reaches on this machine.

import Kernels
import Tensors

enum ProductsBenchmark: Benchmark {
    static let name = "products"
    static let summary = "matrix products at SmolLM2-135M's shapes, as a share of the libraries' own peak"

    /// A linear layer of SmolLM2-135M and how many there are in a block; the head stands once in the model.
    struct Layer {
        let name: String
        let output: Int
        let input: Int
        let perBlock: Int
    }

    static let layers = [
        Layer(name: "q, o", output: 576, input: 576, perBlock: 2),
        Layer(name: "k, v", output: 192, input: 576, perBlock: 2),
        Layer(name: "gate, up", output: 1536, input: 576, perBlock: 2),
        Layer(name: "down", output: 576, input: 1536, perBlock: 1),
    ]
    static let head = Layer(name: "head", output: 49_152, input: 576, perBlock: 0)
    static let blocks = 30
    static let rank = 16

    static func run(_ context: Context) throws {
        peaks(context)
        table(context, .bf16)
        table(context, .f32)
        adapterTable(context, .bf16)
    }

    /// The libraries' own rates.
    private static func peaks(_ context: Context) {
        let report = context.report
        report.begin(
            "peaks", "direct calls of the libraries on \(Processor.threads) threads; the best of each is its peak",
            [
                .text("library", "library", 16), .text("shape", "rows × out × in", 20),
                .text("sharing", "on all cores by", 18), .number("gflops", "GFLOP/s"),
            ])
        for kind in [ProductKind.bfloat16, .float, .openBLAS] {
            let peak = context.peaks.product(kind) { shape, sharing, rate in
                report.add(
                    .text(kind.rawValue), .text("\(shape.rows) × \(shape.columns) × \(shape.depth)"),
                    .text(sharing.rawValue), .number(rate / 1e9))
            }
            report.add(.text(kind.rawValue), .text("peak"), .text(""), .number(peak / 1e9))
        }
        let bandwidth = context.peaks.bandwidth
        report.note(
            "memory: triad \(Int(bandwidth.triad / 1e8) / 10) GB/s, read only \(Int(bandwidth.read / 1e8) / 10) GB/s")
    }

    private static let columns: [Column] = [
        .text("layer", "layer", 10), .text("product", "product", 18), .number("rows", "rows", digits: 0, width: 6),
        .milliseconds, .number("gflops", "GFLOP/s"), .percent("share_of_peak", "of peak"),
    ]

    private static func peak(_ context: Context, _ type: ElementType) -> Double {
        context.peaks.product(type == .bf16 ? .bfloat16 : .openBLAS)
    }

    /// Forward products and input gradients of all frozen weights, and what a whole step's worth of them reaches.
    private static func table(_ context: Context, _ type: ElementType) {
        let isMixed = type == .bf16
        let peak = peak(context, type)
        context.report.begin(
            isMixed ? "products_bf16" : "products_fp32",
            "Lathe's products with frozen weights, \(isMixed ? "bf16 (oneDNN)" : "fp32 (OpenBLAS)")", columns)
        for rows in context.options.quick ? [1024] : [512, 1024, 2048] {
            var stepSeconds = 0.0, stepFlops = 0.0
            for layer in layers + [head] {
                let count = Double(max(1, layer.perBlock * blocks))
                for (product, seconds) in measureLayer(context, layer, rows: rows, type: type) {
                    let flops = 2 * Double(rows) * Double(layer.output) * Double(layer.input)
                    stepSeconds += count * seconds.median
                    stepFlops += count * flops
                    context.report.add(
                        .text(layer.name), .text(product), .number(Double(rows)), .samples(seconds),
                        .number(flops / seconds.median / 1e9), .number(flops / seconds.median / peak))
                }
            }
            guard stepFlops > 0, context.options.filter.isEmpty else { continue }
            context.report.add(
                .text("model"), .text("all of a step"), .number(Double(rows)), .samples(Samples([stepSeconds])),
                .number(stepFlops / stepSeconds / 1e9), .number(stepFlops / stepSeconds / peak))
        }
    }

    private static func measureLayer(
        _ context: Context, _ layer: Layer, rows: Int, type: ElementType
    ) -> [(product: String, seconds: Samples)] {
        guard context.wants(layer.name) else { return [] }
        let workspace = Workspace()
        let weight = workspace.filled(rows: layer.output, columns: layer.input, type: type)
        let x = workspace.filled(rows: rows, columns: layer.input, type: type)
        let dy = workspace.filled(rows: rows, columns: layer.output, type: type)
        let isHead = layer.perBlock == 0
        let y = workspace.filled(rows: rows, columns: layer.output, type: isHead ? .f32 : type)
        let dx = workspace.filled(rows: rows, columns: layer.input, type: .f32)
        return [
            ("forward", context.stopwatch.measure { Products.timesTransposed(x, weight, into: y) }),
            ("input gradient", context.stopwatch.measure { Products.times(dy, weight, into: dx) }),
        ]
    }

    /// The thin products of an adapter.
    private static func adapterTable(_ context: Context, _ type: ElementType) {
        let peak = peak(context, type)
        context.report.begin("products_adapter", "an adapter's thin products, rank \(rank), bf16", columns)
        for rows in context.options.quick ? [1024] : [512, 1024, 2048] {
            for layer in layers where context.wants(layer.name) {
                for (product, width, seconds) in measureAdapter(context, layer, rows: rows, type: type) {
                    let flops = 2 * Double(rows) * Double(width) * Double(rank)
                    context.report.add(
                        .text(layer.name), .text(product), .number(Double(rows)), .samples(seconds),
                        .number(flops / seconds.median / 1e9), .number(flops / seconds.median / peak))
                }
            }
        }
    }

    private static func measureAdapter(
        _ context: Context, _ layer: Layer, rows: Int, type: ElementType
    ) -> [(product: String, width: Int, seconds: Samples)] {
        let workspace = Workspace()
        func matrix(_ rows: Int, _ columns: Int, _ type: ElementType = type) -> Matrix {
            workspace.filled(rows: rows, columns: columns, type: type)
        }
        let (input, output) = (layer.input, layer.output)
        let x = matrix(rows, input), dy = matrix(rows, output), z = matrix(rows, rank), dz = matrix(rows, rank)
        let sum = matrix(rows, output, .f32), dx = matrix(rows, input, .f32)
        let gradientA = matrix(rank, input, .f32), gradientB = matrix(output, rank, .f32)
        let a = matrix(rank, input, .f32), b = matrix(output, rank, .f32)
        func panels(_ factor: Matrix, _ reading: PanelSource.Reading) -> Panels {
            Panels.pack([PanelSource(RowLayout(factor), reading, type: type, in: workspace)])[0]
        }
        let watch = context.stopwatch
        func product(_ left: Matrix, _ panels: Panels, into y: Matrix, base: Matrix? = nil) -> Samples {
            watch.measure { Products.sum([Term(left, panels)], into: y, base: base) }
        }
        func gradient(_ few: Matrix, _ many: Matrix, _ sum: Matrix, _ order: GradientProduct.Result) -> Samples {
            watch.measure { GradientProduct.run([GradientProduct(few, count: rank, many, addedTo: sum, order)]) }
        }
        return [
            ("z = x·Aᵀ", input, product(x, panels(a, .transposed), into: z)),
            ("y += z·Bᵀ", output, product(z, panels(b, .transposed), into: sum, base: sum)),
            ("dB += dyᵀ·z", output, gradient(z, dy, gradientB, .manyByFew)),
            ("dz = dy·B", output, product(dy, panels(b, .plain), into: dz)),
            ("dA += dzᵀ·x", input, gradient(dz, x, gradientA, .fewByMany)),
            ("dx += dz·A", input, product(dz, panels(a, .plain), into: dx, base: dx)),
        ]
    }
}
