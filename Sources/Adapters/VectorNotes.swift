// How a text becomes a vector under an adapter that was trained for that: nothing in PEFT's files says it.

internal import JSON

/// What is noted of an adapter of task `embed`.
public struct VectorNotes: Sendable, Equatable {
    /// `mean`, `cls` or `last`, as recipes say it.
    public var pooling: String
    /// Whether vectors get a length of 1.
    public var isNormalized: Bool

    public init(pooling: String, isNormalized: Bool) {
        self.pooling = pooling
        self.isNormalized = isNormalized
    }

    /// What PEFT calls adapters whose model gives states.
    static let peftTask = "FEATURE_EXTRACTION"

    /// What classes with a head call the model that they are made of.
    private static let modelNames: Set<String> = [
        "bert", "roberta", "distilbert", "nomic_bert", "model", "transformer", "gpt_neox",
    ]

    /// The name of a module in the model by itself, as `AutoModel` has it.
    static func bareName(_ name: String) -> String {
        guard let dot = name.firstIndex(of: "."), modelNames.contains(String(name[..<dot])) else { return name }
        return String(name[name.index(after: dot)...])
    }

    var json: JSONValue { ["pooling": .string(pooling), "normalize": .bool(isNormalized)] }

    /// nil where `json` says no such thing.
    init?(_ json: JSONValue) {
        guard let pooling = json["pooling"]?.string, ["mean", "cls", "last"].contains(pooling),
            let isNormalized = json["normalize"]?.bool
        else { return nil }
        self.init(pooling: pooling, isNormalized: isNormalized)
    }
}
