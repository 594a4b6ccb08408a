// The report on a recipe's data: what was read, what the steps did, what is trained. One value from which the terminal's summary,
// `report.json` and `report.html` are made.

public import Datasets
public import JSON
public import Preparation
internal import Foundation

/// Everything that is known of the data of a recipe.
public struct DataReport: Codable, Sendable, Equatable {
    /// The recipe's name.
    public var name: String
    /// The digest that a prepared file is known by; `nil` where rows were exported, not tokenised.
    public var key: String?
    public var preparation: PreparationReport
    /// The sequences to train on; `nil` where rows were exported.
    public var train: DatasetReport?
    public var heldOut: DatasetReport?
    /// How files were read where nothing was tokenised; else it stands in `train` and `heldOut`.
    public var input: InputReport?
    public var heldOutInput: InputReport?

    /// Whatever quotes rows is covered here, however it came about: nothing that is made of a report shows personal data.
    ///
    /// - Parameters:
    ///   - tokens: the texts of tokens, so that samples are covered too.
    ///   - cover: knows what was masked in the rows.
    public init(
        name: String, key: String? = nil, preparation: PreparationReport, train: DatasetReport? = nil,
        heldOut: DatasetReport? = nil, input: InputReport? = nil, heldOutInput: InputReport? = nil,
        tokens: TokenTexts? = nil, cover: PersonalDataCover = PersonalDataCover()
    ) {
        self.name = name
        self.key = key
        self.preparation = preparation
        self.train = train
        self.heldOut = heldOut
        self.input = input
        self.heldOutInput = heldOutInput
        hide(tokens, cover)
    }

    /// How the training files were read.
    public var trainInput: InputReport? { train?.input ?? input }
    /// How the files of held-out rows were read; `nil` where there are none.
    public var heldOutFiles: InputReport? { heldOut?.input ?? heldOutInput }

    // MARK: Stored form

    /// The report as JSON text, from which `init(stored:)` makes the same report again.
    public func storedText() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// A report as `storedText` wrote it.
    public init(stored text: String) throws {
        self = try JSONDecoder().decode(DataReport.self, from: Data(text.utf8))
    }

    // MARK: For programs

    /// What `report.json` holds and `--json` prints.
    public var json: JSONValue {
        var members: [JSONObject.Member] = [("name", .string(name))]
        if let key { members.append(("key", .string(key))) }
        members += [
            ("preparation", preparation.json), ("train", train.map(Self.json) ?? .null),
            ("held_out", heldOut.map(Self.json) ?? .null),
        ]
        if let input { members.append(("input", input.json)) }
        if let heldOutInput { members.append(("held_out_input", heldOutInput.json)) }
        members += [
            ("overlapping_rows", .integer(preparation.leakage?.normalised.heldOutRows ?? 0)),
            ("overlapping_prompts", .integer(preparation.leakage?.prompt.heldOutRows ?? 0)),
            ("warnings", .array(warnings.map { .string($0) })),
        ]
        return .object(JSONObject(members))
    }

    /// One side: its counts, and what the page draws of it. Labels are covered by now, and of samples only the places are told.
    private static func json(_ report: DatasetReport) -> JSONValue {
        var side = report.json.object ?? JSONObject()
        side["max_length"] = report.maximumLength.map { .integer($0) } ?? .null
        side["full_lengths"] = [
            "median": .integer(report.fullLengths.quantile(0.5)), "p95": .integer(report.fullLengths.quantile(0.95)),
            "longest": .integer(report.fullLengths.quantile(1)), "bins": .array(bins(report)),
        ]
        side["labels"] = .array(
            report.labels.map { ["name": .string($0.name), "rows": .integer($0.rows)] })
        side["rows_of_other_labels"] = .integer(report.rowsOfOtherLabels)
        side["samples"] = .array(
            report.samples.sequences.map {
                [
                    "row": .integer($0.index), "sequence": .integer($0.part), "place": .string("\($0.place)"),
                    "tokens": .integer($0.tokenCount), "supervised_tokens": .integer($0.targetCount),
                    "full_tokens": .integer($0.fullTokenCount),
                ]
            })
        return .object(side)
    }

    private static func bins(_ report: DatasetReport) -> [JSONValue] {
        let end = report.fullLengths.quantile(1)
        let bins = LengthBins(
            report.fullLengths, upTo: end, width: LengthBins.width(upTo: end, limit: report.maximumLength))
        return bins.counts.enumerated().filter { $0.element > 0 }.map { index, count in
            ["at_most": .integer((index + 1) * bins.width), "sequences": .integer(count)]
        }
    }
}
