// The rotary part of `config.json`: `rope_theta` and `rope_scaling` of transformers 4, `rope_parameters` of transformers 5.

import JSON
import Kernels

/// Base and scaling of the rotary position code, as `config.json` gives them.
struct RotaryFields {
    let base: Double
    let scaling: ModelConfiguration.RotaryScaling

    init(_ json: JSONValue) throws {
        let parameters = Self.present(json["rope_parameters"])
        let scalingFields = parameters ?? Self.present(json["rope_scaling"])
        let fields = HuggingFaceFields(scalingFields ?? .object(JSONObject()))
        let outer = HuggingFaceFields(json)
        base = try fields.number("rope_theta") ?? outer.number("rope_theta") ?? 10_000
        for holder in [fields, outer] {
            if let share = try holder.number("partial_rotary_factor"), share != 1 {
                throw ModelConfigurationError.unsupported(key: "partial_rotary_factor", value: "\(share)")
            }
        }
        let kind = fields.json["rope_type"]?.string ?? fields.json["type"]?.string ?? "default"
        switch kind {
        case "default": scaling = .none
        case "linear": scaling = .linear(factor: try Self.positive("factor", fields))
        case "llama3":
            scaling = .llama3(
                factor: try Self.positive("factor", fields),
                lowFrequencyFactor: try Self.positive("low_freq_factor", fields),
                highFrequencyFactor: try Self.positive("high_freq_factor", fields),
                originalPositions: Double(try fields.required("original_max_position_embeddings")))
        case "yarn": scaling = try Self.yarn(fields, outer)
        case "longrope"
        where fields.json["short_factor"] == fields.json["long_factor"] && fields.json["attention_factor"]?.double == 1:
            // One set of factors for all lengths: how this engine writes the frequency factors of a GGUF.
            scaling = .frequencyFactors((fields.json["long_factor"]?.array ?? []).compactMap(\.double).map(Float.init))
        default: throw ModelConfigurationError.unsupported(key: "rope_scaling.rope_type", value: kind)
        }
    }

    private static func yarn(
        _ fields: HuggingFaceFields, _ outer: HuggingFaceFields
    ) throws -> ModelConfiguration.RotaryScaling {
        for key in ["mscale", "mscale_all_dim"] {
            if let value = try fields.number(key) {
                throw ModelConfigurationError.unsupported(key: "rope_scaling.\(key)", value: "\(value)")
            }
        }
        if try fields.flag("truncate") == false {
            throw ModelConfigurationError.unsupported(key: "rope_scaling.truncate", value: "false")
        }
        let original =
            try fields.optional("original_max_position_embeddings") ?? outer.required("max_position_embeddings")
        guard original > 0 else {
            throw ModelConfigurationError.invalid(
                key: "rope_scaling.original_max_position_embeddings", value: "\(original)",
                expected: "a positive number")
        }
        return .yarn(
            factor: try positive("factor", fields), originalPositions: Double(original),
            attentionFactor: try fields.number("attention_factor"), betaFast: try fields.number("beta_fast") ?? 32,
            betaSlow: try fields.number("beta_slow") ?? 1)
    }

    private static func present(_ value: JSONValue?) -> JSONValue? { value?.object == nil ? nil : value }

    private static func positive(_ key: String, _ fields: HuggingFaceFields) throws -> Double {
        guard let value = try fields.number(key) else {
            throw ModelConfigurationError.missing(key: "rope_scaling.\(key)")
        }
        guard value > 0, value.isFinite else {
            throw ModelConfigurationError.invalid(
                key: "rope_scaling.\(key)", value: "\(value)", expected: "a positive number")
        }
        return value
    }
}

extension ModelConfiguration.RotaryScaling {
    /// The `rope_scaling` object; nil where nothing is scaled.
    func huggingFaceJSON(contextLength: Int) -> JSONObject? {
        switch self {
        case .none: nil
        case .yarn(let factor, let original, let attentionFactor, let betaFast, let betaSlow):
            JSONObject(
                [
                    ("rope_type", "yarn"), ("factor", .double(factor)), ("beta_fast", .double(betaFast)),
                    ("beta_slow", .double(betaSlow)), ("original_max_position_embeddings", .integer(Int(original))),
                ] + (attentionFactor.map { [("attention_factor", .double($0))] } ?? []))
        case .linear(let factor): JSONObject([("rope_type", "linear"), ("factor", .double(factor))])
        case .llama3(let factor, let low, let high, let original):
            JSONObject([
                ("rope_type", "llama3"), ("factor", .double(factor)), ("low_freq_factor", .double(low)),
                ("high_freq_factor", .double(high)), ("original_max_position_embeddings", .integer(Int(original))),
            ])
        case .frequencyFactors(let factors):
            // transformers has no plain "factors"; `longrope` with the same list twice and no attention factor is just that.
            JSONObject([
                ("rope_type", "longrope"), ("factor", 1.0), ("attention_factor", 1.0),
                ("short_factor", .array(factors.map { .double(Double($0)) })),
                ("long_factor", .array(factors.map { .double(Double($0)) })),
                ("original_max_position_embeddings", .integer(contextLength)),
            ])
        }
    }
}
