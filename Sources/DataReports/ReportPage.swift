// The page: one file that needs nothing else, whole sections in the order in which a person asks.

internal import Datasets
internal import Pages
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
        return PageFrame(
            kind: "Data report", title: name.isEmpty ? "data" : name, name: name + ": data report", tiles: tiles,
            first: warningBlock, sections: sections, footer: footer
        ).source
    }

    private var tiles: [Markup] {
        let read = preparation.trainRowsRead + preparation.heldOutRowsRead
        var tiles: [Markup] = []
        if read > 0 {
            tiles += [
                PageFrame.tile(
                    Figures.count(read), "rows read",
                    badRowCount > 0 ? Figures.count(badRowCount, "bad row") + " besides" : ""),
                PageFrame.tile(
                    Figures.count(preparation.trainRows), "rows to train on",
                    train.map { "as \($0.format.rawValue)" } ?? ""),
                PageFrame.tile(
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
                PageFrame.tile(
                    Figures.count(train.tokens), "tokens to train on", Figures.count(train.examples, "sequence")),
                PageFrame.tile(
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

    private var footer: [Markup] {
        [
            Markup("p", [:], "Made by lathe prepare. " + PersonalDataGaps.shown),
            key.map { Markup("p", [:], Markup("Digest of the prepared rows: "), Markup("code", [:], $0)) } ?? .empty,
        ]
    }
}
