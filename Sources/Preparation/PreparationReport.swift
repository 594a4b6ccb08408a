// What preparation did, in numbers and examples. No value that could be personal data is in it: examples are masked first.

public import JSON
internal import Foundation

/// Everything that preparation did to the rows of a recipe.
public struct PreparationReport: Codable, Sendable, Equatable {
    /// Rows read from the training files.
    public var trainRowsRead = 0
    /// Rows read from files of held-out rows.
    public var heldOutRowsRead = 0
    /// One entry a step, in the recipe's order.
    public var steps: [StepReport] = []
    /// `nil` where nothing was held out of the training files.
    public var split: SplitReport?
    /// `nil` where there are no held-out rows.
    public var leakage: LeakageReport?
    /// Training rows at the end.
    public var trainRows = 0
    /// Held-out rows at the end.
    public var heldOutRows = 0
    /// What the training rows are written in at the end.
    public var trainText = SideText()
    public var heldOutText = SideText()

    public init() {}

    /// With keys in snake case, sorted.
    public var json: JSONValue {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys]
        guard let data = try? encoder.encode(self) else { return .null }
        return (try? JSONValue(parsing: [UInt8](data))) ?? .null
    }
}

/// What one step did.
public struct StepReport: Codable, Sendable, Equatable {
    /// The step's number in the recipe, from 0.
    public var index: Int
    /// `normalise`, `filter`, …
    public var name: String
    /// The step with every key filled in, as YAML on one line.
    public var settings: String
    public var rowsIn = 0
    public var rowsOut = 0
    /// Rows of which a text was changed.
    public var rowsChanged = 0
    /// Rows added: copies.
    public var rowsAdded = 0
    /// Rows left out, by the reason.
    public var removed: [NamedCount] = []
    /// What a deduplication found.
    public var duplicates: DuplicateReport?
    /// Marks of a review that no row has.
    public var unmatchedMarks: UnmatchedMarks?
    /// Personal data taken out, by kind; never the values.
    public var masked: [MaskCount] = []
    /// Rows by class before and after, where the step looks at classes.
    public var classes: [ClassCount] = []
    /// The file of the list that the step wrote of all rows, beside the report.
    public var list: String?
    /// Rows that were left out, with the reason: a few of each.
    public var examples: [RemovedExample] = []

    public init(index: Int, name: String, settings: String) {
        self.index = index
        self.name = name
        self.settings = settings
    }

    /// Counts a row that is left out for `reason`.
    mutating func remove(_ reason: String, place: String, text: () -> String) {
        let number: Int
        if let found = removed.firstIndex(where: { $0.name == reason }) {
            number = found
        } else {
            removed.append(NamedCount(name: reason, count: 0))
            number = removed.count - 1
        }
        removed[number].count += 1
        if removed[number].count <= ExampleText.countPerKind {
            examples.append(RemovedExample(place: place, reason: reason, text: text()))
        }
    }
}

/// How many there are of something.
public struct NamedCount: Codable, Sendable, Equatable {
    public var name: String
    public var count: Int

    public init(name: String, count: Int) {
        self.name = name
        self.count = count
    }
}

/// Marks whose rows are not among those that were read.
public struct UnmatchedMarks: Codable, Sendable, Equatable {
    public var count: Int
    /// Where the first stands, as file:line.
    public var first: String

    public init(count: Int, first: String) {
        self.count = count
        self.first = first
    }
}

/// Personal data of one kind.
public struct MaskCount: Codable, Sendable, Equatable {
    /// `email`, `phone`, …
    public var kind: String
    public var count: Int
    public var rows: Int
    /// Where the first few stood, as file:line.
    public var places: [String]

    public init(kind: String, count: Int, rows: Int, places: [String]) {
        self.kind = kind
        self.count = count
        self.rows = rows
        self.places = places
    }
}

/// Rows of one class before and after a step.
public struct ClassCount: Codable, Sendable, Equatable {
    public var name: String
    public var before: Int
    public var after: Int

    public init(name: String, before: Int, after: Int) {
        self.name = name
        self.before = before
        self.after = after
    }
}

/// A row that was left out. The text is masked and cut.
public struct RemovedExample: Codable, Sendable, Equatable {
    public var place: String
    public var reason: String
    public var text: String

    public init(place: String, reason: String, text: String) {
        self.place = place
        self.reason = reason
        self.text = text
    }
}

/// What a deduplication found.
public struct DuplicateReport: Codable, Sendable, Equatable {
    /// Rows left out because an earlier one says the same.
    public var rows = 0
    /// Those of them that are the first of their text in a file, the earlier row standing in another; the others repeat their own
    /// file.
    public var acrossFiles = 0
    public var examples: [PairExample] = []
    /// How near-duplicates were looked for.
    public var search: NearSearchReport?

    public init() {}
}

/// How near-duplicates were looked for.
public struct NearSearchReport: Codable, Sendable, Equatable {
    /// Jaccard similarity from which two rows are near-duplicates.
    public var threshold: Double
    public var shingleWords: Int
    public var shingleCharacters: Int
    public var bands: Int
    public var rowsPerBand: Int
    /// The share of pairs at the threshold that the bands find, by their formula 1 − (1 − tʳ)ᵇ.
    public var recallAtThreshold: Double
    /// Pairs that shared a band and a rough likeness.
    public var candidates = 0
    /// Those of them that were as similar as the threshold asks, by their exact Jaccard similarity.
    public var verified = 0
    /// Pairs in crowded bands that were not looked at.
    public var passedOver = 0
}

/// Two rows that say the same. Texts are masked and cut.
public struct PairExample: Codable, Sendable, Equatable {
    /// The kept or the training row, as file:line.
    public var firstPlace: String
    public var firstText: String
    /// The row left out, or the held-out row.
    public var secondPlace: String
    public var secondText: String
    /// Jaccard similarity of the shingles; 1 for exact duplicates.
    public var similarity: Double

    public init(
        firstPlace: String, firstText: String, secondPlace: String, secondText: String, similarity: Double
    ) {
        self.firstPlace = firstPlace
        self.firstText = firstText
        self.secondPlace = secondPlace
        self.secondText = secondText
        self.similarity = similarity
    }
}

/// How rows were held out.
public struct SplitReport: Codable, Sendable, Equatable {
    /// `prompt`, `row`, `group`, `time`.
    public var by: String
    public var field: String?
    public var stratifyBy: String?
    public var wanted: Int
    public var heldOut: Int
    /// Sets of rows that were kept on one side.
    public var units: Int
    /// Of the groups of `group_by`, those that stand on both sides: always 0.
    public var groupsOnBothSides = 0
    /// Strata, or nothing: rows of each value before, held out after.
    public var strata: [ClassCount] = []
}

/// Held-out rows that the training rows give away.
public struct LeakageReport: Codable, Sendable, Equatable {
    /// `error`, `drop` or `report`.
    public var rule: String
    public var heldOutRows = 0
    /// Held-out rows with a training row of the same text.
    public var exact = LeakCount()
    /// … of the same text but for case and white space.
    public var normalised = LeakCount()
    /// … that is a near-duplicate.
    public var near = LeakCount()
    /// … that asks the same, whatever the answer.
    public var prompt = LeakCount()
    /// … of the same group.
    public var group = LeakCount()
    /// Held-out rows that leak in any of these ways.
    public var rows = 0
    /// Training rows left out by `leakage: drop`.
    public var droppedTrainRows = 0
    public var search: NearSearchReport?

    public init(rule: String) { self.rule = rule }

    /// Whether nothing leaks.
    public var isClean: Bool { rows == 0 }
}

/// Leaks of one kind.
public struct LeakCount: Codable, Sendable, Equatable {
    /// Held-out rows.
    public var heldOutRows = 0
    /// Training rows that give them away.
    public var trainRows = 0
    /// Different texts (or groups) among the held-out rows.
    public var texts = 0
    public var examples: [PairExample] = []
}
