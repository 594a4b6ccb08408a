// `adapter_config.json`: PEFT's words for an adapter, and the refusal of what Lathe cannot reproduce.

public import JSON
import Models
import Vocabulary
import WeightFiles

extension AdapterConfiguration {
    /// Reads the members of PEFT's `adapter_config.json`. Throws, all at once, for what is wrong or means something that an
    /// adapter here cannot be: a setting that changes the function must never be passed over.
    public init(peft json: JSONValue) throws(AdapterError) {
        guard let object = json.object else {
            throw AdapterError("the adapter configuration is not an object", found: json.typeName)
        }
        if let prompt = try AdapterConfiguration(promptTuning: object) {
            self = prompt
            return
        }
        var fields = PEFTFields(object)
        let method = fields.method(), words = AdapterMethod.of(method).words
        fields.refuseUnsupported(words)
        let rank = words.rank.map { fields.integer($0) }
        let alpha = words.alpha.map { fields.number($0) }
        var configuration = AdapterConfiguration(
            method: method, rank: (rank ?? 1) ?? 1, alpha: (alpha ?? 1) ?? 1,
            dropout: words.dropout.flatMap { fields.optionalNumber($0) } ?? 0,
            usesRankStabilisation: words.extendsLoRA && fields.flag("use_rslora"), targets: fields.targets(),
            excluded: fields.excluded(), blocks: fields.blocks(),
            rankOverrides: words.hasPatterns ? fields.overrides("rank_pattern", \.integer) : [],
            alphaOverrides: words.hasPatterns ? fields.overrides("alpha_pattern", \.double) : [],
            head: fields.head())
        configuration.parameters = fields.parameters()
        configuration.beside = fields.beside(configuration.head)
        configuration.settings = fields.settings(words)
        configuration.start = fields.start()
        guard fields.problems.isEmpty else { throw AdapterError(problems: fields.problems) }
        try configuration.validate()
        self = configuration
    }

    /// The members of `adapter_config.json`.
    ///
    /// - Parameters:
    ///   - targetModules: the list to write; nil: the targets as the recipe has them.
    ///   - written: what is to be said of adapters on parameters; nil: what the recipe says.
    ///   - baseName: what PEFT shall load as the base: a directory or a name.
    public func peftJSON(targetModules: [String]? = nil, baseName: String?) -> JSONObject {
        peftJSON(targetModules: targetModules, parameters: nil, baseName: baseName)
    }

    func peftJSON(
        targetModules: [String]?, parameters written: AdapterSet.ParameterWords?, baseName: String?
    ) -> JSONObject {
        if let prompt = beside.prompt {
            return promptJSON(prompt, baseName: baseName)
        }
        let words = AdapterMethod.of(method).words
        let parameters = written?.names ?? parameters, unsaid = written?.layers ?? []
        let rankOverrides = (written?.ranks ?? []) + rankOverrides.filter { !unsaid.contains($0.pattern) }
        let alphaOverrides = (written?.alphas ?? []) + alphaOverrides.filter { !unsaid.contains($0.pattern) }
        let targets: JSONValue =
            switch (targetModules, targets) {
            case (let names?, _), (nil, .patterns(let names)): .array(names.map { .string($0) })
            case (nil, .allLinear): "all-linear"
            }
        // A list of modules that is written says already what is left out.
        var excludes = JSONValue.null
        if targetModules == nil, case .patterns(let patterns) = excluded {
            excludes = .array(patterns.map { .string($0) })
        }
        let blocks = targetModules == nil ? blocks : nil
        var object = JSONObject([
            ("auto_mapping", nil),
            ("base_model_name_or_path", baseName.map { .string($0) } ?? nil),
            ("inference_mode", true),
            ("modules_to_save", Self.list((head?.savedModules ?? []) + beside.modules)),
            ("peft_type", .string(words.type)),
            ("revision", nil),
            ("target_modules", targets),
            ("task_type", .string(head?.peftTask ?? "CAUSAL_LM")),
        ])
        if words.extendsLoRA || excludes != .null { object["exclude_modules"] = excludes }
        if words.takesTransposed { object["fan_in_fan_out"] = false }
        if words.hasBlocks || blocks != nil {
            object["layers_pattern"] =
                blocks.flatMap { $0.names.isEmpty ? nil : .array($0.names.map { .string($0) }) } ?? .null
            object["layers_to_transform"] = blocks.map { .array($0.numbers.map { .integer($0) }) } ?? .null
        }
        if words.extendsLoRA { addLoRA(to: &object) }
        words.rank.map { object[$0] = .integer(rank) }
        words.alpha.map { object[$0] = Self.number(alpha) }
        words.dropout.map { object[$0] = .double(dropout) }
        if words.hasPatterns {
            object["alpha_pattern"] = Self.object(alphaOverrides, Self.number)
            object["rank_pattern"] = Self.object(rankOverrides) { .integer($0) }
        }
        for member in words.members { object[member.key] = member.write(settings) }
        for (key, value) in words.fixed.members { object[key] = value }
        if let name = words.toggle { object[name] = true }
        // As PEFT orders them.
        object = JSONObject(object.members.sorted { $0.key < $1.key })
        if !beside.tokens.isEmpty { object["trainable_token_indices"] = beside.tokensJSON }
        if !parameters.isEmpty { object["target_parameters"] = .array(parameters.map { .string($0) }) }
        return object
    }

    /// Names; null where there are none.
    private static func list(_ names: [String]) -> JSONValue {
        names.isEmpty ? .null : .array(names.map { .string($0) })
    }

    /// What PEFT's `LoraConfig` has beside what all have.
    private func addLoRA(to object: inout JSONObject) {
        let members: [(String, JSONValue)] = [
            ("bias", .string(beside.biases.rawValue)), ("init_lora_weights", true), ("layer_replication", nil),
            ("loftq_config", [:]),
            ("lora_bias", false), ("megatron_config", nil), ("megatron_core", "megatron.core"), ("use_dora", false),
            ("use_rslora", .bool(usesRankStabilisation)),
        ]
        for (key, value) in members { object[key] = value }
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

    /// Initialisations that change the base itself, so that the saved factors are not relative to the base in its file.
    private static let baseChanging = ["pissa", "olora", "corda", "loftq", "lora_ga"]

    mutating func refuseUnsupported(_ words: PEFTWords) {
        let table = FieldTable.peft(words)
        for (key, value) in object.members {
            switch table[key]?.use {
            case .read, .harmless, .trainingOnly: break
            case .only(let values): if !values.contains(value) { note("is not supported", key, found: value.text()) }
            case nil where Self.isUnset(value): break
            case nil:
                let near = closestName(to: key, among: table.fields.map(\.key))
                problems.append(
                    AdapterError.Problem(
                        "is unknown, and what it changes too", subject: key, found: value.text(), nearest: near))
            }
        }
        if let name = object["init_lora_weights"]?.string?.lowercased(),
            Self.baseChanging.contains(where: { name.hasPrefix($0) })
        {
            note("changes the base: save the adapter converted to plain LoRA", "init_lora_weights", found: name)
        }
    }

    /// Whether a value says that a setting is not in use, whatever the setting is.
    private static func isUnset(_ value: JSONValue) -> Bool {
        switch value {
        case .null, false, .array([]): true
        case .object(let members): members.members.isEmpty
        default: false
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

    /// The method of that type, and among those of PEFT the one whose switch is on.
    mutating func method() -> AdapterMethodKind {
        let type = object["peft_type"]?.string ?? PEFTWords.loraType
        let named = AdapterMethod.all.filter { method in method.words.toggle.map { flag($0) } ?? false }
        if let first = named.first, let second = named.dropFirst().first?.words.toggle {
            note("does not go with \(first.words.toggle ?? "")", second, found: "true")
        }
        if let stray = named.first(where: { $0.words.type != type })?.words.toggle {
            note("does not go with peft_type \(type)", stray, found: "true")
        }
        let plain = AdapterMethod.all.first { $0.words.type == type && $0.words.toggle == nil }
        return (named.first ?? plain)?.kind ?? .lora
    }

    /// What the method's own members say.
    mutating func settings(_ words: PEFTWords) -> AdapterMethodSettings {
        var settings = AdapterMethodSettings()
        for member in words.members {
            guard let value = object[member.key], !member.read(value, &settings) else { continue }
            note("is no value of it", member.key, expected: member.expected, found: value.text())
        }
        return settings
    }

    mutating func targets() -> AdapterTargets {
        switch object["target_modules"] {
        case .string(let name) where name.lowercased() == "all-linear": return .allLinear
        case .string(let pattern): return .patterns([pattern])
        case .array(let names)
        where names.allSatisfy({ $0.string != nil }) && (!names.isEmpty || !parameters().isEmpty):
            return .patterns(names.compactMap(\.string))
        case nil where !parameters().isEmpty, .null where !parameters().isEmpty: return .patterns([])
        case let other:
            note("must be a list of names or a pattern", "target_modules", found: other?.text() ?? "nothing")
            return .allLinear
        }
    }

    /// PEFT's `target_parameters`: names of parameters, or nothing.
    mutating func parameters() -> [String] {
        switch object["target_parameters"] {
        case nil, .null: return []
        case .array(let names) where names.allSatisfy({ $0.string != nil }): return names.compactMap(\.string)
        case let other?:
            note("must be a list of names", "target_parameters", found: other.text())
            return []
        }
    }

    /// PEFT's `exclude_modules`: names, or one expression for whole paths.
    mutating func excluded() -> AdapterTargets? {
        switch object["exclude_modules"] {
        case nil, .null, .array([]), "": return nil
        case .string(let expression): return .patterns(["(?:\(expression))"])
        case .array(let names) where names.allSatisfy({ $0.string != nil }):
            return .patterns(names.compactMap(\.string))
        case let other?:
            note("must be a list of names or a pattern", "exclude_modules", found: other.text())
            return nil
        }
    }

    /// PEFT's `layers_to_transform`, a number or a list, and `layers_pattern`, a name or a list.
    mutating func blocks() -> AdapterConfiguration.BlockSelection? {
        let value = object["layers_to_transform"] ?? .null
        guard !Self.isUnset(value) else { return nil }
        let numbers = (value.array ?? [value]).map(\.integer)
        guard !numbers.contains(nil) else {
            note("must be a number or a list of numbers", "layers_to_transform", found: value.text())
            return nil
        }
        if case .string(let name) = object["target_modules"], name.lowercased() != "all-linear" {
            note("does not go with one expression for target_modules", "layers_to_transform", found: value.text())
        }
        let pattern = object["layers_pattern"] ?? .null
        let names = Self.isUnset(pattern) || pattern == "" ? [] : (pattern.array ?? [pattern]).map(\.string)
        guard !names.contains(nil) else {
            note("must be a name or a list of names", "layers_pattern", found: pattern.text())
            return nil
        }
        return .init(numbers: numbers.compactMap { $0 }, names: names.compactMap { $0 })
    }

    /// What of the base is trained beside the factors, the head's own modules aside.
    mutating func beside(_ head: SavedHead?) -> TrainedBeside {
        var beside = TrainedBeside()
        switch object["modules_to_save"] {
        case nil, .null: break
        case .array(let names) where names.allSatisfy({ $0.string != nil }):
            beside.modules = names.compactMap(\.string).filter { !(head?.savedModules.contains($0) ?? false) }
        case let other?: note("must be a list of names", "modules_to_save", found: other.text())
        }
        switch object["bias"] {
        case nil, .null: break
        case let value?:
            if let biases = value.string.flatMap(TrainedBiases.init) {
                beside.biases = biases
            } else {
                note(
                    "is not supported", "bias",
                    expected: TrainedBiases.allCases.map(\.rawValue).joined(separator: ", "), found: value.text())
            }
        }
        beside.tokens = tokens()
        return beside
    }

    /// PEFT's `trainable_token_indices`: a list of the embedding's rows, or lists by module.
    private mutating func tokens() -> [TrainedBeside.Tokens] {
        func ids(_ value: JSONValue) -> [Int32]? {
            guard let numbers = value.array?.map({ $0.integer.flatMap(Int32.init(exactly:)) }), !numbers.contains(nil)
            else { return nil }
            return numbers.compactMap { $0 }
        }
        let key = "trainable_token_indices", value = object[key] ?? .null
        guard !Self.isUnset(value) else { return [] }
        if let list = ids(value) { return [TrainedBeside.Tokens(ids: list)] }
        let tokens = value.object?.members.map { module, list in
            ids(list).map { TrainedBeside.Tokens(module: module, ids: $0) }
        }
        guard let tokens, !tokens.contains(where: { $0 == nil }) else {
            note("must be a list of token ids, or such lists by module", key, found: value.text())
            return []
        }
        return tokens.compactMap { $0 }
    }

    /// The head that a checkpoint describes. What `modules_to_save` names in a folder only its tensors tell.
    mutating func head() -> SavedHead? {
        guard let value = object[SavedHead.key] else { return nil }
        if let head = SavedHead(value) { return head }
        note("describes no head of a task", SavedHead.key, found: value.text())
        return nil
    }

    /// The start whose origin a checkpoint of Lathe's holds beside the factors.
    mutating func start() -> AdapterStart {
        guard let value = object[AdapterConfiguration.startKey] else { return .kaiming }
        if let start = value.string.flatMap({ AdapterStart($0) }), start.hasOrigin { return start }
        note("is no start with an origin", AdapterConfiguration.startKey, found: value.text())
        return .kaiming
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
