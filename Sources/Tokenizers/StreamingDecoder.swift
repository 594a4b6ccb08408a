// Decoding while tokens arrive: text comes out as soon as it is certain, and a UTF-8 sequence is never cut.

/// Turns token ids, fed one at a time, into pieces of text; joined, the pieces are what `Tokenizer.decode` gives for all of them.
public struct StreamingDecoder: Sendable {
    private let tokenizer: Tokenizer
    private let skipsSpecialTokens: Bool
    /// Ids decoded together: the last ones already shown, for context (a first token loses its space), then those pending.
    private var window: [Int32] = []
    private var shownCount = 0
    private var shownText: [UInt8] = []

    /// Longer runs that never become valid UTF-8 are shown as they are.
    private static let maximumPending = 16

    public init(_ tokenizer: Tokenizer, skipSpecialTokens: Bool = false) {
        self.tokenizer = tokenizer
        skipsSpecialTokens = skipSpecialTokens
    }

    /// The text that became certain with `id`; often empty in the middle of a character.
    public mutating func feed(_ id: Int32) -> String {
        window.append(id)
        let text = Array(tokenizer.decode(window, skipSpecialTokens: skipsSpecialTokens).utf8)
        let isCut = text.suffix(3).elementsEqual(UTF8.encodedReplacementCharacter)
        if isCut && window.count - shownCount < Self.maximumPending { return "" }
        return show(text)
    }

    /// The rest, at the end.
    public mutating func finish() -> String {
        show(Array(tokenizer.decode(window, skipSpecialTokens: skipsSpecialTokens).utf8))
    }

    private mutating func show(_ text: [UInt8]) -> String {
        guard text.count > shownText.count, text.starts(with: shownText) else { return "" }
        let fresh = text[shownText.count...]
        window.removeFirst(shownCount)
        shownCount = window.count
        shownText = Array(tokenizer.decode(window, skipSpecialTokens: skipsSpecialTokens).utf8)
        return String(decoding: fresh, as: UTF8.self)
    }
}
