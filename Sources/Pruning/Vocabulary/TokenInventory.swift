// What a tokenizer has tokens for, whichever file it comes from.

internal import JSON
internal import Models
internal import Tokenizers

/// The tokens of a tokenizer, and which of them it cannot do without.
struct TokenInventory {
    /// By number.
    private(set) var texts: [[UInt8]?] = []
    /// How texts are merged to tokens; nil where the likeliest pieces are taken, whatever leads to them.
    private(set) var paths: MergePaths?
    /// Special tokens, words that were added, bytes or characters that every text falls apart into.
    private(set) var needed: Set<Int> = []

    /// - Throws: `PruningError` for a kind of tokenizer of which nothing can be left out soundly.
    init(_ source: TokenizerSource) throws {
        switch source {
        case .json(let json, let companions): try read(json, companions)
        case .vocabulary(let vocabulary): try read(vocabulary)
        }
        let tokenizer = try source.tokenizer()
        let named = [tokenizer.bosID, tokenizer.eosID, tokenizer.padID, tokenizer.unknownID].compactMap(\.self)
        needed.formUnion((named + tokenizer.endOfGenerationIDs).map { Int($0) })
    }

    /// The tokens that stay where `used` are in use: with all that these come about by.
    func kept(using used: Set<Int>) -> [Int] {
        var kept = needed.union(used)
        if let paths { for id in used.sorted() { kept.formUnion(paths.steps(to: id)) } }
        return kept.filter { $0 < texts.count && texts[$0] != nil }.sorted()
    }

    // MARK: tokenizer.json

    private mutating func read(_ json: JSONValue, _ companions: TokenizerCompanions) throws {
        let model = json["model"] ?? .null
        let kind = model["type"]?.string ?? (model["merges"] == nil ? "WordPiece" : "BPE")
        var unknown: Int?
        switch kind {
        case "Unigram":
            for (id, entry) in (model["vocab"]?.array ?? []).enumerated() { set(id, entry.array?.first?.string) }
            unknown = model["unk_id"]?.integer
        case "BPE":
            for key in ["continuing_subword_prefix", "end_of_word_suffix"] where model[key]?.string?.isEmpty == false {
                throw Self.refusal("model.\(key)", "marks the parts of words")
            }
            for (text, id) in model["vocab"]?.object?.members ?? [] { if let id = id.integer { set(id, text) } }
        default: throw Self.refusal("model.type", "\(kind) is no kind of which tokens can be left out")
        }
        let own = texts
        addTokens(json, companions)
        if kind == "BPE" {
            paths = MergePaths(
                own,
                merges: (model["merges"]?.array ?? []).compactMap(Self.merge).map { (Array($0.utf8), Array($1.utf8)) })
        }
        if let unknown { needed.insert(unknown) }
        needAlphabet(own, byBytes: model["byte_fallback"]?.bool ?? false)
    }

    /// Tokens beside the model's own, by all files that name some.
    private mutating func addTokens(_ json: JSONValue, _ companions: TokenizerCompanions) {
        var added = (json["added_tokens"]?.array ?? []).map { ($0["content"]?.string, $0["id"]?.integer) }
        for (id, token) in companions.config?["added_tokens_decoder"]?.object?.members ?? [] {
            added.append((token["content"]?.string, Int(id)))
        }
        for (text, id) in companions.addedTokens?.object?.members ?? [] { added.append((text, id.integer)) }
        for case (let text?, let id?) in added where id >= 0 && id < 1 << 26 {
            if id >= texts.count || texts[id] == nil { set(id, text) }
            needed.insert(id)
        }
        PostProcessorTokens.ids(json["post_processor"] ?? .null).forEach { needed.insert($0) }
    }

    /// A merge is `"a b"` in older files and `["a", "b"]` in newer ones.
    static func merge(_ value: JSONValue) -> (String, String)? {
        if let parts = value.array {
            guard parts.count == 2, let left = parts[0].string, let right = parts[1].string else { return nil }
            return (left, right)
        }
        let parts = value.string?.split(separator: " ", omittingEmptySubsequences: false) ?? []
        return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
    }

    // MARK: GGUF

    private mutating func read(_ vocabulary: GGUFVocabulary) throws {
        texts = vocabulary.tokens
        let types = vocabulary.tokenTypes ?? []
        switch (vocabulary.model, vocabulary.merges, vocabulary.scores) {
        case ("gpt2", let merges?, _):
            paths = MergePaths(texts, merges: merges.compactMap(Self.merge))
            needAlphabet(texts, byBytes: false)
        case ("llama", nil, let scores?) where scores.count == texts.count:
            paths = MergePaths(texts, scores: scores)
        default:
            throw Self.refusal(
                "tokenizer.ggml.model", "\(vocabulary.model) is no kind of which tokens can be left out")
        }
        // Unknown, control, user defined and byte tokens.
        for (id, type) in types.enumerated() where [2, 3, 4, 6].contains(type) { needed.insert(id) }
        let named = [
            vocabulary.bosID, vocabulary.eosID, vocabulary.eotID, vocabulary.unknownID, vocabulary.separatorID,
            vocabulary.paddingID, vocabulary.classificationID, vocabulary.maskID,
        ]
        needed.formUnion(named.compactMap { $0.map { Int($0) } })
    }

    /// The parts of a merge, which a space divides.
    static func merge(_ bytes: [UInt8]) -> (left: [UInt8], right: [UInt8])? {
        guard let space = bytes.dropFirst().firstIndex(of: 0x20) else { return nil }
        return (Array(bytes[..<space]), Array(bytes[(space + 1)...]))
    }

    // MARK: Both

    private mutating func set(_ id: Int, _ text: String?) {
        guard let text, (0..<1 << 26).contains(id) else { return }
        if id >= texts.count { texts += Array(repeating: nil, count: id + 1 - texts.count) }
        texts[id] = Array(text.utf8)
    }

    /// What any text falls apart into: tokens of single bytes where the tokenizer has them for what it does not know, else all
    /// single characters, among them those that stand for bytes.
    private mutating func needAlphabet(_ texts: [[UInt8]?], byBytes: Bool) {
        for (id, text) in texts.enumerated() {
            guard let text else { continue }
            let isByte = text.count == 6 && text.starts(with: Array("<0x".utf8)) && text.last == UInt8(ascii: ">")
            let isCharacter = String(decoding: text, as: UTF8.self).unicodeScalars.count == 1
            if byBytes ? isByte : isCharacter { needed.insert(id) }
        }
    }

    private static func refusal(_ place: String, _ problem: String) -> PruningError {
        PruningError(place, problem, hint: "leave the vocabulary whole", kind: .badInput)
    }
}

/// The numbers of tokens in a post-processor: what it puts around every text.
enum PostProcessorTokens {
    static func ids(_ value: JSONValue) -> [Int] {
        var found: [Int] = []
        _ = map(value) { id in
            found.append(id)
            return id
        }
        return found
    }

    /// `value` with each of these numbers changed.
    static func map(_ value: JSONValue, _ change: (Int) -> Int?) -> JSONValue {
        if let values = value.array { return .array(values.map { map($0, change) }) }
        guard let object = value.object else { return value }
        return .object(
            JSONObject(
                object.members.map { key, value in
                    switch (key, value.array) {
                    case ("ids", let ids?):
                        (key, .array(ids.compactMap { $0.integer.flatMap(change).map { .integer($0) } }))
                    case ("sep", let pair?), ("cls", let pair?):
                        (key, .array(pair.map { $0.integer.flatMap(change).map { .integer($0) } ?? $0 }))
                    default: (key, map(value, change))
                    }
                }))
    }
}
