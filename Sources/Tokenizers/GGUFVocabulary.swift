// The tokenizer keys of a GGUF file, as plain values. Reading the file is not this module's business.

/// What a GGUF file says about its tokenizer (`tokenizer.ggml.*`).
public struct GGUFVocabulary: Sendable {
    /// `tokenizer.ggml.model`: `gpt2`, `llama`, `bert`, `t5`.
    public var model: String
    /// `tokenizer.ggml.pre`: the name of the splitting pattern.
    public var pre: String?
    /// Token texts as stored, by id.
    public var tokens: [[UInt8]]
    public var scores: [Float]?
    /// 1 normal, 2 unknown, 3 control, 4 user defined, 5 unused, 6 byte.
    public var tokenTypes: [Int32]?
    /// `left right`, best first.
    public var merges: [[UInt8]]?
    public var bosID: Int32?
    public var eosID: Int32?
    public var eotID: Int32?
    public var unknownID: Int32?
    public var separatorID: Int32?
    public var paddingID: Int32?
    public var classificationID: Int32?
    public var maskID: Int32?
    public var addsBOS: Bool?
    public var addsEOS: Bool?
    public var addsSpacePrefix: Bool?
    public var removesExtraWhitespaces: Bool?
    /// `tokenizer.ggml.precompiled_charsmap`
    public var precompiledCharsmap: [UInt8]?
    /// `tokenizer.chat_template` as `default`, and `tokenizer.chat_template.NAME`.
    public var chatTemplates: [String: String] = [:]

    /// A vocabulary with everything optional absent.
    public init(model: String, pre: String? = nil, tokens: [[UInt8]]) {
        self.model = model
        self.pre = pre
        self.tokens = tokens
    }
}
