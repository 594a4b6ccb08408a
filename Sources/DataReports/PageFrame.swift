// The frame of every page: one file that needs nothing else, neither script nor font nor picture from elsewhere.

/// A whole page.
enum PageFrame {
    /// The source of a page that says what it is, shows a few figures, then its sections.
    ///
    /// - Parameters:
    ///   - kind: what it is: "Data report".
    ///   - title: the heading; `name`: what a browser calls the page.
    ///   - links: sections that can be jumped to.
    static func source(
        kind: String, title: String, name: String, tiles: [Markup], links: [Markup], main: [Markup], footer: Markup
    ) -> String {
        let page = Markup(
            "html", ["lang": "en"],
            Markup(
                "head", [:], Markup("meta", ["charset": "utf-8"]),
                Markup("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
                Markup("meta", ["name": "color-scheme", "content": "light dark"]),
                // An empty picture in the page itself, or a browser asks for one.
                Markup("link", ["rel": "icon", "href": "data:,"]),
                Markup("title", [:], name), Markup("style", [:], Markup(literal: ReportStyle.source))),
            Markup(
                "body", [:], Markup("a", ["class": "skip", "href": "#main"], "Skip to the report"),
                Markup(
                    "header", [:],
                    Markup("p", ["class": "kind"], kind), Markup("h1", ["dir": "auto"], title),
                    Markup("dl", ["class": "tiles"], children: tiles)),
                Markup("nav", ["aria-label": "Sections"], children: links),
                Markup("main", ["id": "main"], children: main), footer))
        return "<!DOCTYPE html>\n" + page.source + "\n"
    }

    /// A figure with what it counts.
    static func tile(_ figure: String, _ what: String, _ detail: String = "") -> Markup {
        Markup(
            "div", [:], Markup("dt", [:], what), Markup("dd", [:], figure),
            detail.isEmpty ? .empty : Markup("dd", ["class": "detail"], detail))
    }
}
