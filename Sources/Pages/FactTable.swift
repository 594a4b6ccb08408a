// Tables of facts: texts first, then numbers.

/// A table of facts.
package struct FactTable {
    /// What stands in a cell.
    package enum Cell {
        case text(String)
        /// A number, a digest, a place: in figures of one width.
        case code(String)
        case markup(Markup)
    }

    private let caption: String?
    private let headings: [String]
    private let rows: [[Cell]]
    /// Columns from this one on hold numbers.
    private let firstNumber: Int
    /// Rows that show at once; the others open.
    private let shownCount: Int

    /// - Parameter firstNumber: columns from this one on hold numbers.
    package init(caption: String? = nil, headings: [String], rows: [[String]], firstNumber: Int = 1) {
        self.init(
            caption: caption, headings: headings, cells: rows.map { $0.map { .text($0) } }, firstNumber: firstNumber)
    }

    /// - Parameter shownCount: rows that show at once; the others open.
    package init(
        caption: String? = nil, headings: [String], cells: [[Cell]], firstNumber: Int = 1, shownCount: Int = .max
    ) {
        (self.caption, self.headings, self.rows) = (caption, headings, cells)
        (self.firstNumber, self.shownCount) = (firstNumber, shownCount)
    }

    package var markup: Markup {
        let first = table(rows.prefix(shownCount), caption)
        guard rows.count > shownCount else { return first }
        return first
            + Markup(
                "details", [:], Markup("summary", [:], "\(Figures.count(rows.count - shownCount)) more"),
                table(rows.dropFirst(shownCount), caption.map { $0 + ", the rest" }))
    }

    private func table(_ rows: ArraySlice<[Cell]>, _ caption: String?) -> Markup {
        func kind(_ index: Int) -> String? { index >= firstNumber ? "number" : nil }
        let head = headings.enumerated().map { Markup(heading: $0.element, kind: kind($0.offset)) }
        let body = rows.map { row in
            Markup(
                "tr", [:],
                children: row.enumerated().map { index, cell in
                    index == 0
                        ? Markup("th", ["scope": "row", "dir": "auto"], cell.markup)
                        : Markup("td", ["class": kind(index), "dir": "auto"], cell.markup)
                })
        }
        let parts =
            (caption.map { [Markup("caption", [:], $0)] } ?? [])
            + [
                Markup("thead", [:], Markup("tr", [:], children: head)), Markup("tbody", [:], children: body),
            ]
        // It can be scrolled with the keyboard where it is wider than the page.
        return Markup(
            "div", ["class": "table", "tabindex": "0", "role": "group", "aria-label": caption ?? headings[0]],
            Markup("table", [:], children: parts))
    }
}

extension FactTable.Cell {
    fileprivate var markup: Markup {
        switch self {
        case .text(let text): Markup(text)
        case .code(let text): Markup("code", [:], text)
        case .markup(let markup): markup
        }
    }
}

extension Markup {
    /// The head of a column; where there are no words, a cell like others, or a screen reader tells of a head that says nothing.
    init(heading: String, kind: String?) {
        self =
            heading.isEmpty
            ? Markup("td", ["class": kind]) : Markup("th", ["scope": "col", "class": kind], heading)
    }
}
