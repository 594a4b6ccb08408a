// A family of models as data: what its configuration files may say, and what they mean where they are silent.

public import JSON

/// One family of decoders: a value, so that a new family is one more file beside its siblings.
public struct ModelFamily: Sendable {
    /// transformers' `model_type`.
    public let name: String
    /// The class that `architectures` of a written `config.json` names.
    let className: String
    /// `general.architecture` of its GGUF files.
    let ggufArchitecture: String
    /// What transformers takes where `config.json` is silent.
    let defaults: Defaults
    /// Where biases stand.
    let biases: Biases
    /// Whether queries and keys have a norm over each head.
    let hasQueryKeyNorm: Bool
    let window: Window
    /// The family's own fields of `config.json`, beside `ConfigurationField.shared`.
    let ownFields: [ConfigurationField<JSONValue>]

    struct Defaults: Sendable {
        let contextLength: Int
        /// nil: as many as query heads.
        let keyValueHeads: Int?
        /// nil: the width shared out among the heads.
        let headWidth: Int?
    }

    /// Which projections have biases.
    enum Biases: Sendable {
        case never
        /// On queries, keys and values, whatever the file says.
        case alwaysOnInputs
        /// On all four projections of the attention where `attention_bias` is true; on the MLP's where `mlp_bias` is.
        case asConfigured(mlp: Bool)
    }

    /// Which layers see only a window of what came before.
    enum Window: Sendable {
        case none
        /// Those that `layer_types` names, else all, where `sliding_window` is not null.
        case everywhere
        /// Those that `layer_types` names, else those from `max_window_layers` on, if `use_sliding_window` is true.
        case byLayer
    }

    /// `sliding_window` where the file is silent.
    static let defaultWindow = 4_096

    /// Every family there is.
    public static let all: [ModelFamily] = [.llama, .mistral, .qwen2, .qwen3]

    /// The family of that `model_type`.
    static func named(_ name: String) -> ModelFamily? { all.first { $0.name == name } }

    /// Every field of `config.json` that the family knows.
    public var fields: FieldTable<JSONValue> { FieldTable(fields: ConfigurationField.shared + ownFields) }
}
