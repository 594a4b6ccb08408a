// The splitting patterns behind the names of `tokenizer.ggml.pre`, in the form Oniguruma takes. Applied one after the other, each
// to the pieces the one before left; matches and the gaps between them are pieces alike.

enum GGUFSplits {
    struct Preset {
        var patterns: [String]
        var ignoresMerges = false
        var addsBOS = false
        var addsEOS = false
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
    static func preset(_ name: String) -> Preset? {
        switch name {
        case "default":
            Preset(patterns: [#"[\p{P}\$\+<=>\^~\|]+"#, SplitPattern.gpt2, #"\p{N}+"#, "[0-9][0-9][0-9]"])
        case "gpt-2", "phi-2", "jina-es", "jina-de", "gigachat", "jina-v2-es", "jina-v2-de", "a.x-4.0", "mellum",
            "modern-bert", "mpt",
            "olmo", "jais", "trillion", "granite-docling", "roberta-bpe", "jina-v1-en", "jina-v2-code", "exaone4":
            Preset(
                patterns: [SplitPattern.gpt2], addsEOS: ["roberta-bpe", "jina-v1-en", "jina-v2-code"].contains(name))
        case "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2":
            Preset(patterns: [threeDigits], ignoresMerges: true, addsBOS: true)
        case "dbrx", "smaug-bpe", "chatglm-bpe", "glm4": Preset(patterns: [threeDigits])
        case "qwen2", "stablelm2", "deepseek-r1-qwen", "kormo", "hunyuan", "megrez": Preset(patterns: [oneDigit])
        case "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b":
            Preset(patterns: [#"\p{N}"#, SplitPattern.gpt2])
        case "falcon": Preset(patterns: [#"[\p{P}\$\+<=>\^~\|`]+"#, SplitPattern.gpt2, "[0-9][0-9][0-9]"])
        case "tekken":
            Preset(patterns: [upperWord + "|" + lowerWord + #"|\p{N}|"# + pathTail], ignoresMerges: true, addsBOS: true)
        case "gpt-4o", "llama4":
            Preset(
                patterns: [
                    upperWord + contractions + "?|" + lowerWord + contractions + #"?|\p{N}{1,3}|"# + pathTail
                ])
        case "deepseek-coder":
            Preset(patterns: [#"[\r\n]"#, #"\s?\p{L}+"#, #"\s?\p{P}+"#, "[一-龥ࠀ-一가-\u{D7FF}]+", #"\p{N}"#])
        case "deepseek-v3", "hunyuan-dense": Preset(patterns: deepSeek3)
        case "poro-chat", "bloom", "gpt3-finnish": Preset(patterns: [" ?[^(\\s|.,!?…。，、।۔،)]+"])
        case "viking": Preset(patterns: [" ?[^(\\s|.,!?…。，、।۔،)]+", #"\p{N}"#])
        case "bailingmoe":
            Preset(
                patterns: [
                    #"'(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#
                ])
        default: nil
        }
    }
}
