// A row in one of the three shapes that all formats come down to.

public import JSON

/// A row of data, read and understood, not yet rendered.
public struct DataRow: Sendable {
    public enum Content: Sendable, Equatable {
        /// Messages with `role`, `content` (a text, or a list of parts) or what stands in its place; those with the numbers
        /// `trained`, ascending, carry loss. `extra` goes to the template.
        case conversation(messages: [JSONValue], trained: [Int], extra: JSONObject)
        /// Plain texts: the completion and the end token carry loss.
        case completion(prompt: String, completion: String)
        /// A document: everything but the first token carries loss.
        case document(String)
        /// Two answers to one prompt, one better than the other.
        case preference(Preference)
        /// An answer at the end of a conversation, and how good it is. Nothing trains on them yet.
        case rated(messages: [JSONValue], rating: Double)
    }

    public var content: Content
    public var place: RowPlace
    /// The row's number among all rows read, from 0.
    public var index: Int
    /// The label of a classification row.
    public var label: String?
    /// What is wanted of the row, where a task's head is to find it.
    public var answer: RowAnswer?
    /// Whether the row's own word, such as a weight of 0, takes it out of the loss.
    public var isWithoutLoss = false
    /// What of the row nothing reads, found while it was understood.
    public var remarks: [RowRemark]

    public init(
        content: Content, place: RowPlace, index: Int, label: String? = nil, remarks: [RowRemark] = []
    ) {
        self.content = content
        self.place = place
        self.index = index
        self.label = label
        self.remarks = remarks
    }
}

extension DataRow.Content {
    /// Whether it gives two sequences that belong together.
    var isPair: Bool { if case .preference = self { true } else { false } }
}

/// Two answers to one prompt, as messages.
public struct Preference: Sendable, Equatable {
    public var prompt: [JSONValue]
    /// The better answer.
    public var chosen: [JSONValue]
    public var rejected: [JSONValue]
    /// Goes to the template.
    public var extra: JSONObject
    /// Whether the texts follow one another as they stand, and no template renders them.
    public var isPlain: Bool
    /// By how much the chosen answer's reward is to exceed the other's; nil where the row does not say it, or nothing asks.
    public var margin: Double?

    public init(
        prompt: [JSONValue], chosen: [JSONValue], rejected: [JSONValue], extra: JSONObject = JSONObject(),
        isPlain: Bool = false
    ) {
        self.prompt = prompt
        self.chosen = chosen
        self.rejected = rejected
        self.extra = extra
        self.isPlain = isPlain
    }
}

extension DataRow {
    /// What the row asks: the text that near copies of one question share.
    public var promptText: String {
        switch content {
        case .conversation(let messages, let trained, _):
            return Self.question(messages[..<(trained.first ?? messages.count)])
        case .preference(let pair): return Self.question(pair.prompt[...])
        case .rated(let messages, _): return Self.question(messages.dropLast())
        case .completion(let prompt, _): return prompt
        case .document(let text): return text
        }
    }

    /// What the row answers: the trained turns or the completion; a document has no answer.
    public var answerText: String {
        switch content {
        case .conversation(let messages, let trained, _): Self.joined(trained.map { messages[$0] })
        case .preference(let pair): Self.joined(pair.chosen)
        case .rated(let messages, _): Self.joined(messages.suffix(1))
        case .completion(_, let completion): completion
        case .document: ""
        }
    }

    /// How many answers carry loss.
    var answerCount: Int {
        switch content {
        case .conversation(_, let trained, _): trained.count
        case .completion, .document, .preference, .rated: 1
        }
    }

    /// Whether the assistant speaks more than once.
    var hasEarlierAnswers: Bool {
        guard case .conversation(let messages, _, _) = content else { return false }
        return messages.count { $0["role"]?.string == "assistant" } > 1
    }

    /// Whether what the row tells the model how to be is `system`.
    func begins(with system: String) -> Bool {
        switch content {
        case .conversation(let messages, _, _):
            messages.contains { RowDecoder.isSystem($0) && MessageText.of($0) == system }
        case .completion(let prompt, _): prompt.hasPrefix(system)
        case .preference(let pair):
            pair.prompt.contains { RowDecoder.isSystem($0) && MessageText.of($0) == system }
        case .document, .rated: false
        }
    }

    /// What users say in `messages`, all of it where none is a user's.
    private static func question(_ messages: ArraySlice<JSONValue>) -> String {
        let users = messages.filter { $0["role"]?.string == "user" }
        return joined(users.isEmpty ? Array(messages) : users)
    }

    /// The texts of messages, a line each.
    static func joined(_ messages: [JSONValue]) -> String {
        messages.map(MessageText.of).joined(separator: "\n")
    }
}
