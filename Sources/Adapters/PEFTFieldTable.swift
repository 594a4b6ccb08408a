// What each field of PEFT's `adapter_config.json` is to this engine: every field of the configuration of each method's adapters.

public import JSON
public import Models

extension FieldTable where Value == JSONValue {
    /// The fields of PEFT's `LoraConfig` and `PeftConfig`.
    public static var peft: FieldTable<JSONValue> { peft(AdapterMethod.lora.words) }

    /// The fields of the configuration that `words` is of.
    public static func peft(_ words: PEFTWords) -> FieldTable<JSONValue> {
        // Later entries count: what the method says of a field holds over what all have.
        FieldTable(fields: common + (words.extendsLoRA ? ofLoRA : [refused("bias", "none", nil)]) + own(words))
    }

    /// What a method says itself.
    private static func own(_ words: PEFTWords) -> [ConfigurationField<JSONValue>] {
        let patterns = words.hasPatterns ? ["rank_pattern", "alpha_pattern"] : []
        let read = [words.rank, words.alpha, words.dropout].compactMap { $0 } + patterns + words.members.map(\.key)
        return fields(read, .read) + fields(words.harmless, .harmless)
            + fields(words.trainingOnly, .trainingOnly([nil, 0, 0.0]))
            + (words.heldDirections.map { [ConfigurationField(key: $0.key, use: .read)] } ?? [])
    }

    /// What the members of a configuration say of training that is not done here.
    func trainingNotes(on object: JSONObject) -> [String] {
        object.members.compactMap { key, value in
            guard case .trainingOnly(let values)? = self[key]?.use, !values.contains(value) else { return nil }
            return "the adapter's \(key) = \(value.text()) is not applied in training"
        }
    }

    /// What every configuration may have.
    private static var common: [ConfigurationField<JSONValue>] {
        fields(
            [
                "base_model_name_or_path", "target_modules", "exclude_modules", "modules_to_save", SavedHead.key,
                "layers_to_transform", "layers_pattern", "target_parameters",
            ] + methodSwitches, .read)
            + fields(
                [
                    // PEFT sets it as the modules have it, whatever the file says.
                    "fan_in_fan_out",
                    // Of the file's own keeping.
                    "task_type", "auto_mapping", "peft_version", "revision", "inference_mode", "lathe_provenance",
                ], .harmless) + [ConfigurationField(key: "peft_type", use: .only(types))]
    }

    /// What tells the methods of one type apart.
    private static var methodSwitches: [String] { AdapterMethod.all.compactMap(\.words.toggle) }

    /// PEFT's names of the methods, and ours of those that PEFT does not know.
    private static var types: [JSONValue] {
        var names = Set<String>()
        return AdapterMethod.all.map(\.words.type).filter { names.insert($0).inserted }.map { .string($0) }
    }

    /// What the configuration of LoRA has beside: settings of how training begins, since saved factors are what they are, and those
    /// that change what the adapter computes or to which modules it belongs, and that no adapter here can have.
    private static var ofLoRA: [ConfigurationField<JSONValue>] {
        fields(
            [
                "use_rslora", "init_lora_weights", "bias", "trainable_token_indices", AdapterConfiguration.startKey,
            ], .read)
            + fields(
                [
                    "megatron_core", "loftq_config", "eva_config", "corda_config", "lora_ga_config", "runtime_config",
                    "qalora_group_size",
                ], .harmless)
            + [
                "use_dora", "velora_config", "alora_invocation_tokens", "use_qalora", "monteclora_config",
                "layer_replication", "lora_bias", "use_bdlora",
                "arrow_config", "kasa_config", "ensure_weight_tying", "megatron_config",
            ].filter { !methodSwitches.contains($0) }.map { refused($0, nil, false, [], [:]) }
    }

    private static func fields(
        _ keys: [String], _ use: ConfigurationField<JSONValue>.Use
    ) -> [ConfigurationField<JSONValue>] {
        keys.map { ConfigurationField(key: $0, use: use) }
    }

    private static func refused(_ key: String, _ but: JSONValue...) -> ConfigurationField<JSONValue> {
        ConfigurationField(key: key, use: .only(but))
    }
}
