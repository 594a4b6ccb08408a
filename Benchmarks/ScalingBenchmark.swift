// Whether a step's time grows as its arithmetic does: with the number of examples, and with their length.

import Foundation

enum ScalingBenchmark: Benchmark {
    static let name = "scaling"
    static let summary = "a step's time against its operations, over lengths and over numbers of examples, with the fit"

    /// A row of configurations and what changes along it.
    private struct Series {
        let name: String
        let batches: [(examples: Int, length: Int)]
    }

    private static func series(isQuick: Bool) -> [Series] {
        if isQuick {
            return [
                Series(name: "examples", batches: [1, 2, 4].map { ($0, 512) }),
                Series(name: "length", batches: [512, 1024, 2048].map { (1, $0) }),
            ]
        }
        return [
            Series(name: "examples", batches: [1, 2, 4, 8, 16].map { ($0, 512) }),
            Series(name: "length", batches: [128, 256, 512, 1024, 2048, 4096, 8192].map { (1, $0) }),
            Series(name: "8192 tokens", batches: [128, 512, 2048, 8192].map { (8192 / $0, $0) }),
        ]
    }

    static func run(_ context: Context) throws {
        context.report.begin(
            "scaling", "seconds = a + b · operations, fitted to each row of configurations by relative deviation",
            [
                .text("series", "series", 12), .text("batch", "examples × tokens", 18), .seconds,
                .number("gflop", "GFLOP"), .number("gflops", "GFLOP/s"),
                .number("fitted_seconds", "fitted s", digits: 3),
                .percent("deviation", "deviation"),
            ])
        guard let base = BenchmarkModels(context).base else { return }
        for series in series(isQuick: context.options.quick) where context.wants(series.name) {
            let measured = try series.batches.map { batch in
                try StepMeasurement(
                    StepCase("SmolLM2", base, "bf16", examples: batch.examples, length: batch.length), context.options)
            }
            let fit = LinearFit(measured.map { (x: $0.operations, y: $0.seconds.median) })
            for (batch, measured) in zip(series.batches, measured) {
                let seconds = measured.seconds.median, fitted = fit.value(at: measured.operations)
                context.report.add(
                    .text(series.name), .text("\(batch.examples) × \(batch.length)"), .samples(measured.seconds),
                    .number(measured.operations / 1e9), .number(measured.operations / seconds / 1e9), .number(fitted),
                    .number(seconds / fitted - 1))
            }
            context.report.note(
                String(
                    format: "%@: %.0f ms + operations at %.0f GFLOP/s; largest deviation %.1f%%", series.name,
                    fit.intercept * 1e3, 1e-9 / fit.slope, fit.largestDeviation * 100))
        }
    }
}

/// y = intercept + slope · x with the least sum of squared relative deviations.
package struct LinearFit {
    package let intercept: Double
    package let slope: Double
    /// |y / fitted − 1| at its largest.
    package let largestDeviation: Double

    /// - Precondition: there are at least two points of different x, and every y is above 0.
    package init(_ points: [(x: Double, y: Double)]) {
        precondition(points.count >= 2)
        var w = 0.0, wx = 0.0, wxx = 0.0, wy = 0.0, wxy = 0.0
        for (x, y) in points {
            let weight = 1 / (y * y)
            w += weight
            wx += weight * x
            wxx += weight * x * x
            wy += weight * y
            wxy += weight * x * y
        }
        let slope = (w * wxy - wx * wy) / (w * wxx - wx * wx)
        let intercept = (wy - slope * wx) / w
        self.slope = slope
        self.intercept = intercept
        largestDeviation = points.map { abs($0.y / (intercept + slope * $0.x) - 1) }.max() ?? 0
    }

    package func value(at x: Double) -> Double { intercept + slope * x }
}
