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
        PageFrame(
            kind: kind, title: title, name: "\(title): \(kind.lowercased())", tiles: tiles, sections: sections,
            footer: [Markup("p", [:], footer)]
        ).source
    }
}

extension TablePage.Content {
    fileprivate var markup: Markup {
        switch self {
        case .table(let headings, let rows, let firstNumber):
            FactTable(headings: headings, rows: rows, firstNumber: firstNumber).markup
        case .curves(let curves, let x, let y):
            CurveDrawing(curves: curves.map { .init($0.name, $0.points, $0.isBest ? .best : .plain) }, x: x, y: y)
                .markup
        case .text(let text): Markup("pre", ["class": "text"], Markup("code", [:], text))
        case .paragraph(let text): Markup("p", [:], text)
        }
    }
}
