// A family of models: what its files say, and what they mean. Each is a value in a file of its own.

public import JSON
import WeightFiles

/// One family of models.
public struct ModelFamily: Sendable {
    /// transformers' `model_type`.
    public let name: String
    /// The class that `architectures` of a written `config.json` names.
    let className: String
    /// `general.architecture` of its GGUF files.
    public let ggufArchitecture: String
    /// Every field of `config.json` that the family knows.
    public let fields: FieldTable<JSONValue>
    /// Every key of its GGUF files, without the architecture's name.
    let ggufFields: FieldTable<GGUFValue>
    /// What its weights are called.
    public let names: WeightNames
    /// `config.json`, whose fields are known and computed, to a configuration.
    let read: @Sendable (HuggingFaceFields) throws -> ModelConfiguration
    /// The metadata of a GGUF file to a configuration.
    let readGGUF: @Sendable (GGUFFields) throws -> ModelConfiguration
    /// The family's own members of `config.json`, beside sizes and tokens.
    let write: @Sendable (ModelConfiguration) -> [JSONObject.Member]
    /// The family's own keys of a GGUF file, beside sizes and norms.
    ///
    /// - Throws: where llama.cpp computes something else than the configuration says.
    let writeGGUF: @Sendable (ModelConfiguration, inout GGUFDescription) throws -> Void

    /// Every family there is.
    public static let all: [ModelFamily] = [.llama, .mistral, .qwen2, .qwen3, .gemma3]

    /// The family of that `model_type`.
    public static func named(_ name: String) -> ModelFamily? { all.first { $0.name == name } }

    /// The first family whose GGUF files say `architecture`.
    static func of(architecture: String) -> ModelFamily? { all.first { $0.ggufArchitecture == architecture } }
}
