// Lengths of sequences as a histogram, with a line where they are cut.

internal import Datasets
internal import Pages

/// A histogram of token counts, drawn in SVG.
struct Histogram {
    let name: String
    let lengths: LengthCounts
    /// Where sequences are cut or left out.
    let limit: Int?
    /// The right end of the axis: that of all histograms of a page, so that they can be compared.
    let end: Int

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
        return BinDrawing(
            name, facts: facts, counts: bins.counts, width: bins.width, beyond: bins.beyond,
            limit: limit.map { ("max_length", $0) }, unit: "tokens"
        ).markup
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
