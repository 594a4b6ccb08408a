// How good an answer is, as a program can say it.

public import JSON
public import Vocabulary

/// An answer to be judged.
public struct JudgedAnswer: Sendable {
    public let prompt: String
    public let text: String
    /// The fields of the row that was answered, as its file has them.
    public let fields: JSONObject

    public init(prompt: String, text: String, fields: JSONObject) {
        self.prompt = prompt
        self.text = text
        self.fields = fields
    }
}

/// What says how good answers are.
public protocol Reward: Sendable {
    /// Of each answer a number, in their order; nil where none could be had, which counts as 0 and is told.
    /// - Throws: where no answer can be judged at all.
    func scores(_ answers: [JudgedAnswer]) throws -> [Double?]
    /// Looks at the row's own fields, before anything is answered.
    /// - Throws: `RewardError` for a field that is not there or says nothing that can be looked for.
    func check(_ fields: JSONObject) throws
}

/// Why a row's answers cannot be judged.
public struct RewardError: ClassifiedError, Equatable {
    public let description: String
    public var kind: FailureKind { .badInput }

    public init(_ description: String) { self.description = description }
}

extension JSONObject {
    /// The text of a field: of a number its digits.
    func text(_ name: String) throws(RewardError) -> String {
        guard let value = self[name] else { throw RewardError("there is no field \"\(name)\"") }
        switch value {
        case .string(let text): return text
        case .integer, .digits, .double: return value.text()
        default: throw RewardError("\"\(name)\" must be a text or a number, found \(value.typeName)")
        }
    }
}
