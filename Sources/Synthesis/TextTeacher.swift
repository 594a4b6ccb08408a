// Who writes answers: a model here, or one behind an address.

public import Datasets
internal import JSON

/// Writes texts that are asked for.
public protocol TextTeacher {
    /// What rows say of who wrote them.
    var name: String { get }
    /// What decides what it writes, as far as that is known.
    var digest: String { get }
    /// Whether it is asked through a chat template.
    var isChat: Bool { get }
    /// Texts that it is asked for together, and that are kept together: what it breaks off in is asked for again.
    var textsAtOnce: Int { get }

    /// Hears what earlier calls had it write, which counts in what it may be asked.
    func noteWritten(texts: Int, tokens: Int)

    /// Writes what is asked for, in the order of `requests`.
    func write(_ requests: [WritingRequest]) throws -> [WrittenText]
}

extension TextTeacher {
    public var textsAtOnce: Int { 64 }
    public func noteWritten(texts: Int, tokens: Int) {}
}

/// What a teacher is to write.
public struct WritingRequest: Sendable {
    public enum Wish: Sendable {
        /// The answer to a row's prompt.
        case answer(DataRow)
        /// The reason why this is the answer to a row's prompt.
        case reason(DataRow, of: String)
        /// One text more after the pattern of these, on one line.
        case another(of: [String])
    }

    public var wish: Wish
    /// Tells the draws of requests apart: the same number is always answered in the same way.
    public var stream: UInt32

    public init(_ wish: Wish, stream: UInt32) {
        self.wish = wish
        self.stream = stream
    }
}

/// What a teacher wrote.
public struct WrittenText: Sendable, Equatable {
    public var text: String
    /// As the teacher counts them.
    public var tokens: Int
    /// Whether it ended by itself, and was not cut off.
    public var isWhole: Bool
    /// The mean log-probability that the teacher gives its tokens, the end among them; `nil`: it does not tell.
    public var logProbability: Double?

    public init(text: String, tokens: Int, isWhole: Bool, logProbability: Double? = nil) {
        self.text = text
        self.tokens = tokens
        self.isWhole = isWhole
        self.logProbability = logProbability
    }
}

/// How a model is asked for a reason.
public enum ReasonPrompt {
    /// What a person would ask who knows the answer to `prompt`.
    public static func question(_ prompt: String, answer: String) -> String {
        prompt + "\n\nThe answer is: " + answer + "\n\nExplain step by step why this is the answer."
    }
}

extension DataRow {
    /// A row that asks `question` and nothing before it but what the system says.
    package func asking(_ question: String) -> DataRow {
        var row = self
        switch content {
        case .conversation(let messages, _, _):
            let system = messages.filter { ["system", "developer"].contains($0["role"]?.string ?? "") }
            let turns: [JSONValue] = [
                ["role": "user", "content": .string(question)], ["role": "assistant", "content": "?"],
            ]
            row.content = .conversation(
                messages: system + turns, trained: [system.count + 1], extra: JSONObject())
        default: row.content = .completion(prompt: question + "\n\n", completion: "?")
        }
        return row
    }
}
