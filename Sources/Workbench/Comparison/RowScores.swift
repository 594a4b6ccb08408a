// scores.jsonl: what each held-out row adds to a run's metrics, so that runs can be held against each other row by row.

internal import Datasets
internal import Digests
internal import Evaluation
internal import Files
internal import Foundation
internal import JSON
internal import Recipes

/// The scores of a run on its held-out rows: those metrics that are means over rows or tokens.
struct RowScores {
    static let fileName = "scores.jsonl"

    /// One metric of base and adapter.
    struct Metric {
        let name: String
        let higherIsBetter: Bool
        /// By the place of the row among `rows`.
        var base: [Int: RowRatio] = [:]
        var adapter: [Int: RowRatio] = [:]
    }

    /// What was learnt and scored: losses of different things are not compared.
    let scoredBy: String
    /// Of each held-out row a digest of its fields, in their order.
    private(set) var rows: [String] = []
    private(set) var metrics: [Metric] = []
    /// Metrics that are no such means, by name.
    private(set) var others: [String] = []

    init(_ set: EvaluatedSet, of recipe: Recipe) throws {
        let settings = recipe.decidingKeys.filter { ObjectiveKind.settingPaths.contains($0.path) }
        scoredBy =
            ([recipe.task.rawValue, recipe.train.objective.rawValue] + settings.map { "\($0.path): \($0.text)" })
            .joined(separator: " ")
        let list = set.heldOut.rows.rows
        rows = try (0..<list.count).map { try SHA256.hex(of: JSONValue.object(list.fields($0)).text()) }
        let adapters = set.adapter?.all ?? []
        for (index, base) in set.base.all.enumerated() {
            guard let terms = base.ratios else {
                others.append(base.name)
                continue
            }
            var metric = Metric(name: base.name, higherIsBetter: base.higherIsBetter)
            metric.base = Self.byNumber(terms)
            metric.adapter = Self.byNumber(index < adapters.count ? adapters[index].ratios ?? [] : [])
            metrics.append(metric)
        }
    }

    private static func byNumber(_ terms: [RowRatio]) -> [Int: RowRatio] {
        Dictionary(uniqueKeysWithValues: terms.map { ($0.number, $0) })
    }

    // MARK: As a file

    /// A line that says what the numbers are, then one a row.
    var text: String {
        let head: JSONValue = [
            "scored_by": .string(scoredBy),
            "metrics": .array(
                metrics.map { ["name": .string($0.name), "higher_is_better": .bool($0.higherIsBetter)] }),
            "others": .array(others.map { .string($0) }),
        ]
        let lines = rows.indices.map { row -> JSONValue in
            .object(
                JSONObject(
                    [("row", .string(rows[row]))]
                        + metrics.map { metric in
                            (metric.name, .array([Self.json(metric.base[row]), Self.json(metric.adapter[row])]))
                        }))
        }
        return ([head] + lines).map { $0.text() + "\n" }.joined()
    }

    /// Sum and weight; nothing where the metric has no such row, or no number for it.
    private static func json(_ term: RowRatio?) -> JSONValue {
        guard let term, term.sum.isFinite else { return .null }
        return [.double(term.sum), .double(term.weight)]
    }

    /// Reads the file at `url`; nil where there is none.
    ///
    /// - Throws: `Failure` where it is damaged.
    init?(_ url: URL) throws {
        guard let bytes = try WholeFile.bytes(ifThere: url) else { return nil }
        func damage(_ line: Int) -> Failure {
            Failure(
                .badInput, "\(path: url.path):\(line): this is no line of row scores", hint: "run its recipe again",
                namedFile: url.path)
        }
        let lines = bytes.split(separator: UInt8(ascii: "\n")).map { [UInt8]($0) }
        guard let first = lines.first, let head = try? JSONValue(parsing: first),
            let scoredBy = head["scored_by"]?.string, let named = head["metrics"]?.array
        else { throw damage(1) }
        self.scoredBy = scoredBy
        others = (head["others"]?.array ?? []).compactMap(\.string)
        metrics = try named.map { metric in
            guard let name = metric["name"]?.string, let isHigher = metric["higher_is_better"]?.bool else {
                throw damage(1)
            }
            return Metric(name: name, higherIsBetter: isHigher)
        }
        for (place, line) in lines.dropFirst().enumerated() {
            guard let json = try? JSONValue(parsing: line), let row = json["row"]?.string else {
                throw damage(place + 2)
            }
            rows.append(row)
            for index in metrics.indices {
                guard let sides = json[metrics[index].name]?.array, sides.count == 2 else { throw damage(place + 2) }
                metrics[index].base[place] = Self.term(sides[0], place)
                metrics[index].adapter[place] = Self.term(sides[1], place)
            }
        }
    }

    private static func term(_ json: JSONValue, _ number: Int) -> RowRatio? {
        guard let sum = json.array?.first?.double, let weight = json.array?.last?.double else { return nil }
        return RowRatio(number: number, sum: sum, weight: weight)
    }
}
