// Names with bars and numbers: labels, scripts, kinds.

/// A table with a bar in each row.
package struct BarTable {
    package struct Row {
        let name: String
        /// What the bar is made of.
        let parts: [(kind: String, count: Int)]
        /// What stands after the bar.
        let figures: [String]
        /// What a whole bar stands for in this row, where that differs from row to row.
        let whole: Int?
        /// What stands at the end, in words.
        let note: String?

        package init(
            name: String, parts: [(kind: String, count: Int)], figures: [String], whole: Int? = nil,
            note: String? = nil
        ) {
            (self.name, self.parts, self.figures, self.whole, self.note) = (name, parts, figures, whole, note)
        }
    }

    private let headings: [String]
    private let rows: [Row]
    /// The count that a whole bar stands for.
    private let whole: Int
    /// Rows that show at once; the others open.
    private let shownCount: Int

    package init(headings: [String], rows: [Row], whole: Int, shownCount: Int = 30) {
        (self.headings, self.rows, self.whole, self.shownCount) = (headings, rows, whole, shownCount)
    }

    package var markup: Markup {
        let first = table(rows.prefix(shownCount))
        guard rows.count > shownCount else { return first }
        return first
            + Markup(
                "details", [:], Markup("summary", [:], "\(Figures.count(rows.count - shownCount)) more"),
                table(rows.dropFirst(shownCount)))
    }

    private func table(_ rows: ArraySlice<Row>) -> Markup {
        let head = headings.enumerated().map { index, heading -> Markup in
            let isNote = rows.first?.note != nil && index == headings.count - 1
            let kind = isNote ? nil : index > 1 ? "number" : index == 1 ? "bar" : nil
            return Markup(heading: heading, kind: kind)
        }
        let body = rows.map { row in
            Markup(
                "tr", [:],
                children: [
                    Markup("th", ["scope": "row", "dir": "auto"], row.name),
                    Markup("td", ["class": "bar"], SVG.share(row.parts, of: row.whole ?? whole)),
                ] + row.figures.map { Markup("td", ["class": "number"], $0) }
                    + [row.note].compactMap { $0 }.map { Markup("td", ["class": "note"], Markup("code", [:], $0)) })
        }
        return Markup(
            "table", ["class": "bars"], Markup("thead", [:], Markup("tr", [:], children: head)),
            Markup("tbody", [:], children: body))
    }
}
