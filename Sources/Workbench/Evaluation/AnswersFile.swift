// Rows with what base and adapter made of them, beside each other: those first on which most changed.

internal import Datasets
internal import Evaluation
internal import Files
internal import Foundation
internal import JSON
internal import Recipes

/// Held-out rows as JSON Lines.
struct AnswersFile {
    static let name = "answers.jsonl"

    /// A row, and by what it is sorted.
    private struct Line {
        let json: JSONValue
        /// How much the first of the row's metrics changed, then how much its loss did.
        let change: (metric: Double, loss: Double)
        let place: Int
    }

    private let lines: [Line]
    /// Whether a row has an answer, a label, a number or spans, and not only a loss.
    let hasAnswers: Bool

    /// The rows of all sets but the general one.
    init(_ sets: [EvaluatedSet], of session: Session) throws {
        let sets = sets.filter { !$0.heldOut.isGeneral }
        hasAnswers = sets.contains { $0.base.hasAnswers }
        var lines: [Line] = []
        for set in sets {
            // Rewards are told where they are learnt from, though nobody asked for them.
            let metrics = session.recipe.evaluate.metrics, rows = set.heldOut.rows.rows
            let asked = metrics + session.recipe.metricsOfAnswers.filter { !metrics.contains($0) }
            let sides =
                try [("base", Side(set.base, rows, asked))]
                + (set.adapter.map { [("adapter", try Side($0, rows, asked))] } ?? [])
            for number in set.base.scores.numbers {
                lines.append(try Self.line(number, of: set, sides, session, place: lines.count))
            }
        }
        self.lines = lines.sorted {
            ($1.change.metric, $1.change.loss, $0.place) < ($0.change.metric, $0.change.loss, $1.place)
        }
    }

    var text: String { lines.map { $0.json.text() + "\n" }.joined() }

    /// What one side made of each row.
    private struct Side {
        let losses: RowMetric
        let answers: [Int: String]
        let labels: [Int: (label: String?, probability: Double)]
        /// What the head of a task said where that is no single label.
        let said: [Int: JSONObject.Member]
        /// Those metrics that say something of a single row: of answers first, in the order in which they were asked for.
        let metrics: [RowMetric]

        init(_ side: MeasuredSide, _ rows: any RowList, _ asked: [EvaluationMetric]) throws {
            losses = .loss(side.scores)
            answers = Dictionary(
                uniqueKeysWithValues: side.answers.map { zip($0.numbers, $0.answers).map { ($0, $1) } } ?? [])
            let found = side.labels
            labels = Dictionary(
                uniqueKeysWithValues: found.map { found in
                    found.numbers.indices.map { row in
                        (found.numbers[row], (found.predicted[row].map { found.names[$0] }, found.confidences[row]))
                    }
                } ?? [])
            let sets = side.labelSets.map { sets in
                zip(sets.numbers, sets.said).map { ($0, ("labels", JSONValue.array($1.map { .string($0) }))) }
            }
            let values = side.values.map { values in
                zip(values.numbers, values.predictions).map { ($0, ("value", Self.number($1))) }
            }
            let spans = try side.spans.map { spans in
                try zip(spans.numbers, spans.found).map { number, found in
                    let text = try rows.row(number).scalars
                    return (number, ("spans", JSONValue.array(found.map { $0.json(in: text) })))
                }
            }
            said = Dictionary(uniqueKeysWithValues: sets ?? values ?? spans ?? [])
            let ofHead =
                side.labelSets != nil
                ? ["exact_match"] : side.values != nil ? ["mae"] : side.spans != nil ? ["span_f1"] : []
            let ofAnswers = asked.filter(\.isOfAnswers).map(\.rawValue)
            let others = (["accuracy"] + ofHead).filter { !ofAnswers.contains($0) }
            metrics = (ofAnswers + others).compactMap { name in
                side.metrics.first { $0.name == name }
            }
        }

        func json(_ number: Int) -> JSONValue {
            var members: [JSONObject.Member] = [("loss", Self.number(losses.value(ofRow: number)))]
            if let answer = answers[number] { members.append(("text", .string(answer))) }
            if let (label, probability) = labels[number] {
                members.append(("label", label.map { .string($0) } ?? .null))
                members.append(("probability", .double(probability)))
            }
            if let said = said[number] { members.append(said) }
            for metric in metrics {
                if let value = metric.value(ofRow: number) { members.append((metric.name, .double(value))) }
            }
            return .object(JSONObject(members))
        }

        private static func number(_ value: Double?) -> JSONValue {
            value.flatMap { $0.isFinite ? .double($0) : nil } ?? .null
        }
    }

    private static func line(
        _ number: Int, of set: EvaluatedSet, _ sides: [(name: String, side: Side)], _ session: Session, place: Int
    ) throws -> Line {
        let row = try set.heldOut.rows.rows.row(number)
        var members: [JSONObject.Member] = set.heldOut.name.map { [("set", .string($0))] } ?? []
        members += [("index", .integer(row.index)), ("place", .string("\(row.place)"))]
        if let (prompt, reference) = try set.heldOut.tasks.prompt(row) {
            let text = try session.base().tokenizer.decode(prompt, skipSpecialTokens: true)
            members += [("prompt", .string(text)), ("reference", .string(reference))]
        } else {
            // What a head reads.
            members.append(("prompt", .string(row.promptText)))
        }
        if let label = row.label {
            members.append(("label", .string(label)))
        } else {
            members += row.answer.map { [$0.member(of: row)] } ?? []
        }
        members += sides.map { ($0.name, $0.side.json(number)) }
        guard sides.count == 2 else {
            return Line(json: .object(JSONObject(members)), change: (0, 0), place: place)
        }
        func change(_ metric: (Side) -> RowMetric?) -> Double? {
            guard let before = metric(sides[0].side)?.value(ofRow: number),
                let after = metric(sides[1].side)?.value(ofRow: number)
            else { return nil }
            return after - before
        }
        let loss = change(\.losses)
        let first = sides[0].side.metrics.first { $0.value(ofRow: number) != nil }?.name
        let metric = first.flatMap { name in change { $0.metrics.first { $0.name == name } } }
        members.append(
            (
                "change",
                .object(
                    JSONObject(
                        (first.flatMap { name in metric.map { [(name, .double($0))] } } ?? [])
                            + [("loss", loss.map { .double($0) } ?? .null)]))
            ))
        func size(_ value: Double?) -> Double { value.map(abs).flatMap { $0.isFinite ? $0 : nil } ?? 0 }
        return Line(
            json: .object(JSONObject(members)), change: (size(metric ?? loss), size(loss)), place: place)
    }
}

extension MeasuredSide {
    /// Whether there is more of a row than its loss.
    fileprivate var hasAnswers: Bool {
        answers != nil || labels != nil || labelSets != nil || values != nil || spans != nil
    }
}

extension RowAnswer {
    /// What was wanted of a row, as `Side` tells what was said of it.
    fileprivate func member(of row: DataRow) -> JSONObject.Member {
        switch self {
        case .classes(let names): ("labels", .array(names.map { .string($0) }))
        case .number(let value): ("value", .double(value))
        case .texts(let group): ("texts", .array(group.others.map { .string($0) }))
        case .spans(let tagged):
            ("spans", .array(tagged.spans.map { .object(JSONObject($0.members(in: row.scalars))) }))
        }
    }
}

/// Where rows with their answers go.
struct AnswersPlace {
    private let files: OwnedFiles
    private let name: String
    /// A place that a person named; nil in a run's own directory.
    private let named: URL?

    /// In the directory of a run, where rows have answers, labels or numbers.
    init(_ run: RunDirectory) {
        files = run.files
        name = AnswersFile.name
        named = nil
    }

    /// A file of its own, written whatever the rows have.
    init(file url: URL) {
        files = OwnedFiles(besideFile: url, .predictions)
        name = url.lastPathComponent
        named = url
    }

    /// Throws unless the file may be written.
    func require(_ session: Session) throws {
        guard let named else { return try files.require(name) }
        guard [".jsonl", ".ndjson"].contains(where: named.path.lowercased().hasSuffix) else {
            throw Failure(
                .usage, "--out \(path: named.path): rows with their answers are JSON Lines",
                hint: "name it \(path: named.lastPathComponent).jsonl, say")
        }
        try OutputPlaces(session.resolved, adapters: session.adapterPaths)
            .require([.init(key: "--out", url: named, form: .file(.predictions))])
    }

    /// The path of what was written; nil where a run's rows have neither answers, labels nor numbers, so that what an earlier
    /// evaluation left there is taken away.
    func write(_ rows: AnswersFile) throws -> String? {
        let url = files.folder.appendingPathComponent(name)
        guard named != nil || rows.hasAnswers else {
            if try FileForm(at: url) != nil { try files.remove(name) }
            return nil
        }
        if named != nil {
            try Folder.make(files.folder)
            try files.removeAbandoned(name)
        }
        try files.write(Array(rows.text.utf8), to: name)
        return url.path
    }
}
