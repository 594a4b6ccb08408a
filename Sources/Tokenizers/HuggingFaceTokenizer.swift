// Building a tokenizer from tokenizer.json.

internal import JSON

extension TokenizerParts {
    init(huggingFace json: JSONValue, companions: TokenizerCompanions) throws(TokenizerError) {
        let root = LocatedJSON(value: json, path: "$")
        let normalizer = try root.optional("normalizer").map { node throws(TokenizerError) in try Normalizer(node) }
        let preTokenizer = try root.optional("pre_tokenizer").map { node throws(TokenizerError) in
            try PreTokenizer(node)
        }
        let isByteLevel = preTokenizer?.endsInBytes ?? false
        var (model, tokens, idsByText) = try Self.readModel(root.required("model"), isByteLevel: isByteLevel)
        let modelSize = idsByText.count
        var added = try Self.readAddedTokens(root, &tokens, &idsByText)
        try Self.declare(companions.declaredTokens(), modelSize: modelSize, &added, &tokens, &idsByText)

        let normalizedAdded = added.filter(\.isNormalized).map { token in
            var text = AlignedText(bytes: token.content)
            normalizer?.apply(to: &text)
            var token = token
            token.content = text.bytes
            // Hugging Face decodes such a token to its normalised text.
            tokens.set(token.id, to: text.bytes)
            return token
        }
        self.init(
            model: model, normalizer: normalizer, preTokenizer: preTokenizer, tokens: tokens, idsByText: idsByText,
            rawAdded: AddedTokenFinder(added.filter { !$0.isNormalized }, rule: .leftmostLongest),
            normalizedAdded: AddedTokenFinder(normalizedAdded, rule: .leftmostLongest))
        addedTokens = added
        addedIDs = Set(added.map(\.id))
        specialIDs = Set(added.filter(\.isSpecial).map(\.id))
        postProcessor =
            try root.optional("post_processor").map { node throws(TokenizerError) in
                try PostProcessor(node) { self.tokens[$0] != nil }
            } ?? PostProcessor()
        decoder = try root.optional("decoder").map { node throws(TokenizerError) in try Decoder(node) }
        writesBytes = decoder?.writtenBytes ?? .plain
        try readConfig(companions.settings)
    }

    private static func readModel(
        _ node: LocatedJSON, isByteLevel: Bool
    ) throws(TokenizerError) -> (TokenModel, TokenList, ByteTable) {
        // Files from before there was a choice do not name the kind.
        let kind = try node.optional("type")?.string() ?? (node.optional("merges") != nil ? "BPE" : "WordPiece")
        if kind == "Unigram" {
            guard !isByteLevel else { throw node.error("a byte-level Unigram model is not supported") }
            let model = try UnigramModel(node)
            var tokens = TokenList()
            for (id, entry) in try node.required("vocab").elements().enumerated() {
                tokens.set(Int32(id), to: try entry.elements()[0].bytes())
            }
            return (.unigram(model), tokens, model.vocabulary)
        }
        let vocab = try node.required("vocab")
        let members = try vocab.members().members
        guard members.count <= TokenList.maximumID else { throw vocab.error("too many tokens") }
        var tokens = TokenList()
        var idsByText = ByteTable(minimumCapacity: members.count)
        var keyed = ByteTable(minimumCapacity: isByteLevel ? members.count : 0)
        for (text, value) in members {
            let id: Int32
            if let integer = value.integer, 0...TokenList.maximumID ~= integer {
                id = Int32(integer)
            } else {
                id = try LocatedJSON(value: value, path: "\(vocab.path)[\(JSONValue.string(text).text())]").id()
            }
            let bytes = Array(text.utf8)
            tokens.set(id, to: bytes)
            idsByText.set(bytes, to: id)
            if isByteLevel, let decoded = ByteAlphabet.decode(bytes) { keyed.set(decoded, to: id) }
        }
        let vocabulary = isByteLevel ? keyed : idsByText
        switch kind {
        case "BPE":
            return (
                .bpe(try BPEModel(node, texts: idsByText, vocabulary: vocabulary, isByteLevel: isByteLevel)), tokens,
                idsByText
            )
        case "WordPiece": return (.wordPiece(try WordPieceModel(node, vocabulary: vocabulary)), tokens, idsByText)
        case "WordLevel": return (.wordLevel(try WordLevelModel(node, vocabulary: vocabulary)), tokens, idsByText)
        default: throw node.error("model `\(kind)` is not supported")
        }
    }

    private static func readAddedTokens(
        _ root: LocatedJSON, _ tokens: inout TokenList, _ idsByText: inout ByteTable
    ) throws(TokenizerError) -> [AddedToken] {
        guard let list = root.optional("added_tokens") else { return [] }
        var added: [AddedToken] = []
        for node in try list.elements() {
            let content = try node.required("content").bytes()
            let isSpecial = try node.bool("special", default: false)
            let stated = try node.required("id").id()
            // A token that the model has keeps the model's id, as in Hugging Face.
            let id = idsByText.find(content) ?? stated
            if let other = tokens[id], other != content { throw node.error("id \(id) belongs to another token") }
            tokens.set(id, to: content)
            idsByText.set(content, to: id)
            guard !content.isEmpty else { continue }
            added.append(
                AddedToken(
                    id: id, content: content, isSpecial: isSpecial,
                    singleWord: try node.bool("single_word", default: false),
                    leftStrip: try node.bool("lstrip", default: false),
                    rightStrip: try node.bool("rstrip", default: false),
                    isNormalized: try node.bool("normalized", default: !isSpecial)))
        }
        return added
    }

    /// Adds tokens that tokenizer.json does not add itself. One that the model has keeps its id; one that is new gets the next;
    /// one that is there with other flags gets these.
    private static func declare(
        _ declared: [DeclaredToken], modelSize: Int, _ added: inout [AddedToken], _ tokens: inout TokenList,
        _ idsByText: inout ByteTable
    ) throws(TokenizerError) {
        var next = max(modelSize, added.map { Int($0.id) + 1 }.max() ?? 0)
        for token in declared {
            if let there = added.first(where: { $0.content == token.content }), !token.changes(there) { continue }
            let known = idsByText.find(token.content)
            guard let id = known ?? (next <= TokenList.maximumID ? Int32(next) : nil) else {
                throw TokenizerError(place: "tokenizer_config.json", reason: "too many tokens")
            }
            if known == nil {
                tokens.set(id, to: token.content)
                idsByText.set(token.content, to: id)
            }
            next = max(next, Int(id) + 1)
            added.removeAll { $0.content == token.content }
            added.append(token.token(id))
        }
    }

    // MARK: - tokenizer_config.json

    /// `add_bos_token` and `add_eos_token` are left alone: where there is a tokenizer.json, its post-processor alone decides what
    /// stands around a text, in transformers 5 as here.
    private mutating func readConfig(_ config: JSONValue) throws(TokenizerError) {
        let node = LocatedJSON(value: config, path: "tokenizer_config.json")
        guard node.value.object != nil else { throw node.error("expected an object, found \(node.value.typeName)") }
        bosID = try namedToken(node, "bos_token")
        eosID = try namedToken(node, "eos_token")
        padID = try namedToken(node, "pad_token")
        unknownID = try namedToken(node, "unk_token")
        endOfGenerationIDs = EndOfGeneration.ids(in: idsByText, among: specialIDs)
        if let eosID { endOfGenerationIDs.insert(eosID) }
        guard let template = node.optional("chat_template") else { return }
        if template.value.array == nil {
            chatTemplate = try template.string()
            return
        }
        // Several, by name.
        for element in try template.elements() where try element.required("name").string() == "default" {
            chatTemplate = try element.required("template").string()
        }
    }

    /// A token is named by its text or by an object with `content`. One that the vocabulary lacks counts as absent.
    private func namedToken(_ node: LocatedJSON, _ key: String) throws(TokenizerError) -> Int32? {
        guard let token = node.optional(key) else { return nil }
        return idsByText.find(token.value.object != nil ? try token.required("content").bytes() : try token.bytes())
    }
}

/// Tokens that end generation wherever they occur, by the names that models give them.
enum EndOfGeneration {
    private static let names = [
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|eom_id|>", "<EOT>", "_<EOT>",
        "<｜end▁of▁sentence｜>",
        "<|end_of_text|>", "<|return|>", "<|call|>", "<|calls|>", "<turn|>",
    ]

    /// The ids of those names that are in `vocabulary` and in `special`.
    static func ids(in vocabulary: ByteTable, among special: Set<Int32>) -> Set<Int32> {
        Set(names.compactMap { vocabulary.find($0) }.filter { special.contains($0) })
    }
}

extension Decoder {
    /// How the token texts that this decoder reads stand for bytes.
    var writtenBytes: TokenizerParts.WrittenBytes {
        switch self {
        case .byteLevel: return .byteLevel
        case .metaspace, .byteFallback: return .metaspace
        case .wordPiece(let prefix, _): return .wordPiece(prefix)
        case .sequence(let steps):
            for step in steps {
                if case .plain = step.writtenBytes { continue }
                return step.writtenBytes
            }
            return .plain
        default: return .plain
        }
    }
}
