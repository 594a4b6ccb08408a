// The sections about rows: their way through the steps, their files, the bad ones, duplicates, leaks, personal data.

internal import Datasets
internal import Pages
internal import Preparation

extension DataReport {
    // MARK: Flow

    var flowSection: PageSection {
        let read = preparation.trainRowsRead + preparation.heldOutRowsRead
        guard read > 0 else {
            return PageSection(
                "steps", "Rows through the steps", nothing: "No steps: rows are taken as they are.")
        }
        let most = max(read, preparation.steps.map { max($0.rowsIn, $0.rowsOut) }.max() ?? 0)
        var stages = [
            FlowStage(
                name: "read", detail: "", before: nil, after: read, added: 0, facts: [], more: .empty)
        ]
        stages += preparation.steps.map { step in
            FlowStage(
                name: "\(step.index + 1). \(step.name)", detail: ShortSettings.text(step.settings), before: step.rowsIn,
                after: step.rowsOut,
                added: step.rowsAdded, facts: step.facts(classLimit: 0), more: removed(step))
        }
        let result = preparation.trainRows + preparation.heldOutRows
        if let leakage = preparation.leakage, leakage.droppedTrainRows > 0 {
            stages.append(
                FlowStage(
                    name: "leakage", detail: "leakage: \(leakage.rule)", before: result + leakage.droppedTrainRows,
                    after: result,
                    added: 0, facts: ["\(Figures.count(leakage.droppedTrainRows)) out: they give held-out rows away"],
                    more: .empty))
        }
        stages.append(
            FlowStage(
                name: "result", detail: "", before: nil, after: result, added: 0, heldOut: preparation.heldOutRows,
                facts: [
                    Figures.count(preparation.trainRows) + " to train on",
                    Figures.count(preparation.heldOutRows) + " held out",
                ]
                    + [preparation.split?.line].compactMap { $0 }, more: .empty))
        if let tokenised { stages.append(tokenised) }
        return PageSection(
            "steps", "Rows through the steps", fact: "\(Figures.count(read)) → \(Figures.count(result))",
            [
                Markup("ol", ["class": "flow"], children: stages.map { $0.markup(whole: most) }),
                Markup(
                    "p", ["class": "legend"], Markup("span", ["class": "swatch kept"]), Markup(" goes on "),
                    Markup("span", ["class": "swatch held"]), Markup(" held out "),
                    Markup("span", ["class": "swatch cut"]), Markup(" left out "),
                    Markup("span", ["class": "swatch added"]),
                    Markup(" added")),
            ])
    }

    /// Rows becoming tokens, where they do.
    private var tokenised: FlowStage? {
        let sides = [train, heldOut].compactMap { $0 }
        guard !sides.isEmpty else { return nil }
        func sum(_ value: (DatasetReport) -> Int) -> Int { sides.reduce(0) { $0 + value($1) } }
        let (dropped, withoutTarget) = (sum(\.droppedRows), sum(\.rowsWithoutTarget))
        var facts = [Figures.count(sum(\.examples), "sequence"), Figures.count(sum(\.tokens), "token")]
        if dropped > 0 { facts.append("\(Figures.count(dropped)) out: too long") }
        if withoutTarget > 0 { facts.append("\(Figures.count(withoutTarget)) out: no token that carries loss") }
        if sum(\.truncatedRows) > 0 { facts.append("\(Figures.count(sum(\.truncatedRows))) cut at max_length") }
        let rows = sum(\.rows)
        return FlowStage(
            name: "tokens", detail: "", before: rows, after: rows - dropped - withoutTarget, added: 0, facts: facts,
            more: .empty)
    }

    private func removed(_ step: StepReport) -> Markup {
        guard step.examples.contains(where: { !$0.text.isEmpty }) else { return .empty }
        let items = step.examples.filter { !$0.text.isEmpty }.map { example in
            Markup(
                "li", [:], Markup("code", ["title": example.place], places.short(example.place)), Markup(" out by "),
                Markup("strong", [:], example.reason),
                Markup("p", ["class": "text", "dir": "auto"], example.text))
        }
        return Markup(
            "details", [:], Markup("summary", [:], "Rows left out: examples"),
            Markup("ul", ["class": "examples"], children: items))
    }

    // MARK: Files

    var filesSection: PageSection {
        let files = (trainInput?.files ?? []) + (heldOutFiles?.files ?? [])
        guard !files.isEmpty else { return PageSection("files", "Files", nothing: "No files were read.") }
        let rows = files.map { file in
            [
                file.path, Figures.count(file.rows), Figures.count(file.badRows), Figures.bytes(file.byteCount),
                file.encoding?.rawValue ?? "binary",
            ]
        }
        return PageSection(
            "files", "Files",
            fact: Figures.count(files.count, "file") + ", " + Figures.bytes(files.reduce(0) { $0 + $1.byteCount }),
            [FactTable(headings: ["File", "Rows", "Bad rows", "Size", "Encoding"], rows: rows).markup])
    }

    // MARK: Bad rows

    var badRowsSection: PageSection {
        let inputs = [("training", trainInput), ("held-out", heldOutFiles)].compactMap { name, input in
            input.flatMap { $0.badRows > 0 ? (name: name, input: $0) : nil }
        }
        guard !inputs.isEmpty else {
            return PageSection(
                "bad-rows", "Bad rows", nothing: "Every row could be read and understood.")
        }
        var content: [Markup] = []
        for (name, input) in inputs {
            let kinds = input.badRowKinds.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
            content.append(Markup("h3", [:], name + " files"))
            content.append(
                BarTable(
                    headings: ["Kind", "", "Rows"],
                    rows: kinds.map {
                        BarTable.Row(
                            name: $0.key.words, parts: [("cut", $0.value)], figures: [Figures.count($0.value)])
                    }, whole: input.badRows
                ).markup)
            content.append(
                Markup(
                    "details", ["open": "open"],
                    Markup("summary", [:], "The first \(Figures.count(input.samples.count))"),
                    FactTable(
                        headings: ["Place", "Kind", "What is wrong"],
                        rows: input.samples.map { [places.short("\($0.place)"), $0.kind.words, $0.message] },
                        firstNumber: 3
                    ).markup))
        }
        return PageSection(
            "bad-rows", "Bad rows", fact: Figures.count(inputs.reduce(0) { $0 + $1.input.badRows }), content)
    }

    // MARK: Duplicates and leaks

    var duplicatesSection: PageSection {
        let steps = preparation.steps.compactMap { step in step.duplicates.map { (step: step, found: $0) } }
        guard !steps.isEmpty else {
            return PageSection(
                "duplicates", "Duplicates", nothing: "Not looked for: the recipe has no deduplicate step.")
        }
        var content: [Markup] = []
        for (step, found) in steps {
            content.append(Markup("h3", [:], "Step \(step.index + 1), \(step.name)"))
            var facts = [
                Figures.count(found.rows, "row") + " left out because an earlier one says the same",
                "\(Figures.count(found.acrossFiles)) across files",
            ]
            if let search = found.search { facts.append(search.line) }
            content.append(Markup("p", [:], facts.joined(separator: "; ") + "."))
            content += found.examples.map { TextPair(pair: $0, names: ("kept", "left out"), places: places).markup }
        }
        return PageSection(
            "duplicates", "Duplicates", fact: Figures.count(steps.reduce(0) { $0 + $1.found.rows }), content)
    }

    var leakageSection: PageSection {
        guard let leakage = preparation.leakage else {
            return PageSection("leakage", "Leakage", nothing: "Nothing is held out, so nothing can leak.")
        }
        let table = FactTable(
            headings: ["Held-out rows that training rows give away", "Held-out rows", "Training rows", "Texts"],
            rows: leakage.kinds.map {
                [
                    $0.name, Figures.count($0.count.heldOutRows), Figures.count($0.count.trainRows),
                    Figures.count($0.count.texts),
                ]
            })
        var content = [table.markup]
        if leakage.droppedTrainRows > 0 {
            content.append(
                Markup(
                    "p", [:],
                    "\(Figures.count(leakage.droppedTrainRows, "training row")) left out, as leakage: drop asks."))
        }
        if let search = leakage.search { content.append(Markup("p", ["class": "calm"], search.line + ".")) }
        for (name, count) in leakage.kinds where !count.examples.isEmpty {
            content.append(Markup("h3", [:], name))
            content += count.examples.map { TextPair(pair: $0, names: ("training", "held out"), places: places).markup }
        }
        return PageSection(
            "leakage", "Leakage",
            fact: leakage.isClean
                ? "none" : "\(Figures.count(leakage.rows)) of \(Figures.count(leakage.heldOutRows)) held-out rows",
            content)
    }

    // MARK: Personal data

    var maskedSection: PageSection {
        let steps = preparation.steps.filter { $0.name == "mask" }
        guard !steps.isEmpty else {
            return PageSection(
                "personal-data", "Personal data",
                nothing:
                    "Not looked for: the recipe has no mask step. Examples on this page are shown without what it would find."
            )
        }
        let total = preparation.masked.reduce(0) { $0 + $1.count }
        guard total > 0 else {
            return PageSection(
                "personal-data", "Personal data", nothing: "The mask step found none. " + PersonalDataGaps.line + ".")
        }
        let most = preparation.masked.map(\.count).max() ?? 0
        let rows = steps.flatMap { step in
            step.masked.map { entry in
                BarTable.Row(
                    name: entry.kind, parts: [("kept", entry.count)],
                    figures: [Figures.count(entry.count), Figures.count(entry.rows)],
                    note: entry.places.prefix(3).map { places.short($0) }.joined(separator: ", "))
            }
        }
        return PageSection(
            "personal-data", "Personal data", fact: Figures.count(total) + " masked",
            [
                Markup("p", [:], "Replaced in the rows; the values stand nowhere. " + PersonalDataGaps.line + "."),
                BarTable(headings: ["Kind", "", "Found", "Rows", "First at"], rows: rows, whole: most).markup,
            ])
    }
}

extension NearSearchReport {
    /// How near-duplicates were looked for.
    var line: String {
        "near means a Jaccard similarity of \(threshold) or more, found by \(bands) bands of \(rowsPerBand) hashes "
            + "(recall \(Figures.decimal(recallAtThreshold, places: 2)) at the threshold)"
            + (passedOver > 0 ? "; \(Figures.count(passedOver)) pairs in crowded bands were not looked at" : "")
    }
}

/// One stage of rows on their way.
struct FlowStage {
    var name: String
    var detail: String
    /// Rows in, where rows can get lost or more here.
    var before: Int?
    var after: Int
    var added: Int
    /// Of those that go on, the ones that are kept to judge by.
    var heldOut = 0
    var facts: [String]
    var more: Markup

    func markup(whole: Int) -> Markup {
        let kept = after - min(added, after)
        let lost = max(0, (before ?? after) - kept)
        let parts: [(kind: String, count: Int)] = [
            ("kept", kept - heldOut), ("held", heldOut), ("added", after - kept), ("cut", lost),
        ]
        let counts = before.map { "\(Figures.count($0)) → \(Figures.count(after))" } ?? Figures.count(after)
        return Markup(
            "li", [:],
            Markup("div", ["class": "stage"], Markup("h3", [:], name), Markup("span", ["class": "number"], counts)),
            SVG.share(parts, of: whole),
            facts.isEmpty ? .empty : Markup("p", ["class": "facts", "dir": "auto"], facts.joined(separator: " · ")),
            detail.isEmpty ? .empty : Markup("p", ["class": "settings"], Markup("code", [:], detail)), more)
    }
}
