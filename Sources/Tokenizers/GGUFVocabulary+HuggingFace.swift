// A tokenizer.json as the keys of a GGUF file, from which llama.cpp makes a tokenizer that gives the same ids.

public import JSON

extension GGUFVocabulary {
    /// The keys for the tokenizer that `tokenizer.json` describes.
    ///
    /// - Parameters:
    ///   - size: rows of the model's embedding. Ids without a token get one that no text gives.
    ///   - rendersChats: whether texts come out of a chat template, and so begin with a special token.
    /// - Throws: `TokenizerError` where llama.cpp has no such tokenizer, or would give other ids.
    public init(
        huggingFace json: JSONValue, companions: TokenizerCompanions, size: Int, rendersChats: Bool
    ) throws(TokenizerError) {
        let parts = try TokenizerParts(huggingFace: json, companions: companions)
        let root = LocatedJSON(value: json, path: "$"), stages = try GGUFStages(root)
        let merges = try root.required("model").required("merges")
        let listed = try ListedTokens(parts, stages, size: size)
        switch stages {
        case .byteLevel(let names):
            self.init(model: "gpt2", pre: try Self.preset(names, parts), tokens: listed.texts)
            self.merges = try Self.texts(of: merges)
        case .sentencePiece(let prefix):
            self.init(model: "llama", pre: "default", tokens: listed.texts)
            scores =
                try GGUFScores(
                    parts.tokens.texts.prefix(size).map { $0 ?? [] }, isPiece: listed.types.map { $0 == .normal },
                    merges: merges
                ).values + Array(repeating: 0, count: max(0, size - parts.tokens.count))
            addsSpacePrefix = prefix == .always || prefix == .first && !rendersChats
        }
        tokenTypes = listed.types.map(\.rawValue)
        try setNamedTokens(parts, size)
        try requireSameIDs(as: parts, stages, rendersChats: rendersChats)
    }

    /// The name among those for the same splits that takes whole words without merging where the file does, unless merging comes to
    /// the same for every token.
    private static func preset(_ names: [String], _ parts: TokenizerParts) throws(TokenizerError) -> String {
        guard case .bpe(var model) = parts.model else { preconditionFailure("GGUFStages takes BPE alone") }
        let ignores = model.ignoresMerges
        if let name = names.first(where: { TokenizerPreset(named: $0)?.ignoresMerges == ignores }) { return name }
        model.ignoresMerges = false
        let scratch = MergeScratch()
        for (id, text) in parts.tokens.texts.enumerated() where !parts.addedIDs.contains(Int32(id)) {
            guard let bytes = text.flatMap(ByteAlphabet.decode) else { continue }
            var tokens: [WordToken] = []
            bytes.withUnsafeBufferPointer { model.tokenize($0, scratch, into: &tokens) }
            guard tokens.map(\.id) == [Int32(id)] else {
                throw TokenizerError(
                    place: "$.model.ignore_merges",
                    reason: "\(ignores) cannot stand in a GGUF file: llama.cpp has no such tokenizer with these splits")
            }
        }
        return names[0]
    }

    private static func texts(of merges: LocatedJSON) throws(TokenizerError) -> [[UInt8]] {
        var texts: [[UInt8]] = []
        for merge in try merges.elements() {
            let (left, right) = try BPEModel.parts(of: merge)
            guard !left.contains(0x20), !right.contains(0x20) else {
                throw merge.error("a space in a byte-level merge")
            }
            texts.append(left + [0x20] + right)
        }
        return texts
    }

    /// The tokens with a name, and those that stand around every text.
    private mutating func setNamedTokens(_ parts: TokenizerParts, _ size: Int) throws(TokenizerError) {
        func inside(_ id: Int32?) -> Int32? { id.flatMap { $0 < size ? $0 : nil } }
        let (before, after) = (parts.postProcessor.before, parts.postProcessor.after)
        bosID = inside(parts.bosID ?? before.first)
        eosID = inside(parts.eosID ?? after.first)
        paddingID = inside(parts.padID)
        unknownID = inside(parts.unknownID)
        addsBOS = !before.isEmpty
        addsEOS = !after.isEmpty
        guard before.isEmpty || before == [bosID], after.isEmpty || after == [eosID] else {
            throw TokenizerError(
                place: "$.post_processor",
                reason: "other tokens around a text than bos_token and eos_token cannot stand in a GGUF file")
        }
    }
}

/// The tokens of a GGUF file, by id.
private struct ListedTokens {
    /// What a token is to llama.cpp.
    enum Kind: Int32 { case normal = 1, unknown, control, userDefined, unused, byte }

    private(set) var texts: [[UInt8]] = []
    private(set) var types: [Kind] = []

    init(_ parts: TokenizerParts, _ stages: GGUFStages, size: Int) throws(TokenizerError) {
        let added = Dictionary(parts.addedTokens.map { ($0.id, $0) }) { _, last in last }
        let writesSpaces = if case .sentencePiece = stages { true } else { false }
        for id in 0..<Int32(size) {
            if let token = added[id] {
                try append(token, id == parts.unknownID, writesSpaces)
            } else if let text = parts.tokens[id] {
                texts.append(text)
                let isByte = writesSpaces && ByteTokens.byte(text) != nil
                types.append(isByte ? .byte : writesSpaces && id == parts.unknownID ? .unknown : .normal)
            } else {
                texts.append(Array("[PAD\(id)]".utf8))
                types.append(.unused)
            }
        }
        for id in size..<max(size, parts.tokens.count) where added[Int32(id)] == nil && parts.tokens[Int32(id)] != nil {
            throw TokenizerError(
                place: "$.model.vocab", reason: "token \(id) has no row in the model's embedding of \(size)")
        }
        var seen = ByteTable(minimumCapacity: size)
        for (id, text) in texts.enumerated() {
            if let other = seen.find(text) {
                throw TokenizerError(
                    place: "$.model.vocab", reason: "tokens \(other) and \(id) would have one text in a GGUF file")
            }
            seen.set(text, to: Int32(id))
        }
    }

    private mutating func append(_ token: AddedToken, _ isUnknown: Bool, _ writesSpaces: Bool) throws(TokenizerError) {
        guard !token.leftStrip, !token.rightStrip, !token.singleWord else {
            throw TokenizerError(
                place: "$.added_tokens",
                reason:
                    "\(String(decoding: token.content, as: UTF8.self)) takes what stands around it (lstrip, rstrip or "
                    + "single_word): that cannot stand in a GGUF file, llama.cpp has no such tokens")
        }
        let isControl = token.isSpecial || token.looksSpecial
        // SentencePiece finds such tokens in the text as it is, with its spaces.
        texts.append(
            writesSpaces && !isControl ? token.content.replacing(Array("▁".utf8), with: [0x20]) : token.content)
        types.append(isUnknown && writesSpaces ? .unknown : isControl ? .control : .userDefined)
    }
}

extension AddedToken {
    /// Tokens of a protocol that files forget to call special; llama.cpp's converter goes by the same looks.
    fileprivate var looksSpecial: Bool {
        let text = String(decoding: content, as: UTF8.self)
        return ["<pad>", "<mask>", "<2mass>", "[@BOS@]"].contains(text)
            || text.hasPrefix("<|") && text.hasSuffix("|>") || text.hasPrefix("<｜") && text.hasSuffix("｜>")
            || text.hasPrefix("<unused") && text.hasSuffix(">")
    }
}
