// The stages of tokenizer.json for the names that GGUF gives its splits (`tokenizer.ggml.pre`).

internal import JSON

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
        normalizer = .null
        decoder = TokenizerStages.byteLevel(useRegex: true, addPrefixSpace: true)
        switch pre {
        case "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b":
            preTokenizer = TokenizerStages.sequence([
                ["type": "Digits", "individual_digits": true], TokenizerStages.byteLevel(useRegex: true),
            ])
            (ignoresMerges, addsBOS) = (false, false)
        case "gpt-2", "phi-2", "mpt", "olmo", "jais", "granite-docling", "roberta-bpe", "exaone4":
            preTokenizer = TokenizerStages.byteLevel(useRegex: true)
            (ignoresMerges, addsBOS) = (false, false)
        case "llama-bpe", "llama3", "llama-v3", "falcon3", "pixtral":
            preTokenizer = TokenizerStages.split(
                TokenizerStages.words + TokenizerStages.threeDigits + TokenizerStages.tail)
            (ignoresMerges, addsBOS) = (true, true)
        case "dbrx", "smaug-bpe":
            preTokenizer = TokenizerStages.split(
                TokenizerStages.words + TokenizerStages.threeDigits + TokenizerStages.tail)
            (ignoresMerges, addsBOS) = (false, false)
        case "qwen2", "deepseek-r1-qwen", "stablelm2", "megrez":
            preTokenizer = TokenizerStages.split(
                TokenizerStages.words + TokenizerStages.oneDigit + TokenizerStages.tail)
            (ignoresMerges, addsBOS) = (false, false)
        default:
            throw ModelExportError(
                "tokenizer.ggml.pre", "a tokenizer.json cannot be built for the splits `\(pre)`",
                hint: "start from the Hugging Face folder of the model")
        }
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

    // The splits' pieces, in Oniguruma's syntax, which is that of `tokenizers` too.
    private static let words = #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"#
    private static let threeDigits = #"\p{N}{1,3}|"#
    private static let oneDigit = #"\p{N}|"#
    private static let tail = #" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

    private static func byteLevel(useRegex: Bool, addPrefixSpace: Bool = false) -> JSONValue {
        [
            "type": "ByteLevel", "add_prefix_space": .bool(addPrefixSpace), "trim_offsets": true,
            "use_regex": .bool(useRegex),
        ]
    }

    private static func split(_ pattern: String) -> JSONValue {
        sequence([
            ["type": "Split", "pattern": ["Regex": .string(pattern)], "behavior": "Isolated", "invert": false],
            byteLevel(useRegex: false),
        ])
    }

    private static func sequence(_ stages: [JSONValue]) -> JSONValue {
        ["type": "Sequence", "pretokenizers": .array(stages)]
    }
}
