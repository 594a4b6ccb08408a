// Tokens one by one: what each adds to a text.

extension Tokenizer {
    /// The tokens of the protocol rather than of the text.
    public var specialTokenIDs: Set<Int32> { parts.specialIDs }

    /// Whether a text is the bytes of its tokens one after another (`tokenBytes`), but perhaps for a space at its very start. It is not
    /// where tokens are joined by what stands beside them, as WordPiece's are.
    public var concatenatesBytes: Bool {
        switch parts.writesBytes {
        case .byteLevel, .metaspace: true
        case .plain, .wordPiece: false
        }
    }
}
