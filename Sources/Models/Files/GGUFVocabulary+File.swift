// From a GGUF file to the plain values that a tokenizer is built from, and back.

internal import Foundation
public import Tokenizers
public import WeightFiles

extension GGUFVocabulary {
    /// The tokenizer keys of `file`; throws where there is no vocabulary or a key has the wrong type.
    public init(gguf file: GGUFFile) throws {
        let keys = TokenizerKeys(file: file)
        guard let model = try keys.string("model"), let tokens = try keys.array("tokens")?.strings else {
            throw WeightError(file: file.file.path, "holds no tokenizer", hint: "use a file with tokenizer.ggml.tokens")
        }
        self.init(model: model, pre: try keys.string("pre"), tokens: tokens)
        scores = try keys.array("scores")?.floats
        tokenTypes = try keys.array("token_type")?.integers?.map { Int32(clamping: $0) }
        merges = try keys.array("merges")?.strings
        bosID = try keys.id("bos_token_id")
        eosID = try keys.id("eos_token_id")
        eotID = try keys.id("eot_token_id")
        unknownID = try keys.id("unknown_token_id")
        separatorID = try keys.id("seperator_token_id") ?? keys.id("separator_token_id")
        paddingID = try keys.id("padding_token_id")
        classificationID = try keys.id("cls_token_id")
        maskID = try keys.id("mask_token_id")
        addsBOS = keys.value("add_bos_token")?.bool
        addsEOS = keys.value("add_eos_token")?.bool
        addsSpacePrefix = keys.value("add_space_prefix")?.bool
        removesExtraWhitespaces = keys.value("remove_extra_whitespaces")?.bool
        precompiledCharsmap = keys.value("precompiled_charsmap")?.array?.integers?.map { UInt8(truncatingIfNeeded: $0) }
        chatTemplates = file.chatTemplates
    }
}

extension GGUFVocabulary {
    /// The keys as they stand in a file, in the order in which llama.cpp's converter writes them.
    public var keys: [(key: String, value: GGUFValue)] {
        let named: [(String, Int32?)] = [
            ("bos", bosID), ("eos", eosID), ("eot", eotID), ("unknown", unknownID), ("seperator", separatorID),
            ("padding", paddingID), ("cls", classificationID), ("mask", maskID),
        ]
        let values: [(String, GGUFValue?)] =
            [
                ("model", .text(model)), ("pre", pre.map { .text($0) }), ("tokens", .texts(tokens)),
                ("scores", scores.map { .floats($0) }), ("token_type", tokenTypes.map { .integers($0) }),
                ("merges", merges.map { .texts($0) }),
            ]
            + named.map { name, id in ("\(name)_token_id", id.map { .uint32(UInt32($0)) }) }
            + [
                ("add_bos_token", addsBOS.map { .bool($0) }), ("add_eos_token", addsEOS.map { .bool($0) }),
                ("add_space_prefix", addsSpacePrefix.map { .bool($0) }),
            ]
        return values.compactMap { key, value in value.map { ("tokenizer.ggml.\(key)", $0) } }
            + Self.keys(ofTemplates: chatTemplates)
    }

    /// The keys of chat templates: the usual one, and others by name.
    public static func keys(ofTemplates templates: [String: String]) -> [(key: String, value: GGUFValue)] {
        let named = templates.filter { $0.key != "default" }.sorted { $0.key < $1.key }
        return named.map { ("\(template).\($0.key)", .text($0.value)) }
            + (named.isEmpty ? [] : [("\(template)s", .texts(named.map { Array($0.key.utf8) }))])
            + (templates["default"].map { [(template, .text($0))] } ?? [])
    }

    /// Whether `key` is one of chat templates.
    public static func isTemplate(_ key: String) -> Bool {
        key == template || key == template + "s" || key.hasPrefix(template + ".")
    }

    private static let template = "tokenizer.chat_template"
}

/// `tokenizer.ggml.*` with types checked.
private struct TokenizerKeys {
    let file: GGUFFile

    func value(_ key: String) -> GGUFValue? { file.value("tokenizer.ggml.\(key)") }

    func string(_ key: String) throws -> String? { try typed(key, "a UTF-8 string", value(key)?.string) }
    func array(_ key: String) throws -> GGUFArray? { try typed(key, "an array", value(key)?.array) }

    /// A token's id; the largest number stands for none, as llama.cpp writes it.
    func id(_ key: String) throws -> Int32? {
        guard let number = try typed(key, "an integer", value(key)?.integer), number != 0xFFFF_FFFF, number != -1 else {
            return nil
        }
        return try typed(key, "a token id", Int32(exactly: number))
    }

    private func typed<Value>(_ key: String, _ expected: String, _ found: Value?) throws -> Value? {
        if found == nil, let value = value(key) {
            throw WeightError(
                file: "tokenizer.ggml.\(key)", "wrong type", expected: expected, found: value.typeName)
        }
        return found
    }
}
