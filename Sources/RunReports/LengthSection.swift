// How long the sequences are that were trained on and scored.

internal import JSON
internal import Pages

extension RunPage {
    var lengthSection: PageSection {
        let sides = [("training", report["data"]?["train"]), ("held out", report["data"]?["held_out"])]
        let drawings = sides.compactMap { name, side in side.flatMap { Self.drawing(name, $0) } }
        guard !drawings.isEmpty else {
            return PageSection("lengths", "Lengths", nothing: "The report holds no lengths of sequences.")
        }
        return PageSection("lengths", "Lengths", fact: "tokens of each sequence before any cut", drawings)
    }

    private static func drawing(_ name: String, _ side: JSONValue) -> Markup? {
        let lengths = side["full_lengths"]
        let bins = (lengths?["bins"]?.array ?? []).compactMap { bin -> (end: Int, count: Int)? in
            guard let end = bin["at_most"]?.integer, end > 0, let count = bin["sequences"]?.integer else { return nil }
            return (end, count)
        }
        guard let last = bins.map(\.end).max() else { return nil }
        // Only bins that hold something are listed: all ends are multiples of their width.
        let width = bins.reduce(0) { divisor($0, $1.end) }
        var counts = [Int](repeating: 0, count: last / width)
        for bin in bins { counts[bin.end / width - 1] += bin.count }
        let limit = side["max_length"]?.integer
        var facts =
            "median \(Figures.count(lengths?["median"]?.integer ?? 0, "token")), 95% within "
            + "\(Figures.count(lengths?["p95"]?.integer ?? 0)), longest \(Figures.count(lengths?["longest"]?.integer ?? 0))"
        if let cut = side["truncated_rows"]?.integer, cut > 0 { facts += "; \(Figures.count(cut, "row")) cut" }
        return BinDrawing(
            name, facts: facts, counts: counts, width: width, limit: limit.map { ("max_length", $0) }, unit: "tokens"
        ).markup
    }

    private static func divisor(_ left: Int, _ right: Int) -> Int { right == 0 ? left : divisor(right, left % right) }
}
