// Names with bars and numbers: labels, scripts, kinds.

/// A table with a bar in each row.
struct BarTable {
    struct Row {
        var name: String
        /// What the bar is made of.
        var parts: [(kind: String, count: Int)]
        /// What stands after the bar.
        var figures: [String]
        /// What a whole bar stands for in this row, where that differs from row to row.
        var whole: Int?
        /// What stands at the end, in words.
        var note: String?
    }

    var headings: [String]
    var rows: [Row]
    /// The count that a whole bar stands for.
    var whole: Int
    /// Rows that show at once; the others open.
    var shownCount = 30

    var markup: Markup {
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
            return Markup(
                "th", ["scope": "col", "class": isNote ? nil : index > 1 ? "number" : index == 1 ? "bar" : nil], heading
            )
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

/// A table of facts.
struct FactTable {
    var headings: [String]
    var rows: [[String]]
    /// Columns from this one on hold numbers.
    var firstNumber = 1

    var markup: Markup {
        func kind(_ index: Int) -> String? { index >= firstNumber ? "number" : nil }
        let head = headings.enumerated().map { Markup("th", ["scope": "col", "class": kind($0.offset)], $0.element) }
        let body = rows.map { row in
            Markup(
                "tr", [:],
                children: row.enumerated().map { index, text in
                    index == 0
                        ? Markup("th", ["scope": "row", "dir": "auto"], text)
                        : Markup("td", ["class": kind(index), "dir": "auto"], text)
                })
        }
        return Markup(
            "div", ["class": "table"],
            Markup(
                "table", [:], Markup("thead", [:], Markup("tr", [:], children: head)),
                Markup("tbody", [:], children: body)))
    }
}
