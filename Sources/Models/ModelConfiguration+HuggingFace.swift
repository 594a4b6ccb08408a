// `config.json` to a configuration and back. Keys are transformers' own.

public import JSON

extension ModelConfiguration {
    /// Reads `config.json` as transformers 5 does. A key that would change the numbers and is not computed here is an error.
    public init(huggingFace json: JSONValue) throws {
        let family = try Self.family(of: json)
        _ = try Self.notes(huggingFace: json)
        let fields = HuggingFaceFields(json)
        let width = try fields.required("hidden_size")
        let layers = try fields.required("num_hidden_layers")
        let heads = try fields.required("num_attention_heads")
        let keyValueHeads =
            json["num_key_value_heads"] == nil
            ? family.defaults.keyValueHeads : try fields.optional("num_key_value_heads")
        let headWidth =
            try fields.optional("head_dim") ?? family.defaults.headWidth ?? Self.headWidth(width: width, heads: heads)
        let rotary = try RotaryFields(json, family: family, headWidth: headWidth)
        let biases = try Self.biases(fields, family)
        let (window, sliding) = try Self.slidingWindow(fields, family, layers: layers)
        self.init(
            family: family.name, width: width, layers: layers, heads: heads,
            keyValueHeads: keyValueHeads ?? heads, headWidth: headWidth,
            mlpWidth: try fields.required("intermediate_size"), vocabularySize: try fields.required("vocab_size"),
            normEpsilon: Float(try fields.number("rms_norm_eps") ?? 1e-6),
            rotaryBase: rotary.base, rotaryScaling: rotary.scaling,
            contextLength: try fields.optional("max_position_embeddings") ?? family.defaults.contextLength,
            isTied: try fields.flag("tie_word_embeddings") ?? false,
            hasAttentionBias: biases.inputs, hasOutputBias: biases.output, hasMLPBias: biases.mlp,
            hasQueryKeyNorm: family.hasQueryKeyNorm,
            slidingWindow: window, slidingLayers: sliding,
            beginToken: json["bos_token_id"]?.integer, endTokens: Self.tokens(json["eos_token_id"]))
        self = try validated()
    }

    /// What the person should know about a `config.json`: fields that are not used, values that only training would need.
    public static func notes(huggingFace json: JSONValue) throws -> [String] {
        let members = (json.object?.members ?? []).map { (key: $0.key, value: $0.value) }
        return try family(of: json).fields.check(
            members, text: { $0.string ?? $0.text(.compact) }, isNull: \.isNull,
            equals: { $0 == $1 || ($0.double != nil && $0.double == $1.double) })
            + RotaryFields.notes(json)
    }

    /// Token ids of a field that holds one or a list: `eos_token_id`.
    public static func tokens(_ value: JSONValue?) -> [Int] {
        value?.array?.compactMap(\.integer) ?? value?.integer.map { [$0] } ?? []
    }

    private static func family(of json: JSONValue) throws -> ModelFamily {
        guard let name = json["model_type"]?.string else { throw ModelConfigurationError.missing(key: "model_type") }
        guard let family = ModelFamily.named(name) else {
            throw ModelConfigurationError.unsupportedArchitecture(found: name, supported: supportedFamilies)
        }
        return family
    }

    private static func headWidth(width: Int, heads: Int) throws -> Int {
        guard heads > 0, width % heads == 0 else {
            throw ModelConfigurationError.invalid(
                key: "hidden_size", value: "\(width)", expected: "a multiple of num_attention_heads = \(heads)")
        }
        return width / heads
    }

    private static func biases(
        _ fields: HuggingFaceFields, _ family: ModelFamily
    ) throws -> (inputs: Bool, output: Bool, mlp: Bool) {
        switch family.biases {
        case .never: return (false, false, false)
        case .alwaysOnInputs: return (true, false, false)
        case .asConfigured(let mlp):
            let attention = try fields.flag("attention_bias") ?? false
            return (attention, attention, mlp ? try fields.flag("mlp_bias") ?? false : false)
        }
    }

    private static func slidingWindow(
        _ fields: HuggingFaceFields, _ family: ModelFamily, layers: Int
    ) throws -> (Int?, [Bool]) {
        guard (1...mostLayers).contains(layers) else { return (nil, []) }
        // Where the field is not there, transformers has a window all the same; null is none.
        func width() throws -> Int? {
            fields.json["sliding_window"] == nil
                ? ModelFamily.defaultWindow : try fields.optional("sliding_window")
        }
        switch family.window {
        case .none: return (nil, [])
        case .everywhere: return try slidingLayers(fields, layers: layers, window: width(), from: 0)
        case .byLayer:
            let window = try fields.flag("use_sliding_window") ?? false ? try width() : nil
            let first = try fields.optional("max_window_layers") ?? 28
            return try slidingLayers(fields, layers: layers, window: window, from: first)
        }
    }

    private static func slidingLayers(
        _ fields: HuggingFaceFields, layers: Int, window: Int?, from first: Int
    ) throws -> (Int?, [Bool]) {
        guard let value = fields.json["layer_types"], !value.isNull else {
            let sliding = (0..<layers).map { window != nil && $0 >= first }
            return sliding.contains(true) ? (window, sliding) : (nil, [])
        }
        let sliding = try (value.array ?? [value]).map { type in
            switch type.string {
            case "sliding_attention": true
            case "full_attention", "attention": false
            default: throw ModelConfigurationError.unsupported(key: "layer_types", value: type.text(.compact))
            }
        }
        guard sliding.count == layers else {
            throw ModelConfigurationError.invalid(
                key: "layer_types", value: "\(sliding.count) entries", expected: "\(layers), one a layer")
        }
        guard sliding.contains(true) else { return (nil, []) }
        guard let window else {
            throw ModelConfigurationError.invalid(
                key: "layer_types", value: "sliding_attention", expected: "full_attention where no window is in use")
        }
        return (window, sliding)
    }
}

extension ModelConfiguration {
    /// A `config.json` that transformers 4 and 5 read as this model.
    public var huggingFaceJSON: JSONObject {
        let kind = ModelFamily.named(family)
        var json = JSONObject()
        json["architectures"] = kind.map { [.string($0.className)] } ?? []
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
        if case .asConfigured(let mlp) = kind?.biases {
            json["attention_bias"] = .bool(hasAttentionBias)
            if mlp { json["mlp_bias"] = .bool(hasMLPBias) }
        }
        switch kind?.window {
        case .everywhere: json["sliding_window"] = slidingWindow.map { .integer($0) } ?? .null
        case .byLayer:
            json["use_sliding_window"] = .bool(slidingWindow != nil)
            if let slidingWindow { json["sliding_window"] = .integer(slidingWindow) }
        default: break
        }
        if kind?.window == .byLayer ? !slidingLayers.isEmpty : slidingLayers.contains(false) {
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
    /// The object's own key, where it is not the whole file.
    let place: String

    init(_ json: JSONValue, place: String = "") {
        self.json = json
        self.place = place
    }

    func optional(_ key: String) throws -> Int? { try value(key, "an integer", \.integer) }
    func number(_ key: String) throws -> Double? { try value(key, "a number", \.double) }
    func flag(_ key: String) throws -> Bool? { try value(key, "true or false", \.bool) }
    func text(_ key: String) throws -> String? { try value(key, "a text", \.string) }

    func required(_ key: String) throws -> Int {
        guard let value = try optional(key) else { throw ModelConfigurationError.missing(key: key) }
        return value
    }

    private func value<Value>(_ key: String, _ expected: String, _ read: (JSONValue) -> Value?) throws -> Value? {
        guard let value = json[key], !value.isNull else { return nil }
        guard let found = read(value) else {
            throw ModelConfigurationError.invalid(
                key: place.isEmpty ? key : "\(place).\(key)", value: value.text(.compact), expected: expected)
        }
        return found
    }
}
