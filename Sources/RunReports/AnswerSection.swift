// Answers of base and adapter side by side, of rows spread evenly over the held-out ones.

internal import JSON
internal import Pages

extension RunPage {
    /// Rows whose answers are shown.
    private static let shownAnswers = 8

    var answerSection: PageSection {
        let rows = answers.map { AnsweredRow($0, cover) }.sorted { ($0.set, $0.index) < ($1.set, $1.index) }
        guard !rows.isEmpty else {
            return PageSection(
                "answers", "Answers",
                nothing:
                    "No answer was generated or predicted: evaluate.metrics asks for some, and lathe run or lathe evaluate "
                    + "writes answers.jsonl.")
        }
        let count = min(Self.shownAnswers, rows.count)
        let shown = (0..<count).map { rows[$0 * rows.count / count] }
        return PageSection(
            "answers", "Answers",
            fact:
                "\(Figures.count(count)) of \(Figures.count(rows.count, "row")), spread evenly; all stand in answers.jsonl",
            [AnsweredRow.legend] + shown.map(\.markup))
    }
}

/// A row with what base and adapter made of it.
struct AnsweredRow {
    private let json: JSONValue
    private let cover: (String) -> String

    init(_ json: JSONValue, _ cover: @escaping (String) -> String) { (self.json, self.cover) = (json, cover) }

    var set: String { json["set"]?.string ?? "" }
    var index: Int { json["index"]?.integer ?? 0 }

    /// How the row's metrics changed, the first one first.
    var changes: [(name: String, value: Double)] {
        (json["change"]?.object?.members ?? []).compactMap { name, value in value.double.map { (name, $0) } }
    }

    static let legend = Markup(
        "p", ["class": "legend"], Markup("del", [:], "only the base says it"), Markup(" · "),
        Markup("ins", [:], "only the adapter says it"))

    var markup: Markup {
        let base = said(json["base"]), adapter = said(json["adapter"])
        let sides = TextDifference.sides(base, adapter)
        let prompt = json["prompt"]?.string.map { asked(cover($0)) } ?? .empty
        return Markup(
            "article", ["class": "pair"],
            Markup("h3", [:], Markup("row \(Figures.count(index))"), Markup("small", [:], facts)),
            prompt, wanted.map { text("wanted", Markup(cover($0))) } ?? .empty,
            json["adapter"] == nil
                ? text("base", Markup(base))
                : Markup(
                    "div", ["class": "sides"], text("base" + notes(json["base"]), sides.first),
                    text("adapter" + notes(json["adapter"]), sides.second)))
    }

    /// Characters of what is asked that show at once.
    private static let shownCharacters = 400

    /// What was asked; where that is long, the rest opens.
    private func asked(_ prompt: String) -> Markup {
        guard prompt.count > 2 * Self.shownCharacters else { return text("asked", Markup(prompt)) }
        let (start, rest) = (prompt.prefix(Self.shownCharacters), prompt.dropFirst(Self.shownCharacters))
        return text("asked", Markup(String(start) + "…"))
            + Markup(
                "details", [:], Markup("summary", [:], Figures.count(rest.count, "more character")),
                Markup("p", ["class": "text", "dir": "auto"], "…" + String(rest)))
    }

    private func text(_ name: String, _ content: Markup) -> Markup {
        Markup("div", [:], Markup("h4", [:], name), Markup("p", ["class": "text", "dir": "auto"], content))
    }

    /// "held.jsonl:6; exact match +1.0000, loss -0.3120".
    private var facts: String {
        let words = changes.map { "\(Compared.words($0.name)) \(Figures.difference($0.value))" }
        return ([json["place"]?.string ?? "", set].filter { !$0.isEmpty } + [words.joined(separator: ", ")])
            .filter { !$0.isEmpty }.joined(separator: "; ")
    }

    private var wanted: String? {
        if let reference = json["reference"]?.string { return reference }
        if let label = json["label"]?.string { return label }
        return ["labels", "value", "texts", "spans"].lazy.compactMap { json[$0] }.first.map(Self.words)
    }

    /// What a side said of the row, in words.
    private func said(_ side: JSONValue?) -> String {
        guard let side else { return "" }
        if let text = side["text"]?.string { return cover(text) }
        if let label = side["label"] { return label.string.map(cover) ?? "no label" }
        let found = ["labels", "value", "spans"].lazy.compactMap { side[$0] }.first
        return cover(found.map(Self.words) ?? "loss \(Compared.number(side["loss"]?.double))")
    }

    /// ", 60% sure, loss 0.5192".
    private func notes(_ side: JSONValue?) -> String {
        (side?["probability"]?.double.map { ", \(Figures.percent($0)) sure" } ?? "")
            + (side?["loss"]?.double.map { ", loss \(Figures.number($0))" } ?? "")
    }

    /// Labels, numbers and spans as a line.
    private static func words(_ value: JSONValue) -> String {
        if let number = value.double { return Figures.number(number) }
        guard let list = value.array else { return value.string ?? value.text() }
        guard !list.isEmpty else { return "none" }
        return list.map { entry in
            if let name = entry.string { return name }
            let label = entry["label"]?.string ?? "", text = entry["text"]?.string ?? ""
            return label.isEmpty && text.isEmpty ? entry.text() : "\(text) [\(label)]"
        }.joined(separator: ", ")
    }
}
