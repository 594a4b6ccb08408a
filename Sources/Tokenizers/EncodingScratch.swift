// What encoding keeps from word to word: working memory, and the tokens of words already seen.

/// The working memory of one encoding at a time. The cache changes how fast tokens come, never which.
final class EncodingScratch: @unchecked Sendable {
    // `@unchecked`: the tokenizer lends a scratch to one call at a time.

    let merge = MergeScratch()
    var tokens: [WordToken] = []
    private var words = ByteTable(minimumCapacity: 1 << 10)
    private var cached: [WordToken] = []
    private var bounds: [Int] = [0]

    private static let maximumWords = 1 << 16
    private static let maximumWordBytes = 64

    /// Calls `body` with the tokens of `word`.
    func withTokens(
        of word: UnsafeBufferPointer<UInt8>, _ model: TokenModel, _ body: (borrowing ArraySlice<WordToken>) -> Void
    ) {
        let isCacheable = word.count <= Self.maximumWordBytes
        if isCacheable, let index = words.find(word) {
            body(cached[bounds[Int(index)]..<bounds[Int(index) + 1]])
            return
        }
        tokens.removeAll(keepingCapacity: true)
        model.tokenize(word, merge, into: &tokens)
        body(tokens[...])
        guard isCacheable, words.count < Self.maximumWords else { return }
        words.set(word, to: Int32(bounds.count - 1))
        cached.append(contentsOf: tokens)
        bounds.append(cached.count)
    }
}
