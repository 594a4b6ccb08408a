// Everything in a report that quotes rows, covered. The one place where that happens: what is added to a report and quotes rows is
// added here too.

internal import Datasets
internal import Preparation

extension DataReport {
    /// Takes personal data out of messages about bad rows, names of classes and labels, and examples; says which tokens of samples
    /// are not shown.
    mutating func hide(_ tokens: TokenTexts?, _ cover: PersonalDataCover) {
        for index in preparation.steps.indices { cover.cover(&preparation.steps[index]) }
        preparation.split?.strata.cover(cover)
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
        step.classes.cover(self)
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
                sample.ids, isTarget: sample.isTarget, gap: sample.gapIndex, tokens: tokens, cover: self)
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
    fileprivate mutating func cover(_ cover: PersonalDataCover) {
        for index in indices { self[index].name = cover.text(self[index].name) }
    }
}
