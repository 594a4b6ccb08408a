/// The `WordLevel` model: a word is a token or unknown.
struct WordLevelModel: Sendable {
    let vocabulary: ByteTable
    let unknownID: Int32?

    init(_ node: LocatedJSON, vocabulary: ByteTable) throws(TokenizerError) {
        self.vocabulary = vocabulary
        unknownID = vocabulary.find(try node.required("unk_token").bytes())
    }

    func tokenize(_ word: UnsafeBufferPointer<UInt8>, into tokens: inout [WordToken]) {
        guard let id = vocabulary.find(word) ?? unknownID else { return }
        tokens.append(WordToken(id: id, lower: 0, upper: Int32(word.count)))
    }
}
