// Sections of a page, each with a heading of its own by which it is linked.

/// A part of the page with a heading of its own.
package struct PageSection: Sendable {
    package let id: String
    package let title: String
    /// A few words beside the title: the section's one fact.
    package let fact: String
    package let content: [Markup]
    /// Why there is nothing to show; nil where there is something.
    package let reason: String?

    /// A section that shows something.
    package init(_ id: String, _ title: String, fact: String = "", _ content: [Markup]) {
        (self.id, self.title, self.fact, self.content) = (id, title, fact, content)
        reason = nil
    }

    /// A section without content: the page folds all of these into one, with their reasons.
    package init(_ id: String, _ title: String, nothing reason: String) {
        (self.id, self.title, self.reason) = (id, title, reason)
        (fact, content) = ("", [])
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

    /// Sections without content as one that opens.
    static func folded(_ sections: [PageSection]) -> Markup {
        guard !sections.isEmpty else { return .empty }
        let reasons = sections.map { section in
            Markup("div", ["id": section.id], Markup("dt", [:], section.title), Markup("dd", [:], section.reason ?? ""))
        }
        return Markup(
            "details", ["class": "nothing"],
            Markup("summary", [:], "Nothing to show: " + sections.map(\.title).joined(separator: ", ")),
            Markup("dl", [:], children: reasons))
    }
}
