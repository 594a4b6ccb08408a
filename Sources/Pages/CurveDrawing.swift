// Curves over one pair of axes, with the numbers that they are drawn from in a table behind them.

/// A drawing of curves and of levels that they are held against.
package struct CurveDrawing {
    /// One curve of several.
    package struct Curve {
        let name: String
        /// Ascending in x.
        let points: [(x: Int, y: Double)]
        let look: Look

        package init(_ name: String, _ points: [(x: Int, y: Double)], _ look: Look) {
            (self.name, self.points, self.look) = (name, points.filter { $0.y.isFinite }, look)
        }
    }

    /// How a curve is told from the others, not by its colour alone.
    package enum Look {
        /// Thin, with a square at each point.
        case plain
        /// Thick, with a square at each point.
        case best
        /// Thin, without marks.
        case steps
    }

    /// A height that stands for the whole width.
    package struct Level {
        let name: String
        let y: Double

        package init(_ name: String, _ y: Double) { (self.name, self.y) = (name, y) }
    }

    private let curves: [Curve]
    private let levels: [Level]
    private let x: String
    private let y: String
    private let caption: String

    /// - Parameters:
    ///   - levels: drawn as dashed lines with their names.
    ///   - x: what x is.
    ///   - y: what y is.
    ///   - caption: said above the drawing; what is drawn, where there is none.
    package init(curves: [Curve], levels: [Level] = [], x: String, y: String, caption: String? = nil) {
        self.curves = curves.filter { !$0.points.isEmpty }
        self.levels = levels.filter(\.y.isFinite)
        (self.x, self.y) = (x, y)
        self.caption = caption ?? "\(y) by \(x)"
    }

    private static let width = 720
    private static let height = 260
    private static let left = 92.0
    private static let right = 686.0
    private static let top = 20.0
    private static let bottom = 222.0

    /// What the axes span.
    private struct Frame {
        let low: Double
        let span: Double
        let end: Int

        func place(_ x: Int, _ y: Double) -> SVG.Point {
            (
                left + (right - left) * Double(x) / Double(max(end, 1)),
                bottom - (bottom - top) * (y - low) / span
            )
        }
    }

    private var frame: Frame? {
        let heights = curves.flatMap(\.points).map(\.y) + levels.map(\.y)
        guard let low = heights.min(), let high = heights.max(),
            let end = curves.compactMap({ $0.points.last?.x }).max()
        else { return nil }
        return Frame(low: low, span: high > low ? high - low : 1, end: end)
    }

    package var markup: Markup {
        guard let frame else { return Markup("p", ["class": "calm"], "Nothing was measured.") }
        // What stands out is drawn last.
        let traces = curves.filter { $0.look != .best } + curves.filter { $0.look == .best }
        let shapes = axes(frame) + traces.map { trace($0, frame) } + levels.flatMap { line($0, frame) }
        return Markup(
            "figure", ["class": "histogram"],
            Markup("figcaption", [:], Markup(caption), legend),
            SVG.drawing((Self.width, Self.height), caption, description: description, shapes), numbers)
    }

    private func axes(_ frame: Frame) -> [Markup] {
        var shapes: [Markup] = []
        for part in 0...3 {
            let value = frame.low + frame.span * Double(part) / 3, height = frame.place(0, value).y
            shapes.append(SVG.line("grid", (Self.left, height), (Self.right, height)))
            shapes.append(SVG.text("end", (Self.left - 8, height + 4), Figures.number(value)))
        }
        shapes.append(SVG.line("axis", (Self.left, Self.bottom), (Self.right, Self.bottom)))
        for value in stride(from: 0, through: frame.end, by: Figures.step(frame.end, parts: 6)) {
            shapes.append(SVG.text("middle", (frame.place(value, frame.low).x, Self.bottom + 20), Figures.count(value)))
        }
        return shapes
    }

    private func trace(_ curve: Curve, _ frame: Frame) -> Markup {
        let places = curve.points.map { frame.place($0.x, $0.y) }
        let path = SVG.path("trace \(curve.look)", places)
        guard curve.look != .steps else { return path }
        return path
            + Markup.list(
                zip(curve.points, places).map { point, place in
                    SVG.bar(
                        curve.look == .best ? "kept" : "context", (place.x - 3, place.y - 3), (6, 6),
                        "\(curve.name): \(Figures.number(point.y)) at \(Figures.count(point.x))")
                })
    }

    private func line(_ level: Level, _ frame: Frame) -> [Markup] {
        let height = frame.place(0, level.y).y
        return [
            SVG.line("limit", (Self.left, height), (Self.right, height)),
            SVG.text("end", (Self.right - 4, height - 5), "\(level.name) \(Figures.number(level.y))", "limit-name"),
        ]
    }

    /// Names of curves, where a few of them are told apart by how they look.
    private var legend: Markup {
        guard Set(curves.map(\.look)).count == curves.count, curves.count > 1 else { return .empty }
        return Markup(
            "span", ["class": "legend"],
            children: curves.map { Markup("span", [:], Markup("i", ["class": "key \($0.look)"]), Markup($0.name)) })
    }

    /// "training loss from 2.91 at 1 to 0.84 at 60; base 2.95".
    private var description: String {
        let parts = curves.prefix(8).compactMap { curve -> String? in
            guard let first = curve.points.first, let last = curve.points.last else { return nil }
            return "\(curve.name) from \(Figures.number(first.y)) at \(Figures.count(first.x)) "
                + "to \(Figures.number(last.y)) at \(Figures.count(last.x))"
        }
        return (parts + levels.map { "\($0.name) \(Figures.number($0.y))" }).joined(separator: "; ")
    }

    /// All that is drawn, to be read: a row for each x.
    private var numbers: Markup {
        var rows: [Int: [String]] = [:]
        for (column, curve) in curves.enumerated() {
            for point in curve.points {
                rows[point.x, default: [String](repeating: "", count: curves.count)][column] = Figures.number(point.y)
            }
        }
        let table = FactTable(
            caption: caption, headings: [x] + curves.map(\.name),
            rows: rows.sorted { $0.key < $1.key }.map { [Figures.count($0.key)] + $0.value })
        return Markup("details", [:], Markup("summary", [:], "The numbers"), table.markup)
    }
}
