// Two texts side by side, what one has and the other has not marked.

internal import Pages
internal import Preparation

/// Two rows that say the same, or nearly.
struct TextPair {
    let pair: PairExample
    /// What each of the two rows is.
    let names: (first: String, second: String)
    let places: PlaceNames

    var markup: Markup {
        let isSame = pair.firstText == pair.secondText
        let likeness =
            isSame || pair.similarity >= 1
            ? (isSame ? "the same text" : "the same words") : "Jaccard \(Figures.decimal(pair.similarity, places: 2))"
        let sides = TextDifference.sides(pair.firstText, pair.secondText)
        return Markup(
            "figure", ["class": "pair"],
            Markup("figcaption", [:], likeness),
            Markup(
                "div", ["class": "sides"],
                side(names.first, pair.firstPlace, sides.first), side(names.second, pair.secondPlace, sides.second)))
    }

    private func side(_ name: String, _ place: String, _ text: Markup) -> Markup {
        Markup(
            "div", [:], Markup("h4", [:], Markup(name + " "), Markup("code", ["title": place], places.short(place))),
            Markup("p", ["class": "text", "dir": "auto"], text))
    }
}
