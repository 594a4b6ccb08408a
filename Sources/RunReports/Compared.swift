// A metric of base and adapter with its interval, as reports hold it, and as a row of a table.

internal import JSON
internal import Pages

/// One metric of two sides.
struct Compared {
    let name: String
    let base: Double?
    let adapter: Double?
    let difference: Double?
    let interval: (low: Double, high: Double)?
    let verdict: String?
    let rows: Int?
    let rowsNeeded: Int?

    private init(_ name: String, base: Double?, adapter: Double?, difference: Double?, _ found: JSONValue?) {
        (self.name, self.base, self.adapter, self.difference) = (name, base, adapter, difference)
        let bounds = (found?["ci95"]?.array ?? []).compactMap(\.double)
        interval = bounds.count == 2 ? (bounds[0], bounds[1]) : nil
        verdict = found?["verdict"]?.string
        (rows, rowsNeeded) = (found?["rows"]?.integer, found?["rows_needed"]?.integer)
    }

    /// The loss of a set or a slice; nil where there is none.
    static func loss(_ set: JSONValue?) -> Compared? {
        guard let base = set?["base"]?["loss"]?.double else { return nil }
        return Compared(
            "loss", base: base, adapter: set?["adapter"]?["loss"]?.double,
            difference: set?["difference"]?["loss"]?.double, set?["difference"])
    }

    /// Its metrics beside the loss.
    static func metrics(_ set: JSONValue?) -> [Compared] {
        (set?["metrics"]?.object?.members ?? []).map { name, found in
            Compared(
                name, base: found["base"]?.double, adapter: found["adapter"]?.double,
                difference: found["difference"]?.double, found)
        }
    }

    /// What is said of both sides without an interval.
    static func plain(_ set: JSONValue?) -> [Compared] {
        let known = Set(["loss"] + (set?["metrics"]?.object?.members ?? []).map(\.key))
        return (set?["base"]?.object?.members ?? []).filter { !known.contains($0.key) }.map { name, value in
            Compared(
                name, base: value.double, adapter: set?["adapter"]?[name]?.double, difference: nil, nil)
        }
    }

    /// One that has a difference with an interval, and perhaps no sides.
    static func difference(_ name: String, _ found: JSONValue) -> Compared {
        Compared(name, base: nil, adapter: nil, difference: found["difference"]?.double, found)
    }

    /// The loss, the metrics, then what has no interval.
    static func all(_ set: JSONValue?) -> [Compared] {
        (loss(set).map { [$0] } ?? []) + metrics(set) + plain(set)
    }

    // MARK: Shown

    static func number(_ value: Double?) -> String { value.map { Figures.number($0) } ?? "–" }

    /// "rouge l" for "rouge_l".
    static func words(_ name: String) -> String { String(name.map { $0 == "_" ? " " : $0 }) }

    static let headings = ["Base", "Adapter", "Difference", "95% interval", "Drawn", "Verdict", "Rows"]

    /// What stands under `headings`.
    var cells: [FactTable.Cell] {
        [
            .text(Self.number(base)), .text(Self.number(adapter)),
            .text(difference.map { Figures.difference($0) } ?? "–"),
            .text(
                interval.map { "\(Figures.difference($0.low)) to \(Figures.difference($0.high))" } ?? "–"),
            .markup(drawing), .text(verdict ?? "–"), .text(rows.map { Figures.count($0) } ?? "–"),
        ]
    }

    /// The interval about nought, on a scale of its own: the numbers stand beside it.
    private var drawing: Markup {
        guard let interval, interval.low.isFinite, interval.high.isFinite else { return .empty }
        let most = max(abs(interval.low), abs(interval.high), abs(difference ?? 0))
        func x(_ value: Double) -> Double { 100 + (most > 0 ? 90 * value / most : 0) }
        let kind = verdict == "better" ? "better" : verdict == "worse" ? "worse" : "open"
        let shapes = [
            SVG.line("zero", (100, 0), (100, 20)), SVG.line(kind, (x(interval.low), 10), (x(interval.high), 10)),
            SVG.line(kind, (x(interval.low), 5), (x(interval.low), 15)),
            SVG.line(kind, (x(interval.high), 5), (x(interval.high), 15)),
            SVG.dot(kind, (x(difference ?? 0), 10), 5),
        ]
        return SVG.sketch("interval", (200, 20), shapes)
    }

    /// A table of several, each under its name.
    static func table(_ caption: String, _ rows: [Compared]) -> Markup {
        FactTable(
            caption: caption, headings: ["Metric"] + headings,
            cells: rows.map { [.text(words($0.name))] + $0.cells }
        ).markup
    }
}
