// What data preparation asks of a tokenizer and of a chat template, and no more: so that toys can stand in for them.

public import JSON

/// Text as tokens.
public struct EncodedText: Sendable, Equatable {
    public var ids: [Int32]
    /// For each token the bytes of the text (UTF-8) that it stands for; empty for tokens that the text does not hold.
    public var offsets: [Range<Int>]

    public init(ids: [Int32], offsets: [Range<Int>]) {
        precondition(ids.count == offsets.count)
        self.ids = ids
        self.offsets = offsets
    }
}

/// Turns text into tokens.
public protocol TextEncoder: Sendable {
    /// - Parameters:
    ///   - addSpecialTokens: add what the tokenizer puts around a text (beginning and end of sequence).
    ///   - parseSpecial: take special tokens that stand in the text for what they are.
    func encodeText(_ text: String, addSpecialTokens: Bool, parseSpecial: Bool) -> EncodedText
    /// Whether the token is a control token, such as an end of turn.
    func isSpecialToken(_ id: Int32) -> Bool
    var beginID: Int32? { get }
    var endID: Int32? { get }
    /// Whether the tokenizer puts a beginning of sequence before a text.
    var addsBegin: Bool { get }
    /// SHA-256 of everything that decides ids, in hexadecimal.
    var encoderDigest: String { get }
}

/// Turns a conversation into the text that a model sees.
public protocol ConversationRenderer: Sendable {
    func renderConversation(_ messages: [JSONValue], addGenerationPrompt: Bool, extra: JSONObject) throws -> String
    /// What messages call the template.
    var name: String { get }
    /// The day that the template is told which asks for today's; `nil` where it asks for none.
    var dayTold: String? { get }
    /// Whether the template may read a message's member of that name.
    func reads(_ member: String) -> Bool
    /// The template's text, for digests.
    var rendererSource: String { get }
}

extension ConversationRenderer {
    public var name: String { "the chat template" }
    public var dayTold: String? { nil }

    /// Whether the name stands in the template's text.
    public func reads(_ member: String) -> Bool { Array(rendererSource.utf8).holds(Array(member.utf8)) }
}
