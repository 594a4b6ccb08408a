// The spans that a head found in held-out rows, beside those that are there.

internal import Adapters
internal import Datasets
internal import Evaluation
internal import JSON
internal import Objectives

/// What one side found in rows whose spans are known.
struct SpanPredictions {
    /// Which held-out rows they are of, ascending.
    let numbers: [Int]
    /// Of each row what was found.
    let found: [[FoundSpan]]
    private let scores: SpanScores

    /// - Parameters:
    ///   - rows: that the numbers stand for.
    ///   - answers: of each row, as `TagAnswer` keeps them.
    ///   - words: what the head read of a row, in order.
    init(
        _ head: SavedHead, numbers: [Int], rows: [DataRow], answers: [[Double]], words: (DataRow) throws -> [Range<Int>]
    ) throws {
        let scheme = try head.scheme()
        self.numbers = numbers
        var truth: [[TagSpan]] = [], found: [[FoundSpan]] = []
        for (row, numbers) in zip(rows, answers) {
            if case .spans(let tagged) = row.answer { truth.append(tagged.spans) } else { truth.append([]) }
            found.append(
                try FoundSpan.spans(TagAnswer.answers(numbers), words: words(row), scheme, labels: head.labels))
        }
        self.found = found
        scores = SpanScores(
            truth: truth, predicted: found.map { $0.map(\.span) }, types: scheme.types(of: head.labels))
    }

    /// By type.
    var table: ClassTable { scores.table }

    var metrics: [RowMetric] { [ClassAverage.micro, .macro].map { scores.f1($0).numbered(numbers) } }
}

/// How base and, where there is one, adapter find spans.
struct SpanReport {
    private let sides: [(name: String, table: ClassTable)]

    init(base: SpanPredictions, adapter: SpanPredictions?) {
        sides = [("base", base.table)] + (adapter.map { [("adapter", $0.table)] } ?? [])
    }

    var json: JSONValue {
        var object = JSONObject([("labels", .array(sides[0].table.names.map { .string($0) }))])
        for (name, table) in sides { object[name] = .object(LabelTable.json(table)) }
        return .object(object)
    }

    var lines: [String] {
        ["spans by type; one is found where start, end and type are right"] + LabelTable(sides).lines
    }
}
