// The stages of tokenizer.json for the names that GGUF gives its splits (`tokenizer.ggml.pre`).

internal import JSON
internal import Tokenizers

/// Everything of a tokenizer.json that does not depend on the vocabulary.
struct TokenizerStages {
    let normalizer: JSONValue
    let preTokenizer: JSONValue
    let decoder: JSONValue
    /// Whole words that are tokens are taken without merging.
    let ignoresMerges: Bool
    /// Whether a begin token is added where the file does not say.
    let addsBOS: Bool

    /// Byte-level BPE with the splits called `pre`.
    init(byteLevel pre: String) throws {
        guard let preset = TokenizerPreset(named: pre) else {
            throw ModelExportError(
                "tokenizer.ggml.pre", "a tokenizer.json cannot be built for the splits `\(pre)`",
                hint: "start from the Hugging Face folder of the model")
        }
        normalizer = .null
        decoder = TokenizerStages.byteLevel(addPrefixSpace: true, useRegex: true)
        let splits: [JSONValue] = preset.patterns.map { pattern in
            ["type": "Split", "pattern": ["Regex": .string(pattern)], "behavior": "Isolated", "invert": false]
        }
        preTokenizer = [
            "type": "Sequence",
            "pretokenizers": .array(splits + [TokenizerStages.byteLevel(addPrefixSpace: false, useRegex: false)]),
        ]
        (ignoresMerges, addsBOS) = (preset.ignoresMerges, preset.addsBOS)
    }

    /// SentencePiece-style BPE over the whole text, spaces as ▁.
    init(sentencePieceAddsPrefix addsPrefix: Bool) {
        let replace: JSONValue = ["type": "Replace", "pattern": ["String": " "], "content": "▁"]
        normalizer = [
            "type": "Sequence",
            "normalizers": .array(addsPrefix ? [["type": "Prepend", "prepend": "▁"], replace] : [replace]),
        ]
        preTokenizer = .null
        let back: [JSONValue] = [
            ["type": "Replace", "pattern": ["String": "▁"], "content": " "], ["type": "ByteFallback"], ["type": "Fuse"],
        ]
        let strip: JSONValue = ["type": "Strip", "content": " ", "start": 1, "stop": 0]
        decoder = ["type": "Sequence", "decoders": .array(addsPrefix ? back + [strip] : back)]
        (ignoresMerges, addsBOS) = (false, true)
    }

    private static func byteLevel(addPrefixSpace: Bool, useRegex: Bool) -> JSONValue {
        [
            "type": "ByteLevel", "add_prefix_space": .bool(addPrefixSpace), "trim_offsets": true,
            "use_regex": .bool(useRegex),
        ]
    }
}
