// `model` of tokenizer.json: words to token ids.

/// A token within a word: its id and the bytes of the word it covers.
struct WordToken: Sendable {
    var id: Int32
    var lower: Int32
    var upper: Int32
}

/// The model of a tokenizer.
enum TokenModel: Sendable {
    case bpe(BPEModel)
    case sentencePiece(SentencePieceModel)
    case wordPiece(WordPieceModel)
    case unigram(UnigramModel)
    case wordLevel(WordLevelModel)

    /// Appends the tokens of `word`.
    func tokenize(_ word: UnsafeBufferPointer<UInt8>, _ scratch: MergeScratch, into tokens: inout [WordToken]) {
        guard !word.isEmpty else { return }
        switch self {
        case .bpe(let model): model.tokenize(word, scratch, into: &tokens)
        case .sentencePiece(let model): model.tokenize(word, scratch, into: &tokens)
        case .wordPiece(let model): model.tokenize(word, into: &tokens)
        case .unigram(let model): model.tokenize(word, into: &tokens)
        case .wordLevel(let model): model.tokenize(word, into: &tokens)
        }
    }

    /// Token ids by bytes.
    var vocabulary: ByteTable {
        switch self {
        case .bpe(let model): model.vocabulary
        case .sentencePiece(let model): model.vocabulary
        case .wordPiece(let model): model.vocabulary
        case .unigram(let model): model.vocabulary
        case .wordLevel(let model): model.vocabulary
        }
    }
}

/// `<0x00>` … `<0xFF>`: the tokens that stand for single bytes.
struct ByteTokens: Sendable {
    private let ids: [Int32]

    init(_ vocabulary: ByteTable) { ids = (0..<256).map { vocabulary.find(Self.text(UInt8($0))) ?? -1 } }

    subscript(byte: UInt8) -> Int32? { ids[Int(byte)] < 0 ? nil : ids[Int(byte)] }

    /// The ids for all of `bytes`, or nil if one is missing.
    func ids(for bytes: some Sequence<UInt8>) -> [Int32]? {
        var result: [Int32] = []
        for byte in bytes {
            guard let id = self[byte] else { return nil }
            result.append(id)
        }
        return result
    }

    static func text(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return "<0x" + (digits.count < 2 ? "0" : "") + digits + ">"
    }

    /// The byte that a token's text stands for, if it is one of these.
    static func byte(_ text: [UInt8]) -> UInt8? {
        guard text.count == 6, text.starts(with: Array("<0x".utf8)), text[5] == 0x3E else { return nil }
        guard let high = digit(text[3]), let low = digit(text[4]) else { return nil }
        return high << 4 | low
    }

    private static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case 0x30...0x39: character - 0x30
        case 0x41...0x46: character - 0x41 + 10
        case 0x61...0x66: character - 0x61 + 10
        default: nil
        }
    }
}
