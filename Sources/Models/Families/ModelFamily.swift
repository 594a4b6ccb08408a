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
    /// The key that is above 0 in its GGUF files, and in none of another family of that architecture; nil: the architecture says
    /// enough.
    var ggufMark: String? = nil
    /// The classes for tasks that transformers has of it.
    var taskClasses: Set<TaskClass> = [.texts, .words]
    /// What the names of those begin with, where it is not what the class of language begins with.
    var classStem: String?
    /// What its `config.json` calls what others call by the key, which it hears too.
    var aliases: [String: String] = [:]
    /// What its `config.json` calls what others call by the key, which it does not hear; nil for what it does not say.
    var ownNames: [String: String?] = [:]
    /// The modules that IA3 scales where nobody names any, as PEFT has them; nil: it has none of the family.
    public var scaledModules: ScaledModules? = nil
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
    /// The family's own keys of a GGUF file, beside sizes and norms; nil where such files are read and not written.
    ///
    /// - Throws: where llama.cpp computes something else than the configuration says.
    let writeGGUF: (@Sendable (ModelConfiguration, inout GGUFDescription) throws -> Void)?

    /// Every family there is.
    public static let all: [ModelFamily] = [
        .llama, .mistral, .qwen2, .qwen3, .gemma3, .mixtral, .qwen3MoE, .granite, .cohere, .cohere2, .stableLM, .gpt2,
        .phi3, .gptNeoX, .falcon, .gemma2, .smolLM3,
        .bert, .roberta, .xlmRoberta, .camembert, .distilbert, .modernbert, .nomicBert, .olmo2, .olmoe, .t5, .mT5,
    ]

    /// The family of that `model_type`.
    public static func named(_ name: String) -> ModelFamily? { all.first { $0.name == name } }

    /// The family whose GGUF file `gguf` is: that whose mark it bears, else the first of its architecture.
    static func of(_ gguf: GGUFFile) -> ModelFamily? {
        let families = all.filter { $0.ggufArchitecture == gguf.architecture }
        let marked = families.first { family in
            family.ggufMark.flatMap { gguf.architectureValue($0)?.integer }.map { $0 > 0 } ?? false
        }
        return marked ?? families.first { $0.ggufMark == nil }
    }
}
