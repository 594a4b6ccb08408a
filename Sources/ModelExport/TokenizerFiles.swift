// A GGUF's vocabulary as the files that Hugging Face's tokenizers and transformers load, with the same ids.

internal import JSON
internal import Tokenizers

/// tokenizer.json, tokenizer_config.json and generation_config.json.
struct TokenizerFiles {
    private(set) var files: [(name: String, value: JSONValue)]

    private let vocabulary: GGUFVocabulary
    /// By id; a text that is not UTF-8 cannot stand in JSON and is an error.
    private let texts: [String]

    private enum TokenType { static let unknown: Int32 = 2, control: Int32 = 3, userDefined: Int32 = 4 }

    init(_ vocabulary: GGUFVocabulary, contextLength: Int?) throws {
        self.vocabulary = vocabulary
        texts = try vocabulary.tokens.enumerated().map { id, bytes in
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw ModelExportError("tokenizer.ggml.tokens[\(id)]", "is not UTF-8: tokenizer.json cannot hold it")
            }
            return text
        }
        files = []
        let tokenizer = try tokenizerJSON()
        files = [
            ("tokenizer.json", tokenizer), ("tokenizer_config.json", configurationJSON(contextLength)),
            ("generation_config.json", generationJSON()),
        ]
    }

    // MARK: tokenizer.json

    private func tokenizerJSON() throws -> JSONValue {
        let stages: TokenizerStages
        switch vocabulary.model {
        case "gpt2": stages = try TokenizerStages(byteLevel: vocabulary.pre ?? "default")
        case "llama": stages = TokenizerStages(sentencePieceAddsPrefix: vocabulary.addsSpacePrefix ?? true)
        default:
            throw ModelExportError(
                "tokenizer.ggml.model", "a tokenizer.json cannot be built from \(vocabulary.model)",
                expected: "gpt2 or llama",
                hint: "start from the Hugging Face folder of the model")
        }
        return [
            "version": "1.0", "truncation": nil, "padding": nil, "added_tokens": .array(addedTokens()),
            "normalizer": stages.normalizer, "pre_tokenizer": stages.preTokenizer,
            "post_processor": postProcessor(addsBOS: vocabulary.addsBOS ?? stages.addsBOS), "decoder": stages.decoder,
            "model": try model(stages),
        ]
    }

    private func addedTokens() -> [JSONValue] {
        texts.indices.compactMap { id in
            let type = type(id)
            guard type == TokenType.control || type == TokenType.userDefined || type == TokenType.unknown else {
                return nil
            }
            return [
                "id": .integer(id), "content": .string(texts[id]), "single_word": false, "lstrip": false,
                "rstrip": false,
                "normalized": false, "special": .bool(type != TokenType.userDefined),
            ]
        }
    }

    private func type(_ id: Int) -> Int32 {
        guard let types = vocabulary.tokenTypes, id < types.count else { return 1 }
        return types[id]
    }

    private func model(_ stages: TokenizerStages) throws -> JSONValue {
        let isSentencePiece = vocabulary.model == "llama"
        let merges = isSentencePiece && vocabulary.merges == nil ? mergesFromScores() : try storedMerges()
        return [
            "type": "BPE", "dropout": nil,
            "unk_token": isSentencePiece ? (text(vocabulary.unknownID).map { .string($0) } ?? .null) : .null,
            "continuing_subword_prefix": nil, "end_of_word_suffix": nil, "fuse_unk": .bool(isSentencePiece),
            "byte_fallback": .bool(isSentencePiece), "ignore_merges": .bool(stages.ignoresMerges),
            "vocab": .object(JSONObject(texts.enumerated().map { ($1, .integer($0)) })),
            "merges": .array(merges.map { [.string($0), .string($1)] }),
        ]
    }

    /// `left right`, cut at the first space after the first byte.
    private func storedMerges() throws -> [(String, String)] {
        guard let merges = vocabulary.merges else {
            throw ModelExportError("tokenizer.ggml.merges", "is missing")
        }
        return try merges.enumerated().map { index, bytes in
            guard let space = bytes.dropFirst().firstIndex(of: 0x20),
                let left = String(validating: bytes[..<space], as: UTF8.self),
                let right = String(validating: bytes[(space + 1)...], as: UTF8.self)
            else { throw ModelExportError("tokenizer.ggml.merges[\(index)]", "is not two pieces") }
            return (left, right)
        }
    }

    /// SentencePiece has no list of merges: two pieces merge whenever their union is a piece, the best score first.
    private func mergesFromScores() -> [(String, String)] {
        var ids: [[UInt8]: Int] = [:]
        for (id, bytes) in vocabulary.tokens.enumerated() where ids[bytes] == nil { ids[bytes] = id }
        var found: [(score: Float, left: Int, right: Int, piece: Int)] = []
        for (piece, bytes) in vocabulary.tokens.enumerated() where type(piece) == 1 {
            for cut in bytes.indices.dropFirst() {
                guard let left = ids[Array(bytes[..<cut])], let right = ids[Array(bytes[cut...])] else { continue }
                found.append((vocabulary.scores?[piece] ?? 0, left, right, piece))
            }
        }
        found.sort { a, b in
            a.score != b.score ? a.score > b.score : (a.piece, a.left, a.right) < (b.piece, b.left, b.right)
        }
        return found.map { (texts[$0.left], texts[$0.right]) }
    }

    private func postProcessor(addsBOS: Bool) -> JSONValue {
        let begin = addsBOS ? vocabulary.bosID : nil
        let end = vocabulary.addsEOS ?? false ? vocabulary.eosID : nil
        guard begin != nil || end != nil else { return .null }
        func special(_ id: Int32?, _ type: Int) -> [JSONValue] {
            text(id).map { [["SpecialToken": ["id": .string($0), "type_id": .integer(type)]]] } ?? []
        }
        func sequence(_ name: String, _ type: Int) -> [JSONValue] {
            special(begin, type) + [["Sequence": ["id": .string(name), "type_id": .integer(type)]]] + special(end, type)
        }
        var tokens = JSONObject()
        for id in [begin, end] {
            guard let id, let text = text(id) else { continue }
            tokens[text] = ["id": .string(text), "ids": [.integer(Int(id))], "tokens": [.string(text)]]
        }
        return [
            "type": "TemplateProcessing", "single": .array(sequence("A", 0)),
            "pair": .array(sequence("A", 0) + sequence("B", 1)), "special_tokens": .object(tokens),
        ]
    }

    private func text(_ id: Int32?) -> String? {
        guard let id, id >= 0, Int(id) < texts.count else { return nil }
        return texts[Int(id)]
    }

    // MARK: Beside it

    private func configurationJSON(_ contextLength: Int?) -> JSONValue {
        var json = JSONObject()
        // The class that takes tokenizer.json as it is; a family's own class would rebuild it and lose its splits.
        json["tokenizer_class"] = "PreTrainedTokenizerFast"
        for (key, id) in [
            ("bos_token", vocabulary.bosID), ("eos_token", vocabulary.eosID), ("unk_token", vocabulary.unknownID),
            ("pad_token", vocabulary.paddingID),
        ] {
            if let text = text(id) { json[key] = .string(text) }
        }
        json["clean_up_tokenization_spaces"] = false
        if let contextLength { json["model_max_length"] = .integer(contextLength) }
        json["chat_template"] = chatTemplate
        return .object(json)
    }

    /// One text, or a list of named ones where there are several.
    private var chatTemplate: JSONValue? {
        let named = vocabulary.chatTemplates.sorted { $0.key < $1.key }
        if named.count == 1, named[0].key == "default" { return .string(named[0].value) }
        guard !named.isEmpty else { return nil }
        return .array(named.map { ["name": .string($0.key), "template": .string($0.value)] })
    }

    private func generationJSON() -> JSONValue {
        var json = JSONObject()
        if let id = vocabulary.bosID { json["bos_token_id"] = .integer(Int(id)) }
        let ends = [vocabulary.eosID, vocabulary.eotID].compactMap(\.self).reduce(into: [Int32]()) { ends, id in
            if !ends.contains(id) { ends.append(id) }
        }
        if let first = ends.first {
            json["eos_token_id"] = ends.count == 1 ? .integer(Int(first)) : .array(ends.map { .integer(Int($0)) })
        }
        if let id = vocabulary.paddingID { json["pad_token_id"] = .integer(Int(id)) }
        return .object(json)
    }
}
