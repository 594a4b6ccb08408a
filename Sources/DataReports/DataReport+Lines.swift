// The report on a terminal: few lines, aligned, the facts first.

internal import Datasets
internal import Pages
internal import Preparation
internal import Spelling

extension DataReport {
    /// The summary for a person, without a line break in any line.
    public var lines: [String] {
        var table = LineTable()
        table.add("rows", rowsLine)
        addFiles(to: &table)
        for (index, step) in preparation.steps.enumerated() {
            table.add(index == 0 ? "steps" : "", step.line(of: stepColumns))
        }
        if let split = preparation.split { table.add("split", split.line) }
        if let leakage = preparation.leakage { table.add("leakage", leakage.line) }
        addMasked(to: &table)
        addScripts(to: &table)
        for (name, report) in [("training", train), ("held out", heldOut)] {
            guard let report else { continue }
            table.add(name, report.tokenLine)
            table.add("", report.lengthLine)
        }
        if let train, !train.labels.isEmpty { table.add("labels", train.labelLine) }
        if let day = (train ?? heldOut)?.dayTold {
            table.add("date", "the chat template asks for today's and is told \(day): data.template_date")
        }
        return table.lines + notes.map { "note: " + $0.replacingLineBreaks }
            + warnings.map { "warning: " + $0.replacingLineBreaks }
    }

    private var rowsLine: String {
        let read = preparation.trainRowsRead + preparation.heldOutRowsRead
        let heldOut = preparation.heldOutRows
        return "\(Figures.count(read)) read → \(Figures.count(preparation.trainRows)) to train on"
            + (heldOut > 0 ? ", \(Figures.count(heldOut)) held out" : "")
            + (train.map { ", as \($0.format.rawValue)" } ?? "")
    }

    private func addFiles(to table: inout LineTable) {
        let files = (trainInput?.files ?? []) + (heldOutFiles?.files ?? [])
        guard !files.isEmpty else { return }
        let bytes = files.reduce(0) { $0 + $1.byteCount }
        let encodings = Set(files.compactMap { $0.encoding?.rawValue }).sorted()
        let bad = (trainInput?.badRows ?? 0) + (heldOutFiles?.badRows ?? 0)
        table.add(
            "files",
            [
                Figures.count(files.count, "file"), Figures.bytes(bytes), encodings.joined(separator: ", "),
                bad > 0 ? Figures.count(bad, "bad row") : "no bad rows",
            ].filter { !$0.isEmpty }.joined(separator: ", "))
    }

    /// Widths of the names and the counts of the steps.
    private var stepColumns: (name: Int, count: Int) {
        (
            preparation.steps.map(\.name.count).max() ?? 0,
            preparation.steps.map { max(Figures.count($0.rowsIn).count, Figures.count($0.rowsOut).count) }.max() ?? 0
        )
    }

    private func addMasked(to table: inout LineTable) {
        guard preparation.steps.contains(where: { $0.name == "mask" }) else { return }
        let masked = preparation.masked.map { "\($0.name) \(Figures.count($0.count))" }
        table.add("masked", masked.isEmpty ? "nothing" : masked.joined(separator: ", "))
        table.add("", PersonalDataGaps.line)
    }

    private func addScripts(to table: inout LineTable) {
        let letters = preparation.trainText.letters
        let total = letters.reduce(0) { $0 + $1.count }
        guard total > 0 else { return }
        table.add(
            "script",
            letters.prefix(4).map { "\($0.name) \(Figures.percent($0.count, of: total))" }.joined(separator: ", "))
    }
}

/// Names in a column, facts after them.
private struct LineTable {
    private(set) var lines: [String] = []

    mutating func add(_ name: String, _ text: String) {
        let padding = String(repeating: " ", count: max(1, 10 - name.count))
        lines.append((name + padding + text).replacingLineBreaks)
    }
}

extension String {
    /// What would break or steer a terminal's line, made visible.
    var replacingLineBreaks: String {
        guard unicodeScalars.contains(where: { $0.isUnprintable }) else { return self }
        var output = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            if scalar.isUnprintable {
                output.append(contentsOf: scalar.picture.unicodeScalars)
            } else {
                output.append(scalar)
            }
        }
        return String(output)
    }
}

extension StepReport {
    fileprivate func line(of columns: (name: Int, count: Int)) -> String {
        func left(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.count))
        }
        func right(_ value: Int) -> String {
            let text = Figures.count(value)
            return String(repeating: " ", count: max(0, columns.count - text.count)) + text
        }
        let facts = self.facts(classLimit: 6)
        return "\(index + 1) \(left(name, columns.name))  \(right(rowsIn)) → \(right(rowsOut))"
            + (facts.isEmpty ? "" : "  " + facts.joined(separator: ", "))
    }

    /// What the step did, a few words each; classes by name where there are few.
    func facts(classLimit: Int) -> [String] {
        var facts: [String] = []
        if rowsChanged > 0 { facts.append("\(Figures.count(rowsChanged)) changed") }
        if rowsAdded > 0 { facts.append("\(Figures.count(rowsAdded)) added") }
        facts += removed.map { "\(Figures.count($0.count)) out by \($0.name)" }
        if let list { facts.append("listed in \(list)") }
        if let duplicates {
            facts.append(
                Figures.count(duplicates.rows, "duplicate")
                    + (duplicates.acrossFiles > 0 ? ", \(Figures.count(duplicates.acrossFiles)) across files" : ""))
            if let search = duplicates.search { facts.append("Jaccard ≥ \(search.threshold)") }
        }
        facts += masked.map { "\($0.kind) \(Figures.count($0.count))" }
        if classes.count > classLimit {
            facts.append(
                "\(classes.count) classes, \(Self.range(classes.map(\.before))) → \(Self.range(classes.map(\.after))) rows each"
            )
        } else {
            facts += classes.map { "\($0.name) \(Figures.count($0.before)) → \(Figures.count($0.after))" }
        }
        return facts
    }

    /// "156 to 225".
    private static func range(_ counts: [Int]) -> String {
        let (least, most) = (counts.min() ?? 0, counts.max() ?? 0)
        return least == most ? Figures.count(least) : "\(Figures.count(least)) to \(Figures.count(most))"
    }
}

extension PreparationReport {
    /// Personal data taken out by all mask steps, by kind.
    var masked: [NamedCount] {
        var counts: [NamedCount] = []
        for entry in steps.flatMap(\.masked) {
            if let known = counts.firstIndex(where: { $0.name == entry.kind }) {
                counts[known].count += entry.count
            } else {
                counts.append(NamedCount(name: entry.kind, count: entry.count))
            }
        }
        return counts
    }
}

extension SplitReport {
    var line: String {
        "by \(by)" + (field.map { " of \($0)" } ?? "") + (stratifyBy.map { ", stratified by \($0)" } ?? "")
            + ": \(Figures.count(heldOut, "row")) of \(Figures.count(wanted)) wanted held out, in \(Figures.count(units, "unit"))"
    }
}

extension LeakageReport {
    /// The ways of leaking, strongest first.
    var kinds: [(name: String, count: LeakCount)] {
        [("exact", exact), ("normalised", normalised), ("near", near), ("same prompt", prompt), ("same group", group)]
    }

    var line: String {
        guard !isClean else {
            return "none: no held-out row of \(Figures.count(heldOutRows)) stands in the training rows"
        }
        let counts = kinds.filter { $0.count.heldOutRows > 0 }.map {
            "\($0.name) \(Figures.count($0.count.heldOutRows))"
        }
        return
            "\(Figures.count(rows)) of \(Figures.count(heldOutRows)) held-out rows (\(counts.joined(separator: ", ")))"
            + (droppedTrainRows > 0 ? ", \(Figures.count(droppedTrainRows)) training rows dropped" : "")
    }
}

extension DatasetReport {
    fileprivate var tokenLine: String {
        "\(Figures.count(examples, "sequence")), \(Figures.count(tokens, "token")), "
            + "\(Figures.percent(targetTokens, of: tokens)) of them carry loss (\(Figures.count(targetTokens)))"
    }

    fileprivate var lengthLine: String {
        var facts = [
            "median \(Figures.count(fullLengths.quantile(0.5)))", "95% ≤ \(Figures.count(fullLengths.quantile(0.95)))",
            "longest \(Figures.count(fullLengths.quantile(1)))",
        ]
        if let limit = maximumLength { facts.append("max_length \(Figures.count(limit))") }
        return Sparkline.text(fullLengths, limit: maximumLength) + "  " + facts.joined(separator: ", ")
    }

    fileprivate var labelLine: String {
        let sorted = labels.sorted { ($1.rows, $0.name) < ($0.rows, $1.name) }
        let shown = sorted.prefix(8).map { "\($0.name) \(Figures.percent($0.rows, of: rows))" }
        return shown.joined(separator: ", ") + (sorted.count > 8 ? ", and \(sorted.count - 8) more" : "")
    }
}

/// A histogram in one line of text.
enum Sparkline {
    private static let blocks = Array(" ▁▂▃▄▅▆▇█")
    private static let width = 24

    /// Sequences by length, in as many equal bins as there are characters, to the end of the histogram's axis.
    static func text(_ lengths: LengthCounts, limit: Int?) -> String {
        let bins = LengthBins(lengths, upTo: Histogram.end([lengths], limit: limit), count: width)
        let most = max(1, bins.counts.max() ?? 1)
        return String(
            bins.counts.map { count in
                count == 0 ? blocks[0] : blocks[max(1, Int((8 * Double(count) / Double(most)).rounded()))]
            })
    }
}
