// WordPiece (BERT): the longest token from the left, again and again; a word that cannot be covered is unknown as a whole.

internal import JSON

/// The `WordPiece` model.
struct WordPieceModel: Sendable {
    let vocabulary: ByteTable
    let unknownID: Int32
    /// Put before a piece that does not begin its word.
    let continuingPrefix: [UInt8]
    /// Put before a piece that begins its word (`▁` in GGUF files).
    let wordPrefix: [UInt8]
    let maximumCharacters: Int

    init(
        vocabulary: ByteTable, unknownID: Int32, continuingPrefix: [UInt8], wordPrefix: [UInt8], maximumCharacters: Int
    ) {
        self.vocabulary = vocabulary
        self.unknownID = unknownID
        self.continuingPrefix = continuingPrefix
        self.wordPrefix = wordPrefix
        self.maximumCharacters = maximumCharacters
    }

    init(_ node: LocatedJSON, vocabulary: ByteTable) throws(TokenizerError) {
        let unknown = try node.required("unk_token")
        guard let unknownID = vocabulary.find(try unknown.bytes()) else { throw unknown.error("not in the vocabulary") }
        self.init(
            vocabulary: vocabulary, unknownID: unknownID,
            continuingPrefix: try node.optionalBytes("continuing_subword_prefix") ?? Array("##".utf8), wordPrefix: [],
            maximumCharacters: try node.optional("max_input_chars_per_word")?.integer() ?? 100)
    }

    func tokenize(_ word: UnsafeBufferPointer<UInt8>, into tokens: inout [WordToken]) {
        let first = tokens.count
        let unknown = WordToken(id: unknownID, lower: 0, upper: Int32(word.count))
        guard word.reduce(0, { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }) <= maximumCharacters else {
            tokens.append(unknown)
            return
        }
        var start = 0
        while start < word.count {
            guard let (id, end) = longest(in: word, from: start) else {
                tokens.removeSubrange(first...)
                tokens.append(unknown)
                return
            }
            tokens.append(WordToken(id: id, lower: Int32(start), upper: Int32(end)))
            start = end
        }
    }

    private func longest(in word: UnsafeBufferPointer<UInt8>, from start: Int) -> (Int32, Int)? {
        let prefix = start == 0 ? wordPrefix : continuingPrefix
        var candidate = prefix + word[start...]
        var end = word.count
        while end > start {
            if let id = vocabulary.find(candidate) { return (id, end) }
            repeat {
                end -= 1
                candidate.removeLast()
            } while end > start && word[end] & 0xC0 == 0x80
        }
        return nil
    }
}
