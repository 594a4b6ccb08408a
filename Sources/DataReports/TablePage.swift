// A page of tables, curves and texts: what is held against each other, to be looked at in a browser.

/// A page made of plain values.
public struct TablePage {
    /// One curve of several.
    public struct Curve {
        public var name: String
        /// Ascending in x.
        public var points: [(x: Int, y: Double)]
        /// Whether it stands out.
        public var isBest: Bool

        /// A curve from its parts.
        public init(name: String, points: [(x: Int, y: Double)], isBest: Bool = false) {
            (self.name, self.points, self.isBest) = (name, points, isBest)
        }
    }

    /// What a section shows.
    public enum Content {
        /// Columns from `firstNumber` on hold numbers.
        case table(headings: [String], rows: [[String]], firstNumber: Int)
        /// - Parameters: what x and y are.
        case curves([Curve], x: String, y: String)
        case text(String)
        case paragraph(String)
    }

    private let kind: String
    private let title: String
    private let tiles: [Markup]
    private let footer: String
    private var sections: [PageSection] = []

    /// - Parameters:
    ///   - kind: what the page is: "Sweep".
    ///   - tiles: figures with what they count and a detail, which may be empty.
    ///   - footer: who made it.
    public init(kind: String, title: String, tiles: [(figure: String, what: String, detail: String)], footer: String) {
        (self.kind, self.title, self.footer) = (kind, title, footer)
        self.tiles = tiles.map { PageFrame.tile($0.figure, $0.what, $0.detail) }
    }

    /// Adds a section.
    ///
    /// - Parameter id: by which it is linked; each once.
    public mutating func add(_ id: String, _ title: String, fact: String = "", _ content: [Content]) {
        sections.append(PageSection(id, title, fact: fact, content.map(\.markup)))
    }

    /// The page.
    public var html: String {
        PageFrame.source(
            kind: kind, title: title, name: "\(title): \(kind.lowercased())", tiles: tiles, links: sections.map(\.link),
            main: sections.map(\.markup), footer: Markup("footer", [:], Markup("p", [:], footer)))
    }
}

extension TablePage.Content {
    fileprivate var markup: Markup {
        switch self {
        case .table(let headings, let rows, let firstNumber):
            FactTable(headings: headings, rows: rows, firstNumber: firstNumber).markup
        case .curves(let curves, let x, let y): CurveDrawing(curves: curves, x: x, y: y).markup
        case .text(let text): Markup("pre", ["class": "text"], Markup("code", [:], text))
        case .paragraph(let text): Markup("p", [:], text)
        }
    }
}

/// Curves over one pair of axes.
private struct CurveDrawing {
    let curves: [TablePage.Curve]
    let x: String
    let y: String

    private static let width = 720
    private static let height = 260
    private static let left = 64.0
    private static let right = 704.0
    private static let top = 16.0
    private static let bottom = 222.0

    private var points: [(x: Int, y: Double)] { curves.flatMap(\.points).filter { $0.y.isFinite } }

    var markup: Markup {
        guard let low = points.map(\.y).min(), let high = points.map(\.y).max(), let end = points.map(\.x).max() else {
            return Markup("p", ["class": "calm"], "Nothing was measured.")
        }
        let span = high > low ? high - low : 1
        func place(_ point: (x: Int, y: Double)) -> SVG.Point {
            (
                Self.left + (Self.right - Self.left) * Double(point.x) / Double(max(end, 1)),
                Self.bottom - (Self.bottom - Self.top) * (point.y - low) / span
            )
        }
        var shapes: [Markup] = []
        for part in 0...3 {
            let value = low + span * Double(part) / 3, height = place((0, value)).y
            shapes.append(SVG.line("grid", (Self.left, height), (Self.right, height)))
            shapes.append(SVG.text("end", (Self.left - 8, height + 4), Self.number(value)))
        }
        shapes.append(SVG.line("axis", (Self.left, Self.bottom), (Self.right, Self.bottom)))
        for value in stride(from: 0, through: end, by: Figures.step(end, parts: 6)) {
            shapes.append(SVG.text("middle", (place((value, low)).x, Self.bottom + 20), Figures.count(value)))
        }
        // What stands out is drawn last.
        for curve in curves.filter({ !$0.isBest }) + curves.filter(\.isBest) {
            let places = curve.points.filter { $0.y.isFinite }.map(place)
            let kind = curve.isBest ? "trace best" : "trace"
            for (from, to) in zip(places, places.dropFirst()) { shapes.append(SVG.line(kind, from, to)) }
            for (point, place) in zip(curve.points.filter { $0.y.isFinite }, places) {
                shapes.append(
                    SVG.bar(
                        curve.isBest ? "kept" : "context", (place.x - 3, place.y - 3), (6, 6),
                        "\(curve.name): \(Self.number(point.y)) at \(Figures.count(point.x))"))
            }
        }
        return Markup(
            "figure", ["class": "histogram"], Markup("figcaption", [:], Markup("\(y) by \(x)")),
            SVG.drawing((Self.width, Self.height), "\(y) by \(x), \(Figures.count(curves.count, "curve"))", shapes))
    }

    /// With four digits after the point.
    private static func number(_ value: Double) -> String {
        guard abs(value) < 1e12 else { return "\(value)" }
        let scaled = Int((abs(value) * 10_000).rounded()), rest = String(scaled % 10_000)
        return (value < 0 && scaled > 0 ? "-" : "") + "\(scaled / 10_000)."
            + String(repeating: "0", count: 4 - rest.count) + rest
    }
}
