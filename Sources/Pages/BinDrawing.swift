// Counts in equal bins, with a line where they are cut.

/// A histogram of whole numbers.
package struct BinDrawing {
    private let name: String
    private let facts: String
    /// Bin `i` holds what is more than `i · width` and at most `(i + 1) · width`.
    private let counts: [Int]
    private let width: Int
    /// Of the last bin, those that are beyond its end.
    private let beyond: Int
    private let limit: (name: String, value: Int)?
    private let unit: String

    /// - Parameters:
    ///   - facts: said beside the name.
    ///   - counts: of bin `i` how many are more than `i · width` and at most `(i + 1) · width`.
    ///   - beyond: of the last bin, those that are beyond its end.
    ///   - limit: from where on bins are drawn as cut.
    ///   - unit: what is counted along the axis: "tokens".
    package init(
        _ name: String, facts: String, counts: [Int], width: Int, beyond: Int = 0, limit: (name: String, value: Int)?,
        unit: String
    ) {
        (self.name, self.facts, self.counts, self.width) = (name, facts, counts.isEmpty ? [0] : counts, max(1, width))
        (self.beyond, self.limit, self.unit) = (beyond, limit, unit)
    }

    private static let size = (width: 720, height: 200)
    private static let left = 68.0
    private static let right = 690.0
    private static let top = 26.0
    private static let bottom = 166.0

    private var axisEnd: Int { width * counts.count }
    private var most: Int { max(1, counts.max() ?? 1) }

    private func x(_ value: Int) -> Double {
        Self.left + (Self.right - Self.left) * Double(value) / Double(axisEnd)
    }

    private func y(_ count: Int) -> Double {
        Self.top + (Self.bottom - Self.top) * (1 - Double(count) / Double(most))
    }

    package var markup: Markup {
        Markup(
            "figure", ["class": "histogram"],
            Markup("figcaption", [:], Markup("strong", [:], name), Markup(" " + facts)),
            SVG.drawing(Self.size, "Histogram of \(unit), \(name)", description: facts, grid + bars + axis + limitLine),
            numbers)
    }

    /// "1 to 64", or to where the last bin has no end.
    private func range(_ index: Int) -> String {
        let isOpen = index == counts.count - 1 && beyond > 0
        return "\(Figures.count(index * width + 1)) to "
            + (isOpen ? "longer than \(Figures.count(axisEnd))" : Figures.count((index + 1) * width))
    }

    /// What the bars stand for, to be read.
    private var numbers: Markup {
        let rows = counts.indices.filter { counts[$0] > 0 }.map { [range($0), Figures.count(counts[$0])] }
        guard !rows.isEmpty else { return .empty }
        return Markup(
            "details", [:], Markup("summary", [:], "The numbers"),
            FactTable(caption: "\(name), by \(unit)", headings: [unit, "count"], rows: rows).markup)
    }

    private var grid: [Markup] {
        let step = Figures.step(most, parts: 3)
        return stride(from: step, through: most, by: step).flatMap { value in
            [
                SVG.line("grid", (Self.left, y(value)), (Self.right, y(value))),
                SVG.text("end", (Self.left - 8, y(value) + 4), Figures.count(value)),
            ]
        }
    }

    private var bars: [Markup] {
        var shapes: [Markup] = []
        for (index, count) in counts.enumerated() where count > 0 {
            let lower = index * width
            let isCut = limit.map { lower >= $0.value } ?? false
            let height = max(1.5, y(0) - y(count))
            shapes.append(
                SVG.bar(
                    isCut ? "cut" : "kept", (x(lower) + 0.5, y(0) - height), (x(lower + width) - x(lower) - 1, height),
                    "\(range(index)) \(unit): \(Figures.count(count))"))
        }
        if beyond > 0 {
            shapes.append(SVG.text("end", (Self.right, y(counts.last ?? 0) - 6), "and longer"))
        }
        return shapes
    }

    private var axis: [Markup] {
        let step = Figures.step(axisEnd, parts: 6)
        return [SVG.line("axis", (Self.left, y(0)), (Self.right, y(0)))]
            + stride(from: 0, through: axisEnd, by: step).map {
                SVG.text("middle", (x($0), Double(Self.size.height) - 12), Figures.count($0))
            }
    }

    private var limitLine: [Markup] {
        guard let limit, limit.value <= axisEnd else { return [] }
        let place = x(limit.value), isLeft = place > Double(Self.size.width) * 0.6
        return [
            SVG.line("limit", (place, Self.top - 14), (place, y(0))),
            SVG.text(
                isLeft ? "end" : "start", (place + (isLeft ? -6 : 6), Self.top - 6),
                "\(limit.name) \(Figures.count(limit.value))", "limit-name"),
        ]
    }
}
