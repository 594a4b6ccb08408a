// Text to token ids and back.

public import JSON
internal import Synchronization

/// A tokenizer, from `tokenizer.json` or from GGUF metadata. Ids equal those of Hugging Face's `tokenizers` and of llama.cpp.
public final class Tokenizer: Sendable {
    /// Token ids and where each came from.
    public struct Encoding: Sendable, Equatable {
        public var ids: [Int32]
        /// For each token the UTF-8 bytes of the input that it stands for, whole characters always; tokens that are put around the
        /// text have an empty range at its start or end.
        public var offsets: [Range<Int>]

        public init(ids: [Int32] = [], offsets: [Range<Int>] = []) {
            self.ids = ids
            self.offsets = offsets
        }
    }

    let parts: TokenizerParts
    private let scratches = Mutex<[EncodingScratch]>([])

    init(parts: TokenizerParts) { self.parts = parts }

    /// Reads a parsed `tokenizer.json`, and the `tokenizer_config.json` beside it if there is one.
    public convenience init(huggingFace tokenizerJSON: JSONValue, config: JSONValue? = nil) throws(TokenizerError) {
        self.init(parts: try TokenizerParts(huggingFace: tokenizerJSON, companions: .init(config: config)))
    }

    /// Reads a parsed `tokenizer.json` and every file beside it that declares tokens.
    public convenience init(
        huggingFace tokenizerJSON: JSONValue, companions: TokenizerCompanions
    ) throws(TokenizerError) {
        self.init(parts: try TokenizerParts(huggingFace: tokenizerJSON, companions: companions))
    }

    /// Builds the tokenizer that a GGUF file describes.
    public convenience init(gguf vocabulary: GGUFVocabulary) throws(TokenizerError) {
        self.init(parts: try TokenizerParts(gguf: vocabulary))
    }

    // MARK: - Facts

    /// One more than the highest id.
    public var vocabularySize: Int { parts.tokens.count }
    public var bosID: Int32? { parts.bosID }
    public var eosID: Int32? { parts.eosID }
    public var padID: Int32? { parts.padID }
    public var unknownID: Int32? { parts.unknownID }
    /// Whether encoding with special tokens puts `bosID` first.
    public var addsBOS: Bool { parts.bosID.map { parts.postProcessor.before.contains($0) } ?? false }
    /// Whether encoding with special tokens puts `eosID` last.
    public var addsEOS: Bool { parts.eosID.map { parts.postProcessor.after.contains($0) } ?? false }
    /// What encoding with special tokens puts before a text, and after it.
    public var tokensAround: (before: [Int32], after: [Int32]) {
        (parts.postProcessor.before, parts.postProcessor.after)
    }
    /// The ids at which generation stops.
    public var endOfGenerationIDs: Set<Int32> { parts.endOfGenerationIDs }
    /// The chat template that came with the vocabulary, if one did.
    public var chatTemplateSource: String? { parts.chatTemplate }

    /// The id of the token whose text, as the vocabulary writes it, is `token`.
    public func id(ofToken token: String) -> Int32? { parts.idsByText.find(token) }

    /// The text of a token as the vocabulary writes it.
    public func text(ofToken id: Int32) -> String? { parts.tokens[id].map { String(decoding: $0, as: UTF8.self) } }

    // MARK: - Encoding

    /// The tokens of `text`. With `parseSpecial`, special tokens written in the text are taken for themselves, else for plain text.
    public func encode(_ text: String, addSpecialTokens: Bool, parseSpecial: Bool = true) -> Encoding {
        let scratch = scratches.withLock { $0.popLast() } ?? EncodingScratch()
        defer { scratches.withLock { $0.append(scratch) } }
        let bytes = Array(text.utf8)
        var encoding = Encoding()
        parts.encode(bytes, parseSpecial: parseSpecial, scratch, into: &encoding)
        if addSpecialTokens {
            let (before, after) = (parts.postProcessor.before, parts.postProcessor.after)
            encoding.ids = before + encoding.ids + after
            encoding.offsets =
                Array(repeating: 0..<0, count: before.count) + encoding.offsets
                + Array(repeating: bytes.count..<bytes.count, count: after.count)
        }
        return encoding
    }

    // MARK: - Decoding

    /// The text of `ids`, as Hugging Face's `decode` gives it. Ids outside the vocabulary are passed over.
    public func decode(_ ids: [Int32], skipSpecialTokens: Bool = false) -> String {
        var pieces: [[UInt8]] = []
        for id in ids {
            guard let text = parts.tokens[id], !(skipSpecialTokens && parts.specialIDs.contains(id)) else { continue }
            pieces.append(text)
        }
        guard let decoder = parts.decoder else {
            return String(decoding: Array(pieces.joined(separator: [0x20])), as: UTF8.self)
        }
        return String(decoding: decoder.apply(pieces).flatMap { $0 }, as: UTF8.self)
    }

    /// The bytes that a token adds to a text; empty for an id outside the vocabulary. They need not be valid UTF-8.
    public func tokenBytes(_ id: Int32) -> [UInt8] { parts.bytes(of: id) }
}
