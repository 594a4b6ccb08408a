// The stages of a tokenizer, put together.

internal import JSON

/// Everything a tokenizer is made of.
struct TokenizerParts: Sendable {
    var model: TokenModel
    var normalizer: Normalizer?
    var preTokenizer: PreTokenizer?
    var postProcessor = PostProcessor()
    var decoder: Decoder?
    /// Token texts as written in the vocabulary.
    var tokens: TokenList
    var idsByText: ByteTable
    /// Tokens looked for in the input, and those looked for after normalisation.
    var rawAdded: AddedTokenFinder
    var normalizedAdded: AddedTokenFinder
    /// Tokens of either finder as the files declare them.
    var addedTokens: [AddedToken] = []
    var addedIDs: Set<Int32> = []
    var specialIDs: Set<Int32> = []
    var bosID: Int32?
    var eosID: Int32?
    var padID: Int32?
    var unknownID: Int32?
    var endOfGenerationIDs: Set<Int32> = []
    var chatTemplate: String?
    /// Put before a stretch of plain text at the start and after each added token (GGUF `llama`).
    var stretchPrefix: [UInt8] = []
    var writesBytes: WrittenBytes = .plain

    /// How token texts stand for bytes.
    enum WrittenBytes: Sendable { case plain, byteLevel, metaspace, wordPiece([UInt8]) }

    // MARK: - Encoding

    func encode(_ input: [UInt8], parseSpecial: Bool, _ scratch: EncodingScratch, into result: inout Tokenizer.Encoding)
    {
        result.ids.reserveCapacity(input.count / 3 + 4)
        result.offsets.reserveCapacity(input.count / 3 + 4)
        var position = 0
        for (id, range) in rawAdded.matches(in: input, includeSpecial: parseSpecial) {
            encodePlain(input, position..<max(position, range.lowerBound), parseSpecial, scratch, into: &result)
            result.ids.append(id)
            result.offsets.append(range)
            position = range.upperBound
        }
        encodePlain(input, position..<input.count, parseSpecial, scratch, into: &result)
    }

    private func encodePlain(
        _ input: [UInt8], _ range: Range<Int>, _ parseSpecial: Bool, _ scratch: EncodingScratch,
        into result: inout Tokenizer.Encoding
    ) {
        guard !range.isEmpty else { return }
        var text = AlignedText(bytes: Array(input[range]), origin: range.lowerBound)
        normalizer?.apply(to: &text)
        var position = 0
        for (id, place) in normalizedAdded.matches(in: text.bytes, includeSpecial: parseSpecial) {
            encodeWords(of: text, position..<max(position, place.lowerBound), input, scratch, into: &result)
            result.ids.append(id)
            result.offsets.append(Self.widened(text.source(of: place), in: input))
            position = place.upperBound
        }
        encodeWords(of: text, position..<text.bytes.count, input, scratch, into: &result)
    }

    private func encodeWords(
        of text: AlignedText, _ range: Range<Int>, _ input: [UInt8], _ scratch: EncodingScratch,
        into result: inout Tokenizer.Encoding
    ) {
        guard !range.isEmpty else { return }
        var split = WordSplit(text: text, words: [range])
        preTokenizer?.apply(to: &split)
        split.text.bytes.withUnsafeBufferPointer { bytes in
            for word in split.words where !word.isEmpty {
                scratch.withTokens(of: UnsafeBufferPointer(rebasing: bytes[word]), model) { tokens in
                    for token in tokens {
                        let place = word.lowerBound + Int(token.lower)..<word.lowerBound + Int(token.upper)
                        result.ids.append(token.id)
                        result.offsets.append(Self.widened(split.text.source(of: place), in: input))
                    }
                }
            }
        }
    }

    /// `range` widened to whole characters.
    private static func widened(_ range: Range<Int>, in input: [UInt8]) -> Range<Int> {
        var (lower, upper) = (range.lowerBound, range.upperBound)
        while lower > 0, lower < input.count, input[lower] & 0xC0 == 0x80 { lower -= 1 }
        while upper > lower, upper < input.count, input[upper] & 0xC0 == 0x80 { upper += 1 }
        return lower..<upper
    }

    // MARK: - Decoding

    func bytes(of id: Int32) -> [UInt8] {
        guard let text = tokens[id] else { return [] }
        if addedIDs.contains(id) { return text }
        switch writesBytes {
        case .plain: return text
        case .byteLevel: return ByteAlphabet.decode(text) ?? text
        case .metaspace: return ByteTokens.byte(text).map { [$0] } ?? text.replacing(Array("▁".utf8), with: [0x20])
        case .wordPiece(let prefix):
            return text.starts(with: prefix) ? Array(text.dropFirst(prefix.count)) : [0x20] + text
        }
    }
}
