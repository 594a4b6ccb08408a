// A row in one of the three shapes that all formats come down to.

public import JSON

/// A row of data, read and understood, not yet rendered.
public struct DataRow: Sendable {
    public enum Content: Sendable, Equatable {
        /// Messages with `role` and `content`; assistant turns from `trainedFrom` on carry loss. `extra` goes to the template.
        case conversation(messages: [JSONValue], trainedFrom: Int, extra: JSONObject)
        /// Plain texts: the completion and the end token carry loss.
        case completion(prompt: String, completion: String)
        /// A document: everything but the first token carries loss.
        case document(String)
    }

    public var content: Content
    public var place: RowPlace
    /// The row's number among all rows read, from 0.
    public var index: Int
    /// The label of a classification row.
    public var label: String?

    public init(content: Content, place: RowPlace, index: Int, label: String? = nil) {
        self.content = content
        self.place = place
        self.index = index
        self.label = label
    }
}

extension DataRow {
    /// What the row asks: the text that near copies of one question share.
    public var promptText: String {
        switch content {
        case .conversation(let messages, let trainedFrom, _):
            let asked = Array(messages.enumerated()).prefix {
                $0.offset < trainedFrom || $0.element["role"]?.string != "assistant"
            }
            let users = asked.filter { $0.element["role"]?.string == "user" }[...]
            return (users.isEmpty ? asked : users).map { $0.element["content"]?.string ?? "" }.joined(separator: "\n")
        case .completion(let prompt, _): return prompt
        case .document(let text): return text
        }
    }

    /// What the row answers: the trained turns or the completion; a document has no answer.
    public var answerText: String {
        switch content {
        case .conversation(let messages, let trainedFrom, _):
            messages.enumerated().filter { $0.offset >= trainedFrom && $0.element["role"]?.string == "assistant" }
                .map { $0.element["content"]?.string ?? "" }.joined(separator: "\n")
        case .completion(_, let completion): completion
        case .document: ""
        }
    }
}
