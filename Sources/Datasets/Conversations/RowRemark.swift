// What of a row does not reach the text, or not as it stands: counted, never passed over.

public import JSON

/// A part of a row that is lost on its way to the text, or that nothing asked for.
public struct RowRemark: Sendable, Equatable {
    public enum Kind: String, Codable, Sendable, CaseIterable {
        case systemPrompt = "system_prompt"
        case developerTurn = "developer_turn"
        case userTurn = "user_turn"
        case toolTurn = "tool_turn"
        /// A turn of a role that only the file knows.
        case otherTurn = "other_turn"
        /// Part of an answer; where nothing is left of it, the row is an error.
        case answer
        case reasoning
        /// Reasoning of a turn that another one follows: many templates take it out, as inference would not see it.
        case earlierReasoning = "earlier_reasoning"
        case toolCall = "tool_call"
        case tool
        /// What a declared tool that is rendered says of itself or of a parameter.
        case toolDetail = "tool_detail"
        /// Content in parts, made one text for a template that takes no parts.
        case joinedParts = "joined_parts"
        /// A turn that is not the assistant's and asks to be trained.
        case lossElsewhere = "loss_elsewhere"
        /// A turn of a role that neither the recipe nor the template names: it is read, and never trained.
        case unknownRole = "unknown_role"
        /// A member of a message that neither Lathe nor the template reads.
        case unreadMember = "unread_member"
        /// A field of the row that would say something, and that rows of this form have no use for.
        case unreadField = "unread_field"
        /// A word that stands behind where its text was cut.
        case cutWord = "cut_word"
        /// A word for which the tokenizer has no token.
        case lostWord = "lost_word"
        /// A word that begins with the token of the one before it.
        case joinedWord = "joined_word"
        /// A span that begins or ends within a word.
        case partedWord = "parted_word"

        /// Whether it is about what a message says in its own text.
        var isText: Bool {
            switch self {
            case .systemPrompt, .developerTurn, .userTurn, .toolTurn, .otherTurn, .answer: true
            default: false
            }
        }

        /// Whether it is about a tool or a call of one.
        var isOfTools: Bool { self == .toolCall || self == .tool || self == .toolDetail }
    }

    public var kind: Kind
    /// The member's name, or the role's; empty where the kind says all.
    public var detail: String

    public init(_ kind: Kind, detail: String = "") {
        self.kind = kind
        self.detail = detail
    }
}

/// Remarks of one kind over many rows.
public struct RemarkCount: Codable, Sendable, Equatable {
    public var kind: RowRemark.Kind
    public var detail: String
    public var count: Int
    public var rows: Int
    /// The first rows, a few.
    public var places: [RowPlace]
}

/// Remarks as rows come by.
public struct RemarkCounts: Codable, Sendable, Equatable {
    /// By kind, those with a detail in the order in which they were met.
    public private(set) var counts: [RemarkCount] = []

    private static let placeLimit = 3
    /// Names of members and roles that are told apart.
    private static let limit = 40

    public init() {}

    /// Counts the remarks on the row at `place`.
    public mutating func count(_ remarks: [RowRemark], at place: RowPlace) {
        var seen: [Int] = []
        for remark in remarks {
            guard let index = index(of: remark) else { continue }
            counts[index].count += 1
            guard !seen.contains(index) else { continue }
            seen.append(index)
            counts[index].rows += 1
            if counts[index].places.count < Self.placeLimit { counts[index].places.append(place) }
        }
    }

    private mutating func index(of remark: RowRemark) -> Int? {
        if let known = counts.firstIndex(where: { $0.kind == remark.kind && $0.detail == remark.detail }) {
            return known
        }
        guard counts.count < Self.limit else {
            // Of the many the last stands for all that were not told apart.
            return counts.lastIndex { $0.kind == remark.kind }
        }
        counts.append(RemarkCount(kind: remark.kind, detail: remark.detail, count: 0, rows: 0, places: []))
        return counts.count - 1
    }

    /// The counts for machines.
    public var json: JSONValue {
        .array(
            counts.map { entry in
                [
                    "kind": .string(entry.kind.rawValue), "name": .string(entry.detail), "count": .integer(entry.count),
                    "rows": .integer(entry.rows), "places": .array(entry.places.map { .string("\($0)") }),
                ]
            })
    }
}
