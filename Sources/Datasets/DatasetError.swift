// What is wrong with data, each with its file and line. A data set is refused with all of it at once, up to a bound.

internal import Spelling
public import Vocabulary

/// Where a row stands.
public struct RowPlace: Codable, Sendable, Equatable, CustomStringConvertible {
    public var file: String
    /// Of the row's first character, counted from 1; 0: the file as a whole. In files without lines (Parquet, HDF5) the row's
    /// number from 1.
    public var line: Int

    public init(file: String, line: Int) {
        self.file = file
        self.line = line
    }

    public var description: String {
        let name = ShownText.name(file)
        return line > 0 ? "\(name):\(line)" : name
    }
}

/// One thing that is wrong with the data.
public struct DatasetProblem: Codable, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: String, Codable, Sendable {
        case absent, unreadable, unsupported, empty, notUTF8, rowTooLarge, syntax, ragged, unknownFormat, missingField
        case wrongType, unknownLabel
        case noTemplate, template, notAPrefix, tooLong, noTarget, split
        /// The template works without end: no row can be rendered.
        case endlessTemplate
        /// The system does not let it be read.
        case refused

        /// What it means for the whole.
        var failure: FailureKind {
            switch self {
            case .absent: .missingInput
            case .refused: .inputOutput
            default: .badInput
            }
        }
    }

    public var kind: Kind
    public var place: RowPlace
    public var message: String
    public var hint: String?

    public init(_ kind: Kind, _ place: RowPlace, _ message: String, hint: String? = nil) {
        self.kind = kind
        self.place = place
        self.message = message
        self.hint = hint
    }

    public var description: String { "\(place): \(message)" + (hint.map { "; " + $0 } ?? "") }
}

/// Why data cannot be used.
public struct DatasetError: ClassifiedError, Equatable {
    /// The first problems, in order of rows.
    public let problems: [DatasetProblem]
    /// How many there are, those beyond the list included.
    public let count: Int
    /// All of them, those that say the same together.
    public let groups: MessageGroups

    public init(_ problems: [DatasetProblem], count: Int? = nil, groups: MessageGroups? = nil) {
        self.problems = problems
        self.count = count ?? problems.count
        self.groups = groups ?? problems.reduce(into: MessageGroups(of: "rows")) { $0.add($1) }
    }

    init(_ kind: DatasetProblem.Kind, _ place: RowPlace, _ message: String, hint: String? = nil) {
        self.init([DatasetProblem(kind, place, message, hint: hint)])
    }

    /// What the system said of a data file.
    init(_ error: SystemError) {
        let kind: DatasetProblem.Kind =
            switch error.kind {
            case .missingInput: .absent
            case .badInput: .unreadable
            default: .refused
            }
        self.init(kind, RowPlace(file: error.path, line: 0), "\(error.problem): \(error.cause)")
    }

    /// That of the first problem.
    public var kind: FailureKind { problems.first?.kind.failure ?? .badInput }

    public var namedFile: String? { problems.first?.place.file }

    public var description: String {
        let lines = groups.lines.joined(separator: "\n")
        return count > groups.count ? lines + "\nand \(count - groups.count) more" : lines
    }
}

extension MessageGroups {
    fileprivate mutating func add(_ problem: DatasetProblem) {
        add(problem.message + (problem.hint.map { "; " + $0 } ?? ""), of: "\(problem.place)")
    }
}

/// Problems as they are found: the first few are kept, all are counted.
struct ProblemList {
    private(set) var problems: [DatasetProblem] = []
    private(set) var count = 0
    private var groups = MessageGroups(of: "rows")

    static let keptCount = 20

    var isEmpty: Bool { count == 0 }

    mutating func add(_ error: DatasetError) {
        count += error.count
        error.problems.forEach { groups.add($0) }
        problems.append(contentsOf: error.problems.prefix(max(0, Self.keptCount - problems.count)))
    }

    mutating func add(_ problem: DatasetProblem) { add(DatasetError([problem])) }

    func throwIfAny() throws(DatasetError) {
        if count > 0 { throw DatasetError(problems, count: count, groups: groups) }
    }
}
