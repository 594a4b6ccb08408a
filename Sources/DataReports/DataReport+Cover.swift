// Everything in a report that quotes rows, covered. The one place where that happens: what is added to a report and quotes rows is
// added here too.

internal import Datasets
internal import Preparation

extension DataReport {
    /// Takes personal data out of messages about bad rows, names of classes and labels, and examples; says which tokens of samples
    /// are not shown.
    mutating func hide(_ tokens: TokenTexts?, _ cover: PersonalDataCover) {
        for index in preparation.steps.indices { cover.cover(&preparation.steps[index]) }
        let stratum = preparation.split?.stratifyBy
        preparation.split?.strata.cover(cover, under: stratum)
        if var leakage = preparation.leakage {
            for count in [\LeakageReport.exact, \.normalised, \.near, \.prompt, \.group] {
                cover.cover(&leakage[keyPath: count].examples)
            }
            preparation.leakage = leakage
        }
        cover.cover(&train, tokens)
        cover.cover(&heldOut, tokens)
        cover.cover(&input)
        cover.cover(&heldOutInput)
    }
}

extension PersonalDataCover {
    fileprivate func cover(_ step: inout StepReport) {
        let field = ShortSettings.value(of: "by", in: step.settings)
        step.classes.cover(self, under: field)
        for index in step.examples.indices { step.examples[index].text = text(step.examples[index].text) }
        if var pairs = step.duplicates?.examples {
            cover(&pairs)
            step.duplicates?.examples = pairs
        }
    }

    fileprivate func cover(_ pairs: inout [PairExample]) {
        for index in pairs.indices {
            pairs[index].firstText = text(pairs[index].firstText)
            pairs[index].secondText = text(pairs[index].secondText)
        }
    }

    fileprivate func cover(_ report: inout DatasetReport?, _ tokens: TokenTexts?) {
        guard var covered = report else { return }
        for index in covered.labels.indices {
            covered.labels[index].name = text(covered.labels[index].name, under: "label")
        }
        covered.samples.forEachSequence { sample in
            sample.label = sample.label.map { text($0, under: "label") }
            guard let tokens else { return }
            let strip = TokenCells(
                sample.ids, isTarget: sample.isTarget, gaps: sample.gaps.map(\.index), tokens: tokens, cover: self)
            sample.hiddenTokens = strip.hiddenTokens
        }
        cover(&covered.input)
        report = covered
    }

    fileprivate func cover(_ input: inout InputReport?) {
        guard var covered = input else { return }
        for index in covered.samples.indices {
            covered.samples[index].message = text(covered.samples[index].message)
            covered.samples[index].hint = covered.samples[index].hint.map { text($0) }
        }
        input = covered
    }
}

extension [ClassCount] {
    /// - Parameter field: the field whose values the classes are; its name can say what a bare number is.
    fileprivate mutating func cover(_ cover: PersonalDataCover, under field: String?) {
        for index in indices { self[index].name = cover.text(self[index].name, under: field ?? "") }
    }
}
