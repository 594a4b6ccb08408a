// SentencePiece's precompiled character map.

/// The `Precompiled` normalizer.
struct Charsmap: Sendable {
    init(_ node: LocatedJSON) throws(TokenizerError) {
        throw node.error("precompiled character maps are not supported")
    }
    func apply(to text: inout AlignedText) {}
}
