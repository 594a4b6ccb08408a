// `config.json` to a configuration and back. Keys are transformers' own.

public import JSON

extension ModelConfiguration {
    /// Reads `config.json` of transformers 4 or 5. A key that would change the numbers and is not computed here is an error.
    public init(huggingFace json: JSONValue) throws {
        let fields = HuggingFaceFields(json)
        guard let family = json["model_type"]?.string else { throw ModelConfigurationError.missing(key: "model_type") }
        guard Self.supportedFamilies.contains(family) else {
            throw ModelConfigurationError.unsupportedArchitecture(found: family, supported: Self.supportedFamilies)
        }
        let activation = json["hidden_act"]?.string ?? "silu"
        guard activation == "silu" || activation == "swish" else {
            throw ModelConfigurationError.unsupported(key: "hidden_act", value: activation)
        }
        let width = try fields.required("hidden_size")
        let layers = try fields.required("num_hidden_layers")
        let heads = try fields.required("num_attention_heads")
        let rotary = try RotaryFields(json)
        // Qwen2 always has them, and has no key that says so.
        let attentionBias = try fields.flag("attention_bias") ?? (family == "qwen2")
        let (window, sliding) = try Self.slidingWindow(fields, family: family, layers: layers)
        self.init(
            family: family, width: width, layers: layers, heads: heads,
            keyValueHeads: try fields.optional("num_key_value_heads") ?? heads,
            headWidth: try fields.optional("head_dim") ?? Self.headWidth(family: family, width: width, heads: heads),
            mlpWidth: try fields.required("intermediate_size"), vocabularySize: try fields.required("vocab_size"),
            normEpsilon: Float(try fields.number("rms_norm_eps") ?? 1e-6),
            rotaryBase: rotary.base, rotaryScaling: rotary.scaling,
            contextLength: try fields.optional("max_position_embeddings") ?? 2_048,
            isTied: try fields.flag("tie_word_embeddings") ?? false,
            hasAttentionBias: attentionBias,
            // Llama and Qwen3 put the bias on the output projection too; Qwen2 never does.
            hasOutputBias: attentionBias && family != "qwen2",
            hasMLPBias: try fields.flag("mlp_bias") ?? false,
            hasQueryKeyNorm: family == "qwen3",
            slidingWindow: window, slidingLayers: sliding,
            beginToken: json["bos_token_id"]?.integer,
            endTokens: json["eos_token_id"]?.array?.compactMap(\.integer) ?? json["eos_token_id"]?.integer.map { [$0] }
                ?? [])
        self = try validated()
    }

    private static func headWidth(family: String, width: Int, heads: Int) throws -> Int {
        if family == "qwen3" { return 128 }
        guard heads > 0, width % heads == 0 else {
            throw ModelConfigurationError.invalid(
                key: "hidden_size", value: "\(width)", expected: "a multiple of num_attention_heads = \(heads)")
        }
        return width / heads
    }

    private static func slidingWindow(
        _ fields: HuggingFaceFields, family: String, layers: Int
    ) throws -> (Int?, [Bool]) {
        guard family != "llama", (1...mostLayers).contains(layers) else { return (nil, []) }
        let isOn = family == "mistral" ? true : try fields.flag("use_sliding_window") ?? false
        guard isOn, let window = try fields.optional("sliding_window") else { return (nil, []) }
        if let types = fields.json["layer_types"]?.array {
            let sliding = try types.map { type in
                switch type.string {
                case "sliding_attention": true
                case "full_attention": false
                default: throw ModelConfigurationError.unsupported(key: "layer_types", value: type.text(.compact))
                }
            }
            guard sliding.count == layers else {
                throw ModelConfigurationError.invalid(
                    key: "layer_types", value: "\(sliding.count) entries", expected: "\(layers), one a layer")
            }
            return (window, sliding)
        }
        let first = family == "mistral" ? 0 : try fields.optional("max_window_layers") ?? 28
        return (window, (0..<layers).map { $0 >= first })
    }

    /// A `config.json` that transformers 4 and 5 read as this model.
    public var huggingFaceJSON: JSONObject {
        let classes = [
            "llama": "LlamaForCausalLM", "mistral": "MistralForCausalLM", "qwen2": "Qwen2ForCausalLM",
            "qwen3": "Qwen3ForCausalLM",
        ]
        var json = JSONObject()
        json["architectures"] = classes[family].map { [.string($0)] } ?? []
        json["model_type"] = .string(family)
        json["hidden_size"] = .integer(width)
        json["intermediate_size"] = .integer(mlpWidth)
        json["num_hidden_layers"] = .integer(layers)
        json["num_attention_heads"] = .integer(heads)
        json["num_key_value_heads"] = .integer(keyValueHeads)
        json["head_dim"] = .integer(headWidth)
        json["vocab_size"] = .integer(vocabularySize)
        json["max_position_embeddings"] = .integer(contextLength)
        json["rms_norm_eps"] = .double(Self.shortest(normEpsilon))
        json["rope_theta"] = .double(rotaryBase)
        if let scaling = rotaryScaling.huggingFaceJSON(contextLength: contextLength) {
            json["rope_scaling"] = .object(scaling)
        }
        json["hidden_act"] = "silu"
        json["tie_word_embeddings"] = .bool(isTied)
        if family != "qwen2" { json["attention_bias"] = .bool(hasAttentionBias) }
        if family == "llama" { json["mlp_bias"] = .bool(hasMLPBias) }
        if family == "mistral" { json["sliding_window"] = slidingWindow.map { .integer($0) } ?? .null }
        if family.hasPrefix("qwen") {
            json["use_sliding_window"] = .bool(slidingWindow != nil)
            if let slidingWindow { json["sliding_window"] = .integer(slidingWindow) }
        }
        if !slidingLayers.isEmpty, family.hasPrefix("qwen") {
            json["layer_types"] = .array(slidingLayers.map { $0 ? "sliding_attention" : "full_attention" })
        }
        if let beginToken { json["bos_token_id"] = .integer(beginToken) }
        if let first = endTokens.first {
            json["eos_token_id"] = endTokens.count == 1 ? .integer(first) : .array(endTokens.map { .integer($0) })
        }
        return json
    }

    /// The double that prints as the float does: 1e-05, not 9.999999747378752e-06.
    private static func shortest(_ value: Float) -> Double { Double("\(value)") ?? Double(value) }
}

/// The members of `config.json`, with errors that name the key.
struct HuggingFaceFields {
    let json: JSONValue

    init(_ json: JSONValue) { self.json = json }

    func optional(_ key: String) throws -> Int? {
        guard let value = json[key], !value.isNull else { return nil }
        guard let integer = value.integer else {
            throw ModelConfigurationError.invalid(key: key, value: value.text(.compact), expected: "an integer")
        }
        return integer
    }

    func required(_ key: String) throws -> Int {
        guard let value = try optional(key) else { throw ModelConfigurationError.missing(key: key) }
        return value
    }

    func number(_ key: String) throws -> Double? {
        guard let value = json[key], !value.isNull else { return nil }
        guard let number = value.double else {
            throw ModelConfigurationError.invalid(key: key, value: value.text(.compact), expected: "a number")
        }
        return number
    }

    func flag(_ key: String) throws -> Bool? {
        guard let value = json[key], !value.isNull else { return nil }
        guard let flag = value.bool else {
            throw ModelConfigurationError.invalid(key: key, value: value.text(.compact), expected: "true or false")
        }
        return flag
    }
}
