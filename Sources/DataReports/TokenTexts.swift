// What a report asks of a tokenizer.

/// The texts of tokens.
public struct TokenTexts: Sendable {
    /// The bytes that a token stands for; a token can end in the middle of a character.
    public var bytes: @Sendable (Int32) -> [UInt8]
    /// Whether the token is a control token, such as an end of turn.
    public var isSpecial: @Sendable (Int32) -> Bool

    public init(bytes: @escaping @Sendable (Int32) -> [UInt8], isSpecial: @escaping @Sendable (Int32) -> Bool) {
        self.bytes = bytes
        self.isSpecial = isSpecial
    }
}
