// SmolLM3: Llama, with layers in which positions turn nothing.

import JSON
import WeightFiles

extension ModelFamily {
    static let smolLM3 = ModelFamily(
        name: SmolLM3.llama.name, className: SmolLM3.llama.className, ggufArchitecture: SmolLM3.llama.ggufArchitecture,
        fields: SmolLM3.llama.fields, ggufFields: SmolLM3.llama.ggufFields, names: SmolLM3.llama.names,
        read: SmolLM3.read, readGGUF: SmolLM3.read, write: SmolLM3.write, writeGGUF: SmolLM3.write)
}

private enum SmolLM3 {
    /// The family but for its layers.
    static let llama = PreNormDecoder(
        name: "smollm3",
        defaults: .init(
            contextLength: 32_768, keyValueHeads: 4, headWidth: nil, rotaryBase: 2_000_000, isTied: true),
        biases: .asConfigured(mlp: true), hasHeadNorm: false, window: .none
    ).family(
        className: "SmolLM3ForCausalLM", gguf: .smollm3,
        ownFields: ConfigurationField.read(
            "attention_bias", "mlp_bias", "no_rope_layer_interval", "use_sliding_window", mayBeNull: false)
            + ConfigurationField.read("no_rope_layers", "sliding_window", "layer_types")
            + ConfigurationField.harmless(["pretraining_tp", "max_window_layers"]))

    /// Each fourth layer turns nothing.
    private static let usualInterval = 4

    private static func turns(_ layers: Int, interval: Int) -> [Bool] { (1...layers).map { $0 % interval != 0 } }

    // MARK: config.json

    static func read(_ fields: HuggingFaceFields) throws -> ModelConfiguration {
        var model = try llama.read(fields)
        let turns = try turningLayers(fields, model.layers)
        let isUsed = try fields.flag("use_sliding_window") ?? false, window = try fields.optional("sliding_window")
        // Where the file does not say which layers slide, those do in which positions turn nothing.
        let slides = try fields.slidingLayers(model.layers) ?? turns.map { isUsed && window != nil && !$0 }
        guard window != nil || !slides.contains(true) else {
            throw ModelConfigurationError.invalid(
                key: "sliding_window", value: "null", expected: "a number, where layers slide")
        }
        for layer in model.blocks.indices {
            if !turns[layer] { model.blocks[layer].attention.shape.rotary = nil }
            if slides[layer] { model.blocks[layer].attention.shape.window = window }
        }
        return model
    }

    /// Whether positions turn the heads of each layer: `no_rope_layers` has a 1 where they do, and may have more entries than there
    /// are layers.
    private static func turningLayers(_ fields: HuggingFaceFields, _ layers: Int) throws -> [Bool] {
        guard let value = fields.json["no_rope_layers"], !value.isNull else {
            let interval = try fields.optional("no_rope_layer_interval") ?? usualInterval
            guard interval > 0 else {
                throw ModelConfigurationError.invalid(
                    key: "no_rope_layer_interval", value: "\(interval)", expected: "a number above 0")
            }
            return turns(layers, interval: interval)
        }
        let flags = (value.array ?? []).compactMap { $0.bool ?? $0.integer.map { $0 != 0 } }
        guard flags.count == value.array?.count, flags.count >= layers else {
            throw ModelConfigurationError.invalid(
                key: "no_rope_layers", value: value.text(.compact),
                expected: "a list of 0 and 1, one a layer (\(layers))")
        }
        return Array(flags[..<layers])
    }

    static func write(_ model: ModelConfiguration) -> [JSONObject.Member] {
        let shapes = model.blocks.map(\.attention.shape), window = shapes.compactMap(\.window).first
        var members =
            llama.write(turned(model)) + [
                ("no_rope_layers", .array(shapes.map { .integer($0.rotary == nil ? 0 : 1) })),
                ("layer_types", model.layerTypes), ("use_sliding_window", .bool(window != nil)),
            ]
        if let window { members.append(("sliding_window", .integer(window))) }
        return members
    }

    /// The model with one rotation in all layers, as Llama has it.
    private static func turned(_ model: ModelConfiguration) -> ModelConfiguration {
        var model = model
        let rotary = model.blocks.compactMap(\.attention.shape.rotary).first
        for layer in model.blocks.indices { model.blocks[layer].attention.shape.rotary = rotary }
        return model
    }

    // MARK: GGUF

    static func read(_ fields: GGUFFields) throws -> ModelConfiguration {
        var model = try llama.readGGUF(fields)
        for (layer, turns) in turns(model.layers, interval: usualInterval).enumerated() where !turns {
            model.blocks[layer].attention.shape.rotary = nil
        }
        return model
    }

    static func write(_ model: ModelConfiguration, into description: inout GGUFDescription) throws {
        let turning = model.blocks.map { $0.attention.shape.rotary != nil }
        guard turning == turns(model.layers, interval: usualInterval) else {
            throw GGUFDescription.refusal(
                "no_rope_layers", "another pattern", "turns all but each fourth layer of smollm3")
        }
        let attention = model.blocks[0].attention
        guard !attention.hasInputBias, !attention.hasOutputBias, !model.blocks[0].feedForward.hasBias else {
            throw GGUFDescription.refusal("attention_bias", "true", "knows no biases for smollm3")
        }
        try llama.writeGGUF?(turned(model), &description)
    }
}
