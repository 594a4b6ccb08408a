// `config.json` to a configuration and back. Keys are transformers' own; what they mean to a family is in the family's file.

public import JSON

extension ModelConfiguration {
    /// Reads `config.json` as transformers 5 does. A key that would change the numbers and is not computed here is an error.
    public init(huggingFace json: JSONValue) throws {
        let family = try Self.family(of: json)
        _ = try Self.notes(huggingFace: json)
        self = try family.read(HuggingFaceFields(family.withUsualNames(json))).validated()
    }

    /// What the person should know about a `config.json`: fields that are not used, values that only training would need.
    public static func notes(huggingFace json: JSONValue) throws -> [String] {
        let members = (json.object?.members ?? []).map { (key: $0.key, value: $0.value) }
        let family = try family(of: json)
        try ForeignFields.check(json, family)
        return try family.fields.check(
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

    /// A `config.json` that transformers 4 and 5 read as this model.
    public var huggingFaceJSON: JSONObject {
        let kind = ModelFamily.named(family)
        var json = JSONObject()
        json["architectures"] = kind.map { [.string($0.className)] } ?? []
        json["model_type"] = .string(family)
        json["hidden_size"] = .integer(width)
        if let block = blocks.first {
            let shape = block.attention.shape
            json["intermediate_size"] = .integer(block.feedForward.width)
            json["num_hidden_layers"] = .integer(layers)
            json["num_attention_heads"] = .integer(shape.heads)
            json["num_key_value_heads"] = .integer(shape.groups)
            json["head_dim"] = .integer(shape.headWidth)
        }
        json["vocab_size"] = .integer(vocabularySize)
        json["max_position_embeddings"] = .integer(contextLength)
        if let norm = norms.last {
            json[norm.kind == .rms ? "rms_norm_eps" : "layer_norm_eps"] = .double(norm.epsilon.written)
        }
        kind?.takeOwnNames(&json)
        for (key, value) in kind?.write(self) ?? [] { json[key] = value }
        if let beginToken { json["bos_token_id"] = .integer(beginToken) }
        if let first = endTokens.first {
            json["eos_token_id"] = endTokens.count == 1 ? .integer(first) : .array(endTokens.map { .integer($0) })
        }
        return json
    }
}

extension ModelFamily {
    /// `json` with the usual names in the place of the family's own. Where an alias and the usual name stand, the usual one counts, as
    /// in transformers.
    fileprivate func withUsualNames(_ json: JSONValue) -> JSONValue {
        guard var object = json.object else { return json }
        for (key, own) in aliases where object[key] == nil { object[key] = object[own] }
        for (key, own) in ownNames { object[key] = own.flatMap { object[$0] } }
        return .object(object)
    }

    /// The family's own names in the place of the usual ones.
    fileprivate func takeOwnNames(_ json: inout JSONObject) {
        for (key, own) in aliases.mapValues(Optional.some).merging(ownNames, uniquingKeysWith: { $1 }) {
            if let own { json[own] = json[key] }
            json[key] = nil
        }
    }
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

    // MARK: What families read alike

    /// `num_hidden_layers`.
    func layers() throws -> Int {
        try ModelConfiguration.layers(required("num_hidden_layers"), key: "num_hidden_layers")
    }

    /// `rms_norm_eps`.
    /// - Parameter epsilon: where the file says none.
    func norm(offset: Float = 0, epsilon: Double = 1e-6) throws -> NormSpec {
        NormSpec(epsilon: Float(try number("rms_norm_eps") ?? epsilon), offset: offset)
    }

    /// Whether each layer slides, by `layer_types`; nil where the file does not say.
    func slidingLayers(_ layers: Int) throws -> [Bool]? {
        guard let value = json["layer_types"], !value.isNull else { return nil }
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
        return sliding
    }

    var beginToken: Int? { json["bos_token_id"]?.integer }
    var endTokens: [Int] { ModelConfiguration.tokens(json["eos_token_id"]) }
}

extension ModelConfiguration {
    /// The member `layer_types`.
    var layerTypes: JSONValue {
        .array(blocks.map { $0.attention.shape.window == nil ? "full_attention" : "sliding_attention" })
    }
}
