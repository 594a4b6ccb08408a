// The real tokenizer as data preparation sees it.

internal import Digests
public import Tokenizers

/// A `Tokenizer` as data preparation sees it.
public struct TokenizerEncoder: TextEncoder {
    public let tokenizer: Tokenizer
    public let encoderDigest: String
    private let special: Set<Int32>

    /// - Parameter digest: SHA-256 of the file that the tokenizer came from; without one, that of its vocabulary.
    public init(_ tokenizer: Tokenizer, digest: String? = nil) {
        self.tokenizer = tokenizer
        let ids = (0..<tokenizer.vocabularySize).map { Int32($0) }
        special = Set(
            ids.filter { !tokenizer.tokenBytes($0).isEmpty && tokenizer.decode([$0], skipSpecialTokens: true).isEmpty })
        encoderDigest = digest ?? Self.vocabularyDigest(tokenizer, ids)
    }

    private static func vocabularyDigest(_ tokenizer: Tokenizer, _ ids: [Int32]) -> String {
        var hash = SHA256()
        for id in ids {
            hash.update(tokenizer.text(ofToken: id) ?? "")
            hash.update([0xFF])
        }
        // Vocabularies of the same tokens can split text differently.
        let probe = "The year 2024: naïve café, 12,345.67 €!\n\n\tif (x == 1) { return \"日本語\"; }  I'll've don't…"
        hash.update(
            tokenizer.encode(probe, addSpecialTokens: true, parseSpecial: true).ids.map { "\($0)" }.joined(
                separator: ","))
        return hash.digest().hexadecimal
    }

    public func encodeText(_ text: String, addSpecialTokens: Bool, parseSpecial: Bool) -> EncodedText {
        let encoding = tokenizer.encode(text, addSpecialTokens: addSpecialTokens, parseSpecial: parseSpecial)
        return EncodedText(ids: encoding.ids, offsets: encoding.offsets)
    }

    public func isSpecialToken(_ id: Int32) -> Bool { special.contains(id) }
    public var beginID: Int32? { tokenizer.bosID }
    public var endID: Int32? { tokenizer.eosID }
    public var addsBegin: Bool { tokenizer.addsBOS }
}
