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
            ("preparation", preparation.json), ("train", train?.json ?? .null), ("held_out", heldOut?.json ?? .null),
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
}
