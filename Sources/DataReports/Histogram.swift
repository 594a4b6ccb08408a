// Lengths of sequences as a histogram, with a line where they are cut.

internal import Datasets

/// A histogram of token counts, drawn in SVG.
struct Histogram {
    let name: String
    let lengths: LengthCounts
    /// Where sequences are cut or left out.
    let limit: Int?
    /// The right end of the axis: that of all histograms of a page, so that they can be compared.
    let end: Int

    private static let width = 720
    private static let height = 200
    private static let left = 56
    private static let right = 16
    private static let top = 26
    private static let bottom = 34

    /// The end of the axis for several sets of lengths: the longest, but not so far out that the limit is lost at the left.
    static func end(_ sets: [LengthCounts], limit: Int?) -> Int {
        let longest = sets.map { $0.quantile(1) }.max() ?? 1
        guard let limit, limit <= 1 << 24 else { return max(1, longest) }
        let crowded = sets.map { $0.quantile(0.99) }.max() ?? 1
        return max(1, min(longest, max(3 * limit, crowded)))
    }

    private var bins: LengthBins { LengthBins(lengths, upTo: end, width: LengthBins.width(upTo: end, limit: limit)) }

    var markup: Markup {
        let bins = bins
        let axisEnd = bins.width * bins.counts.count
        let most = max(1, bins.counts.max() ?? 1)
        let plotWidth = Self.width - Self.left - Self.right
        let plotHeight = Self.height - Self.top - Self.bottom
        func x(_ length: Int) -> Double { Double(Self.left) + Double(plotWidth) * Double(length) / Double(axisEnd) }
        func y(_ count: Int) -> Double {
            Double(Self.top) + Double(plotHeight) * (1 - Double(count) / Double(most))
        }
        var shapes: [Markup] = []
        let yStep = Figures.step(most, parts: 3)
        for value in stride(from: yStep, through: most, by: yStep) {
            shapes.append(SVG.line("grid", (Double(Self.left), y(value)), (Double(Self.width - Self.right), y(value))))
            shapes.append(SVG.text("end", (Double(Self.left) - 8, y(value) + 4), Figures.count(value)))
        }
        for (index, count) in bins.counts.enumerated() where count > 0 {
            let lower = index * bins.width
            let isCut = limit.map { lower >= $0 } ?? false
            let name =
                "\(Figures.count(lower + 1)) to \(index == bins.counts.count - 1 && bins.beyond > 0 ? "longer than \(Figures.count(axisEnd))" : Figures.count(lower + bins.width)) tokens: \(Figures.count(count))"
            let height = max(1.5, y(0) - y(count))
            shapes.append(
                SVG.bar(
                    isCut ? "cut" : "kept", (x(lower) + 0.5, y(0) - height),
                    (x(lower + bins.width) - x(lower) - 1, height),
                    name))
        }
        if bins.beyond > 0 {
            shapes.append(
                SVG.text("end", (Double(Self.width - Self.right), y(bins.counts.last ?? 0) - 6), "and longer"))
        }
        shapes.append(SVG.line("axis", (Double(Self.left), y(0)), (Double(Self.width - Self.right), y(0))))
        let xStep = Figures.step(axisEnd, parts: 6)
        for value in stride(from: 0, through: axisEnd, by: xStep) {
            shapes.append(SVG.text("middle", (x(value), Double(Self.height - 12)), Figures.count(value)))
        }
        if let limit, limit <= axisEnd {
            shapes.append(SVG.line("limit", (x(limit), Double(Self.top) - 14), (x(limit), y(0))))
            let isLeft = x(limit) > Double(Self.width) * 0.6
            shapes.append(
                SVG.text(
                    isLeft ? "end" : "start", (x(limit) + (isLeft ? -6 : 6), Double(Self.top) - 6),
                    "max_length \(Figures.count(limit))", "limit-name"))
        }
        return Markup(
            "figure", ["class": "histogram"],
            Markup("figcaption", [:], Markup("strong", [:], name), Markup(" " + facts)),
            SVG.drawing((Self.width, Self.height), "Histogram of tokens in each sequence, \(name): \(facts)", shapes))
    }

    /// "median 212 tokens, 95% within 480, longest 2,311; 14 longer than max_length 512".
    private var facts: String {
        guard lengths.total > 0 else { return "no sequences" }
        var text =
            "median \(Figures.count(lengths.quantile(0.5), "token")), 95% within \(Figures.count(lengths.quantile(0.95))), longest \(Figures.count(lengths.quantile(1)))"
        if let limit {
            let longer = lengths.total - lengths.count(atMost: limit)
            text +=
                longer == 0
                ? "; none longer than max_length \(Figures.count(limit))"
                : "; \(Figures.count(longer)) longer than max_length \(Figures.count(limit)) (\(Figures.percent(longer, of: lengths.total)))"
        }
        return text
    }
}
