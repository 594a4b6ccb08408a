// What each field of PEFT's `adapter_config.json` is to this engine: every field of `LoraConfig`, in one table.

public import JSON
public import Models

extension FieldTable where Value == JSONValue {
    /// The fields of PEFT's `LoraConfig` and `PeftConfig`.
    public static var peft: FieldTable<JSONValue> { FieldTable(fields: peftRead + peftHarmless + peftRefused) }

    private static var peftRead: [ConfigurationField<JSONValue>] {
        [
            "base_model_name_or_path", "r", "target_modules", "exclude_modules", "lora_alpha", "lora_dropout",
            "use_rslora", "init_lora_weights", "modules_to_save", SavedHead.key, "layers_to_transform",
            "layers_pattern", "rank_pattern", "alpha_pattern", "target_parameters", "bias",
            "trainable_token_indices",
        ].map { ConfigurationField(key: $0, use: .read) }
            + methodSwitches.map { ConfigurationField(key: $0, use: .read) }
    }

    /// What tells the methods apart.
    private static var methodSwitches: [String] { AdapterMethod.all.compactMap(\.peftSwitch) }

    /// PEFT's name of low-rank adapters, and ours of those that PEFT does not know.
    private static var types: [JSONValue] {
        var names = Set<String>()
        return AdapterMethod.all.map(\.peftType).filter { names.insert($0).inserted }.map { .string($0) }
    }

    /// Of the file's own keeping, or of how training begins: saved factors are what they are.
    private static var peftHarmless: [ConfigurationField<JSONValue>] {
        [
            // PEFT sets it as the modules have it, whatever the file says.
            "fan_in_fan_out",
            "task_type", "auto_mapping", "peft_version", "revision", "inference_mode", "megatron_core", "loftq_config",
            "eva_config", "corda_config", "lora_ga_config", "runtime_config", "qalora_group_size", "lathe_provenance",
        ].map { ConfigurationField(key: $0, use: .harmless) }
    }

    /// Settings that change what the adapter computes or to which modules it belongs, and that no adapter here can have.
    private static var peftRefused: [ConfigurationField<JSONValue>] {
        [ConfigurationField(key: "peft_type", use: .only(types))]
            + [
                "use_dora", "velora_config", "alora_invocation_tokens", "use_qalora", "monteclora_config",
                "layer_replication", "lora_bias", "use_bdlora",
                "arrow_config", "kasa_config", "ensure_weight_tying", "megatron_config",
            ].filter { !methodSwitches.contains($0) }.map {
                ConfigurationField(key: $0, use: .only([nil, false, [], [:]]))
            }
    }
}
