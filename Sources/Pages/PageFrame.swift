// The frame of every page: one file that needs nothing else, neither script nor font nor picture from elsewhere.

/// A whole page: what it is, a few figures, what matters most, then its sections.
package struct PageFrame {
    /// What it is: "Data report".
    private let kind: String
    private let title: String
    /// What a browser calls the page.
    private let name: String
    private let tiles: [Markup]
    /// Before the sections.
    private let first: Markup
    private let sections: [PageSection]
    private let footer: Markup

    package init(
        kind: String, title: String, name: String, tiles: [Markup], first: Markup = .empty, sections: [PageSection],
        footer: [Markup]
    ) {
        (self.kind, self.title, self.name) = (kind, title, name)
        (self.tiles, self.first, self.sections) = (tiles, first, sections)
        self.footer = Markup("footer", [:], children: footer)
    }

    /// Its source. Sections that have nothing to show stand at the end, folded into one.
    package var source: String {
        let shown = sections.filter { $0.reason == nil }
        let main = [first] + shown.map(\.markup) + [PageSection.folded(sections.filter { $0.reason != nil })]
        let page = Markup(
            "html", ["lang": "en"],
            Markup(
                "head", [:], Markup("meta", ["charset": "utf-8"]),
                Markup("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
                Markup("meta", ["name": "color-scheme", "content": "light dark"]),
                // An empty picture in the page itself, or a browser asks for one.
                Markup("link", ["rel": "icon", "href": "data:,"]),
                Markup("title", [:], name), Markup("style", [:], Markup(literal: PageStyle.source))),
            Markup(
                "body", [:], Markup("a", ["class": "skip", "href": "#main"], "Skip to the report"),
                Markup(
                    "header", [:],
                    Markup("p", ["class": "kind"], kind), Markup("h1", ["dir": "auto"], title),
                    Markup("dl", ["class": "tiles"], children: tiles)),
                Markup("nav", ["aria-label": "Sections"], children: shown.map(\.link)),
                Markup("main", ["id": "main", "tabindex": "-1"], children: main), footer))
        return "<!DOCTYPE html>\n" + page.source + "\n"
    }

    /// A figure with what it counts.
    package static func tile(_ figure: String, _ what: String, _ detail: String = "") -> Markup {
        Markup(
            "div", [:], Markup("dt", [:], what), Markup("dd", [:], figure),
            detail.isEmpty ? .empty : Markup("dd", ["class": "detail"], detail))
    }
}
