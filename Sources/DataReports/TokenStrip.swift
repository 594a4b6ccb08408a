// Sequences on the page, each token coloured by whether it carries loss.

internal import Datasets
internal import Pages
internal import Preparation

/// A sampled sequence as an article.
struct TokenStrip {
    let sample: SampledSequence
    let tokens: TokenTexts
    let places: PlaceNames

    /// What the colours mean.
    static let legend = Markup(
        "p", ["class": "legend"],
        Markup("mark", [:], Markup("i", [:], "trained")), Markup(" carries loss · "),
        Markup("span", ["class": "context"], Markup("i", [:], "context")), Markup(" is only read · "),
        Markup("span", ["class": "context"], Markup("i", ["class": "s"], "<|end|>")), Markup(" control token · "),
        Markup("span", ["class": "context"], Markup("i", ["class": "x"], "E4 B8")),
        Markup(" bytes that make no character · "),
        Markup("span", ["class": "context"], Markup("i", ["class": "h"], "▒▒▒")), Markup(" personal data, not shown"))

    var markup: Markup {
        let strip = TokenCells(
            sample.ids, isTarget: sample.isTarget, gaps: sample.gaps.map(\.index), hidden: sample.hiddenTokens,
            tokens: tokens)
        var facts = [
            places.short("\(sample.place)"), Figures.count(sample.tokenCount, "token"),
            "\(Figures.count(sample.targetCount)) trained (\(Figures.percent(sample.targetCount, of: sample.tokenCount)))",
        ]
        if let label = sample.label { facts.append("label " + label) }
        if sample.isTruncated { facts.append("cut from \(Figures.count(sample.fullTokenCount))") }
        if strip.hiddenCount > 0 {
            facts.append(Figures.count(strip.hiddenCount, "piece") + " of personal data not shown")
        }
        let name = "row \(sample.index)" + (sample.part > 0 ? ", sequence \(sample.part + 1)" : "")
        return Markup(
            "article", ["class": "sample"],
            Markup("h3", [:], Markup(name), Markup("small", [:], facts.joined(separator: " · "))),
            Markup(
                "div", ["class": "tokens", "tabindex": "0", "role": "group", "aria-label": "tokens of " + name],
                runs(strip)))
    }

    /// Neighbours of one colour in one element; of many, those in the middle open.
    private func runs(_ strip: TokenCells) -> Markup {
        var output = Markup.empty
        var run: [TokenCell] = []
        func close() {
            if !run.isEmpty { output.append(Self.run(run)) }
            run = []
        }
        for (index, cell) in strip.cells.enumerated() {
            let gap = strip.gapIndices.firstIndex(of: index)
            if let first = run.first, first.isTarget != cell.isTarget || gap != nil { close() }
            if let gap { output.append(Self.gap(sample.gaps[gap])) }
            run.append(cell)
        }
        close()
        return output
    }

    private static func gap(_ gap: SampledSequence.Gap) -> Markup {
        Markup(
            "span", ["class": "gap"],
            "… \(Figures.count(gap.tokens)) tokens left out here, \(Figures.count(gap.targets)) of them trained …")
    }

    /// Cells that show of a long run at its beginning and at its end.
    private static let shownEnds = 120

    private static func run(_ cells: [TokenCell]) -> Markup {
        let isTarget = cells[0].isTarget
        func element(_ cells: ArraySlice<TokenCell>) -> Markup {
            let children = cells.map(markup)
            return isTarget
                ? Markup("mark", [:], children: children) : Markup("span", ["class": "context"], children: children)
        }
        guard cells.count > 3 * shownEnds else { return element(cells[...]) }
        let middle = cells.dropFirst(shownEnds).dropLast(shownEnds)
        let words = Figures.count(middle.reduce(0) { $0 + $1.ids.count }, "token")
        return element(cells.prefix(shownEnds))
            + Markup(
                "details", ["class": "fold"],
                Markup("summary", [:], isTarget ? "\(words) more that carry loss" : "\(words) more that are only read"),
                element(middle))
            + element(cells.suffix(shownEnds))
    }

    private static func markup(_ cell: TokenCell) -> Markup {
        let title = cell.ids.map { "\($0)" }.joined(separator: " + ")
        switch cell.kind {
        case .special: return Markup("i", ["class": "s", "title": title], Markup.visible(cell.text))
        case .bytes: return Markup("i", ["class": "x", "title": title], cell.text)
        case .hidden: return Markup("i", ["class": "h", "title": "personal data"], "▒▒▒")
        case .text:
            return Markup("i", ["class": cell.ids.count > 1 ? "j" : nil, "title": title], Markup.visible(cell.text))
        }
    }
}

extension Markup {
    /// A text whose white space shows: each space, tab and line end in an element that draws a sign over it.
    static func visible(_ text: String) -> Markup {
        var output = Markup.empty
        var plain = ""
        func flush() {
            if !plain.isEmpty { output.append(Markup(plain)) }
            plain = ""
        }
        for scalar in text.unicodeScalars {
            let kind: String
            switch scalar {
            case " ": kind = "w"
            case "\n": kind = "n"
            case "\t": kind = "t"
            case "\u{A0}", "\u{3000}": kind = "w"
            default:
                plain.unicodeScalars.append(scalar)
                continue
            }
            flush()
            output.append(Markup("u", ["class": kind], String(scalar)))
        }
        flush()
        return output
    }
}
