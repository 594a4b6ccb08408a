// What the names of `tokenizer.ggml.pre` stand for: how byte-level tokenizers cut texts into words.

/// A way to cut texts into words, and what goes with it where a file does not say.
public struct TokenizerPreset: Sendable {
    /// In the form Oniguruma takes, which is that of tokenizer.json too. Applied one after the other, each to the pieces that the one
    /// before left; matches and the gaps between them are pieces alike.
    public let patterns: [String]
    /// Whole words that are tokens are taken without merging.
    public let ignoresMerges: Bool
    /// Whether a begin token is added.
    public let addsBOS: Bool
    /// Whether an end token is added.
    let addsEOS: Bool

    private init(patterns: [String], ignoresMerges: Bool = false, addsBOS: Bool = false, addsEOS: Bool = false) {
        self.patterns = patterns
        self.ignoresMerges = ignoresMerges
        self.addsBOS = addsBOS
        self.addsEOS = addsEOS
    }

    private static let contractions = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
    private static let tail = #" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    private static let threeDigits = contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"# + tail
    private static let oneDigit = contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|"# + tail
    private static let upperWord = #"[^\r\n\p{L}\p{N}]?(?:(?=\p{L})[^a-z])*(?:(?=\p{L})[^A-Z])+"#
    private static let lowerWord = #"[^\r\n\p{L}\p{N}]?(?:(?=\p{L})[^a-z])+(?:(?=\p{L})[^A-Z])*"#
    private static let pathTail = #" ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    private static let deepSeek3 = [
        #"\p{N}{1,3}"#, "[一-龥\u{3040}-\u{309F}\u{30A0}-\u{30FF}]+",
        ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"##,
    ]

    /// What `name` stands for; nil for a name that is not known.
    public init?(named name: String) {
        guard let preset = Self.preset(name) else { return nil }
        self = preset
    }

    /// Every kind of preset under its usual name, those of the most models first.
    private static let usualNames = [
        "gpt-2", "llama-bpe", "dbrx", "qwen2", "smollm", "tekken", "gpt-4o", "deepseek-v3", "deepseek-coder", "falcon",
        "bailingmoe", "poro-chat", "viking", "default",
    ]

    /// The usual names of presets that cut by `patterns`.
    static func names(patterns: [String]) -> [String] {
        let patterns = patterns.map(canonical)
        return usualNames.filter { preset($0)?.patterns == patterns }
    }

    /// How the presets write what tokenizer.json says in other words.
    private static func canonical(_ pattern: String) -> String {
        let words = [
            ("(?i:'s|'t|'re|'ve|'m|'ll|'d)", contractions),
            ("'(?i:[sdmt]|ll|ve|re)", "'(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])"),
            (#"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#, #"(?:(?=\p{L})[^a-z])"#),
            (#"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#, #"(?:(?=\p{L})[^A-Z])"#),
        ]
        return words.reduce(pattern) { $0.replacing($1.0, with: $1.1) }
    }

    private static func preset(_ name: String) -> TokenizerPreset? {
        switch name {
        case "default":
            TokenizerPreset(patterns: [#"[\p{P}\$\+<=>\^~\|]+"#, SplitPattern.gpt2, #"\p{N}+"#, "[0-9][0-9][0-9]"])
        case "gpt-2", "phi-2", "jina-es", "jina-de", "gigachat", "jina-v2-es", "jina-v2-de", "a.x-4.0", "mellum",
            "modern-bert", "mpt",
            "olmo", "jais", "trillion", "granite-docling", "roberta-bpe", "jina-v1-en", "jina-v2-code", "exaone4":
            TokenizerPreset(
                patterns: [SplitPattern.gpt2], addsEOS: ["roberta-bpe", "jina-v1-en", "jina-v2-code"].contains(name))
        case "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2":
            TokenizerPreset(patterns: [threeDigits], ignoresMerges: true, addsBOS: true)
        case "dbrx", "smaug-bpe", "chatglm-bpe", "glm4": TokenizerPreset(patterns: [threeDigits])
        case "qwen2", "stablelm2", "deepseek-r1-qwen", "kormo", "hunyuan", "megrez":
            TokenizerPreset(patterns: [oneDigit])
        case "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b":
            TokenizerPreset(patterns: [#"\p{N}"#, SplitPattern.gpt2])
        case "falcon": TokenizerPreset(patterns: [#"[\p{P}\$\+<=>\^~\|`]+"#, SplitPattern.gpt2, "[0-9][0-9][0-9]"])
        case "tekken":
            TokenizerPreset(
                patterns: [upperWord + "|" + lowerWord + #"|\p{N}|"# + pathTail], ignoresMerges: true, addsBOS: true)
        case "gpt-4o", "llama4":
            TokenizerPreset(
                patterns: [
                    upperWord + contractions + "?|" + lowerWord + contractions + #"?|\p{N}{1,3}|"# + pathTail
                ])
        case "deepseek-coder":
            TokenizerPreset(patterns: [#"[\r\n]"#, #"\s?\p{L}+"#, #"\s?\p{P}+"#, "[一-龥ࠀ-一가-\u{D7FF}]+", #"\p{N}"#])
        case "deepseek-v3", "hunyuan-dense": TokenizerPreset(patterns: deepSeek3)
        case "poro-chat", "bloom", "gpt3-finnish": TokenizerPreset(patterns: [" ?[^(\\s|.,!?…。，、।۔،)]+"])
        case "viking": TokenizerPreset(patterns: [" ?[^(\\s|.,!?…。，、।۔،)]+", #"\p{N}"#])
        case "bailingmoe":
            TokenizerPreset(
                patterns: [
                    #"'(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#
                ])
        default: nil
        }
    }
}
