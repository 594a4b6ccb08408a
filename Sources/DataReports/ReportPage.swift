// The page: one file that needs nothing else, whole sections in the order in which a person asks.

internal import Datasets
internal import Preparation

extension DataReport {
    /// The report as one page that needs nothing else: no script, no font, no picture from elsewhere.
    ///
    /// - Parameter tokens: the texts of tokens; without it, no sequence is shown.
    public func html(tokens: TokenTexts?) -> String {
        let sections = [
            flowSection, badRowsSection, lengthsSection, supervisedSection, samplesSection(tokens), lossesSection,
            labelsSection, duplicatesSection, leakageSection, maskedSection, scriptsSection, filesSection,
        ]
        let page = Markup(
            "html", ["lang": "en"],
            Markup(
                "head", [:], Markup("meta", ["charset": "utf-8"]),
                Markup("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
                Markup("meta", ["name": "color-scheme", "content": "light dark"]),
                // An empty picture in the page itself, or a browser asks for one.
                Markup("link", ["rel": "icon", "href": "data:,"]),
                Markup("title", [:], name + ": data report"), Markup("style", [:], Markup(literal: ReportStyle.source))),
            Markup(
                "body", [:], Markup("a", ["class": "skip", "href": "#main"], "Skip to the report"), header,
                Markup("nav", ["aria-label": "Sections"], children: sections.map(\.link)),
                Markup("main", ["id": "main"], children: [warningBlock] + sections.map(\.markup)), footer))
        return "<!DOCTYPE html>\n" + page.source + "\n"
    }

    private var header: Markup {
        Markup(
            "header", [:],
            Markup("p", ["class": "kind"], "Data report"), Markup("h1", ["dir": "auto"], name.isEmpty ? "data" : name),
            Markup("dl", ["class": "tiles"], children: tiles))
    }

    private var tiles: [Markup] {
        func tile(_ figure: String, _ what: String, _ detail: String = "") -> Markup {
            Markup(
                "div", [:], Markup("dt", [:], what), Markup("dd", [:], figure),
                detail.isEmpty ? .empty : Markup("dd", ["class": "detail"], detail))
        }
        let read = preparation.trainRowsRead + preparation.heldOutRowsRead
        var tiles: [Markup] = []
        if read > 0 {
            tiles += [
                tile(
                    Figures.count(read), "rows read",
                    badRowCount > 0 ? Figures.count(badRowCount, "bad row") + " besides" : ""),
                tile(
                    Figures.count(preparation.trainRows), "rows to train on",
                    train.map { "as \($0.format.rawValue)" } ?? ""),
                tile(
                    Figures.count(preparation.heldOutRows), "rows held out",
                    preparation.leakage.map { leakage in
                        if leakage.isClean { return "no leaks" }
                        return leakage.droppedTrainRows > 0
                            ? Figures.count(leakage.droppedTrainRows) + " rows dropped for leaks"
                            : Figures.count(leakage.rows, "leak")
                    } ?? ""),
            ]
        }
        if let train {
            tiles += [
                tile(Figures.count(train.tokens), "tokens to train on", Figures.count(train.examples, "sequence")),
                tile(
                    Figures.percent(train.targetTokens, of: train.tokens), "of them carry loss",
                    Figures.count(train.targetTokens, "token")),
            ]
        }
        return tiles
    }

    private var badRowCount: Int { (trainInput?.badRows ?? 0) + (heldOutFiles?.badRows ?? 0) }

    private var warningBlock: Markup {
        guard !warnings.isEmpty else {
            return Markup("p", ["class": "calm", "id": "warnings"], "No warnings.")
        }
        return Markup(
            "section", ["class": "warnings", "id": "warnings", "aria-labelledby": "warnings-title"],
            Markup("h2", ["id": "warnings-title"], warnings.count == 1 ? "One warning" : "\(warnings.count) warnings"),
            Markup("ul", [:], children: warnings.map { Markup("li", [:], $0) }))
    }

    private var footer: Markup {
        Markup(
            "footer", [:],
            Markup("p", [:], "Made by lathe prepare. " + PersonalDataGaps.shown),
            key.map { Markup("p", [:], Markup("Digest of the prepared rows: "), Markup("code", [:], $0)) } ?? .empty)
    }
}

/// A part of the page with a heading of its own.
struct PageSection {
    let id: String
    let title: String
    /// A few words beside the title: the section's one fact.
    let fact: String
    let content: [Markup]

    /// Where nothing is to be shown the content says why.
    init(_ id: String, _ title: String, fact: String = "", _ content: [Markup]) {
        self.id = id
        self.title = title
        self.fact = fact
        self.content = content
    }

    var link: Markup { Markup("a", ["href": "#" + id], title) }

    var markup: Markup {
        Markup(
            "section", ["id": id, "aria-labelledby": id + "-title"],
            children: [
                Markup(
                    "h2", ["id": id + "-title"], Markup(title), fact.isEmpty ? .empty : Markup("small", [:], fact))
            ] + content)
    }

    /// A sentence for a section without content.
    static func nothing(_ text: String) -> [Markup] { [Markup("p", ["class": "calm"], text)] }
}
