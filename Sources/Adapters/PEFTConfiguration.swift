// `adapter_config.json`: PEFT's words for an adapter, and the refusal of what Lathe cannot reproduce.

public import JSON

extension AdapterConfiguration {
    /// Reads the members of PEFT's `adapter_config.json`. Throws, all at once, for what is wrong or means something that an
    /// adapter here cannot be: a setting that changes the function must never be passed over.
    public init(peft json: JSONValue) throws(AdapterError) {
        guard let object = json.object else {
            throw AdapterError("the adapter configuration is not an object", found: json.typeName)
        }
        var fields = PEFTFields(object)
        fields.refuseUnsupported()
        let rank = fields.integer("r")
        let alpha = fields.number("lora_alpha")
        let configuration = AdapterConfiguration(
            rank: rank ?? 1, alpha: alpha ?? 1, dropout: fields.optionalNumber("lora_dropout") ?? 0,
            usesRankStabilisation: fields.flag("use_rslora"), targets: fields.targets(),
            rankOverrides: fields.overrides("rank_pattern", \.integer),
            alphaOverrides: fields.overrides("alpha_pattern", \.double))
        guard fields.problems.isEmpty else { throw AdapterError(problems: fields.problems) }
        try configuration.validate()
        self = configuration
    }

    /// The members of `adapter_config.json`.
    ///
    /// - Parameters:
    ///   - targetModules: the list to write; nil: the targets as the recipe has them.
    ///   - baseName: what PEFT shall load as the base: a directory or a name.
    public func peftJSON(targetModules: [String]? = nil, baseName: String?) -> JSONObject {
        let targets: JSONValue =
            switch (targetModules, targets) {
            case (let names?, _), (nil, .patterns(let names)): .array(names.map { .string($0) })
            case (nil, .allLinear): "all-linear"
            }
        return JSONObject([
            ("alpha_pattern", Self.object(alphaOverrides, Self.number)),
            ("auto_mapping", nil),
            ("base_model_name_or_path", baseName.map { .string($0) } ?? nil),
            ("bias", "none"),
            ("exclude_modules", nil),
            ("fan_in_fan_out", false),
            ("inference_mode", true),
            ("init_lora_weights", true),
            ("layer_replication", nil),
            ("layers_pattern", nil),
            ("layers_to_transform", nil),
            ("loftq_config", [:]),
            ("lora_alpha", Self.number(alpha)),
            ("lora_bias", false),
            ("lora_dropout", .double(dropout)),
            ("megatron_config", nil),
            ("megatron_core", "megatron.core"),
            ("modules_to_save", nil),
            ("peft_type", "LORA"),
            ("r", .integer(rank)),
            ("rank_pattern", Self.object(rankOverrides) { .integer($0) }),
            ("revision", nil),
            ("target_modules", targets),
            ("task_type", "CAUSAL_LM"),
            ("use_dora", false),
            ("use_rslora", .bool(usesRankStabilisation)),
        ])
    }

    /// A whole number without a point: PEFT's α is one.
    private static func number(_ value: Double) -> JSONValue {
        Int(exactly: value).map { .integer($0) } ?? .double(value)
    }

    /// Of equal patterns the first counts; an object has room for one.
    private static func object<Value>(_ overrides: [Override<Value>], _ json: (Value) -> JSONValue) -> JSONValue {
        var object = JSONObject()
        for override in overrides where object[override.pattern] == nil {
            object[override.pattern] = json(override.value)
        }
        return .object(object)
    }
}

/// The members of `adapter_config.json`, with what is wrong about them.
private struct PEFTFields {
    private let object: JSONObject
    private(set) var problems: [AdapterError.Problem] = []

    init(_ object: JSONObject) { self.object = object }

    /// Settings that change what the adapter computes or to which modules it belongs, and that no adapter here can have.
    private static let unsupported = [
        "use_dora", "modules_to_save", "fan_in_fan_out", "lora_bias", "target_parameters", "layer_replication",
        "trainable_token_indices", "use_qalora", "use_bdlora", "alora_invocation_tokens", "arrow_config", "kasa_config",
        "velora_config", "monteclora_config", "exclude_modules", "layers_to_transform", "layers_pattern",
        "megatron_config",
    ]
    /// Initialisations that change the base itself, so that the saved factors are not relative to the base in its file.
    private static let baseChanging = ["pissa", "olora", "corda", "loftq", "lora_ga"]

    mutating func refuseUnsupported() {
        if let type = object["peft_type"], type != "LORA" {
            note("is not supported", "peft_type", expected: "LORA", found: type.text())
        }
        if let bias = object["bias"], !bias.isNull, bias != "none" {
            note("is not supported: biases are frozen", "bias", expected: "none", found: bias.text())
        }
        for key in Self.unsupported {
            switch object[key] {
            case nil, .null, false, .array([]): break
            case .object(let members) where members.members.isEmpty: break
            case let value?: note("is not supported", key, found: value.text())
            }
        }
        if let name = object["init_lora_weights"]?.string?.lowercased(),
            Self.baseChanging.contains(where: { name.hasPrefix($0) })
        {
            note("changes the base: save the adapter converted to plain LoRA", "init_lora_weights", found: name)
        }
    }

    mutating func integer(_ key: String) -> Int? {
        if let value = object[key]?.integer { return value }
        note("must be an integer", key, found: object[key]?.text() ?? "nothing")
        return nil
    }

    mutating func number(_ key: String) -> Double? {
        if let value = object[key]?.double { return value }
        note("must be a number", key, found: object[key]?.text() ?? "nothing")
        return nil
    }

    mutating func optionalNumber(_ key: String) -> Double? {
        switch object[key] {
        case nil, .null: nil
        default: number(key)
        }
    }

    mutating func flag(_ key: String) -> Bool {
        switch object[key] {
        case nil, .null: return false
        case .bool(let value): return value
        case let value?:
            note("must be true or false", key, found: value.text())
            return false
        }
    }

    mutating func targets() -> AdapterTargets {
        switch object["target_modules"] {
        case .string(let name) where name.lowercased() == "all-linear": return .allLinear
        case .string(let pattern): return .patterns([pattern])
        case .array(let names) where !names.isEmpty && names.allSatisfy({ $0.string != nil }):
            return .patterns(names.compactMap(\.string))
        case let other:
            note("must be a list of names or a pattern", "target_modules", found: other?.text() ?? "nothing")
            return .allLinear
        }
    }

    mutating func overrides<Value>(
        _ key: String, _ read: (JSONValue) -> Value?
    ) -> [AdapterConfiguration.Override<Value>] {
        switch object[key] {
        case nil, .null: return []
        case .object(let members):
            return members.members.compactMap { pattern, json in
                guard let value = read(json) else {
                    note("must hold numbers", "\(key).\(pattern)", found: json.text())
                    return nil
                }
                return .init(pattern: pattern, value: value)
            }
        case let other?:
            note("must be an object", key, found: other.text())
            return []
        }
    }

    private mutating func note(_ text: String, _ key: String, expected: String? = nil, found: String? = nil) {
        problems.append(AdapterError.Problem(text, subject: key, expected: expected, found: found))
    }
}
