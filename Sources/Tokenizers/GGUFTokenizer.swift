// Building a tokenizer from GGUF metadata, so that ids equal llama.cpp's.

extension TokenizerParts {
    init(gguf source: GGUFVocabulary) throws(TokenizerError) {
        guard !source.tokens.isEmpty else { throw GGUFKey.tokens.error("no tokens") }
        guard source.tokens.count <= TokenList.maximumID else { throw GGUFKey.tokens.error("too many tokens") }
        try source.checkCounts()
        var tokens = TokenList()
        var idsByText = ByteTable(minimumCapacity: source.tokens.count)
        for (id, text) in source.tokens.enumerated() {
            tokens.set(Int32(id), to: text)
            idsByText.set(text, to: Int32(id))
        }
        let added = source.addedTokens
        let (model, normalizer, preTokenizer) = try source.stages(idsByText)
        self.init(
            model: model, normalizer: normalizer, preTokenizer: preTokenizer, tokens: tokens, idsByText: idsByText,
            rawAdded: AddedTokenFinder(added, rule: .longestFirst),
            normalizedAdded: AddedTokenFinder([], rule: .longestFirst))
        addedIDs = Set(added.map(\.id))
        specialIDs = Set(added.filter(\.isSpecial).map(\.id))
        bosID = source.model == "bert" ? source.classificationID ?? source.bosID : source.bosID
        eosID = source.eosID
        padID = source.paddingID
        unknownID = source.unknownID
        chatTemplate = source.chatTemplates["default"]
        endOfGenerationIDs = EndOfGeneration.ids(in: idsByText, among: addedIDs)
        for id in [source.eosID, source.eotID] { if let id { endOfGenerationIDs.insert(id) } }
        readPostProcessor(source)
        readDecoder(source)
    }

    private mutating func readPostProcessor(_ source: GGUFVocabulary) {
        let preset = source.model == "gpt2" ? TokenizerPreset(named: source.pre ?? "default") : nil
        let isBert = source.model == "bert"
        if source.addsBOS ?? (source.model == "llama" || isBert || preset?.addsBOS ?? false), let bosID {
            postProcessor.before = [bosID]
        }
        let last = isBert ? source.separatorID : eosID
        if source.addsEOS ?? (isBert || preset?.addsEOS ?? false), let last { postProcessor.after = [last] }
    }

    private mutating func readDecoder(_ source: GGUFVocabulary) {
        let metaspace = Array("▁".utf8)
        switch source.model {
        case "gpt2":
            decoder = .byteLevel
            writesBytes = .byteLevel
        case "bert":
            decoder = .sequence([
                .replace(.literal(metaspace), [0x20]), .fuse, .strip(content: [0x20], start: 1, stop: 0),
            ])
            writesBytes = .metaspace
        default:
            let strips = source.addsSpacePrefix ?? true
            decoder = .sequence([
                .replace(.literal(metaspace), [0x20]), .byteFallback, .fuse,
                .strip(content: [0x20], start: strips ? 1 : 0, stop: 0),
            ])
            writesBytes = .metaspace
        }
    }
}

/// Names of GGUF keys, for complaints.
enum GGUFKey: String {
    case model, pre, tokens, scores, merges
    case tokenType = "token_type"

    func error(_ reason: String, at index: Int? = nil) -> TokenizerError {
        TokenizerError(place: "tokenizer.ggml.\(rawValue)" + (index.map { "[\($0)]" } ?? ""), reason: reason)
    }
}

extension GGUFVocabulary {
    fileprivate func checkCounts() throws(TokenizerError) {
        if let scores, scores.count < tokens.count {
            throw GGUFKey.scores.error("\(scores.count) scores for \(tokens.count) tokens")
        }
        if let tokenTypes, tokenTypes.count < tokens.count {
            throw GGUFKey.tokenType.error("\(tokenTypes.count) types for \(tokens.count) tokens")
        }
        let named = [
            ("bos_token_id", bosID), ("eos_token_id", eosID), ("eot_token_id", eotID), ("unknown_token_id", unknownID),
            ("seperator_token_id", separatorID), ("padding_token_id", paddingID), ("cls_token_id", classificationID),
            ("mask_token_id", maskID),
        ]
        for (key, id) in named {
            if let id, !(0..<Int32(tokens.count) ~= id) {
                throw TokenizerError(
                    place: "tokenizer.ggml.\(key)", reason: "id \(id) is outside the vocabulary of \(tokens.count)")
            }
        }
    }

    /// Control and unknown tokens (found where special tokens are asked for) and user-defined ones (always found).
    fileprivate var addedTokens: [AddedToken] {
        var added: [AddedToken] = []
        for (id, type) in (tokenTypes ?? []).prefix(tokens.count).enumerated() where [2, 3, 4].contains(type) {
            added.append(AddedToken(id: Int32(id), content: tokens[id], isSpecial: type != 4))
        }
        return added
    }

    /// The model and the stages before it.
    fileprivate func stages(_ idsByText: ByteTable) throws(TokenizerError) -> (TokenModel, Normalizer?, PreTokenizer?) {
        switch model {
        case "gpt2":
            let name = pre ?? "default"
            guard let preset = TokenizerPreset(named: name) else {
                throw GGUFKey.pre.error("pre-tokenizer `\(name)` is not supported")
            }
            var steps: [PreTokenizer] = []
            for pattern in preset.patterns {
                steps.append(
                    .split(
                        .regex(try RegularExpression(pattern, place: "tokenizer.ggml.pre")), .isolated, invert: false))
            }
            steps.append(.byteLevel(addPrefixSpace: addsSpacePrefix ?? false, pattern: nil))
            return (.bpe(try rankedModel(idsByText, ignoresMerges: preset.ignoresMerges)), nil, .sequence(steps))
        case "llama":
            guard let scores else { throw GGUFKey.scores.error("missing") }
            let normalizer: Normalizer = .replace(.literal([0x20]), Array("▁".utf8))
            let prefixed: Normalizer = .sequence([.prepend([0x20]), normalizer])
            return (
                .sentencePiece(scoredModel(idsByText, scores)), addsSpacePrefix ?? true ? prefixed : normalizer, nil
            )
        case "bert":
            let unknown = unknownID ?? idsByText.find("[UNK]")
            guard let unknown else { throw TokenizerError(place: "tokenizer.ggml.unknown_token_id", reason: "missing") }
            let pieces = WordPieceModel(
                vocabulary: idsByText, unknownID: unknown, continuingPrefix: [], wordPrefix: Array("▁".utf8),
                maximumCharacters: .max)
            let splitting: PreTokenizer = .sequence([
                .split(.scalars(.whitespace), .removed, invert: false),
                .split(.scalars(.punctuation), .isolated, invert: false),
            ])
            return (
                .wordPiece(pieces), .bert(cleans: true, spacesChinese: true, stripsAccents: true, lowercases: true),
                splitting
            )
        default: throw GGUFKey.model.error("tokenizer model `\(model)` is not supported")
        }
    }

    private func scoredModel(_ idsByText: ByteTable, _ scores: [Float]) -> SentencePieceModel {
        let byteTokens = ByteTokens(idsByText)
        let fallback = (0..<256).map { byte in
            byteTokens[UInt8(byte)] ?? idsByText.find([UInt8(byte)]) ?? unknownID ?? -1
        }
        return SentencePieceModel(vocabulary: idsByText, scores: scores, byteIDs: fallback)
    }

    private func rankedModel(_ idsByText: ByteTable, ignoresMerges: Bool) throws(TokenizerError) -> BPEModel {
        guard let merges else { throw GGUFKey.merges.error("missing") }
        guard merges.count <= TokenList.maximumID else { throw GGUFKey.merges.error("too many merges") }
        var symbols = ByteTable(minimumCapacity: tokens.count)
        for (id, text) in tokens.enumerated() {
            if let bytes = ByteAlphabet.decode(text) { symbols.set(bytes, to: Int32(id)) }
        }
        // llama.cpp merges texts, tokens or not; those that are none get ids past the end.
        var next = Int32(tokens.count)
        func symbol(_ bytes: [UInt8]) -> Int32 {
            if let id = symbols.find(bytes) { return id }
            symbols.set(bytes, to: next)
            next += 1
            return next - 1
        }
        for byte in 0...255 { _ = symbol([UInt8(byte)]) }
        var pairs = PairTable(capacity: merges.count)
        for (rank, merge) in merges.enumerated() {
            guard let space = merge.dropFirst().firstIndex(of: 0x20),
                let left = ByteAlphabet.decode(Array(merge[..<space])),
                let right = ByteAlphabet.decode(Array(merge[(space + 1)...]))
            else { throw GGUFKey.merges.error("not two byte-level parts", at: rank) }
            let (leftID, rightID) = (symbol(left), symbol(right))
            guard pairs.find(leftID, rightID) == nil else { continue }
            pairs.set(leftID, rightID, to: PairTable.Merge(rank: Int32(rank), id: symbol(left + right)))
        }
        var model = BPEModel(vocabulary: symbols, merges: pairs, isByteLevel: true)
        model.ignoresMerges = ignoresMerges
        model.firstVirtualID = Int32(tokens.count)
        return model
    }
}
