// What the engine's thread owns of a model. It is made on that thread and never leaves it; how adapters are read for it does.

public import Adapters
public import Models

/// A base, ready to compute, and how adapters for it are read.
public struct ServedBase {
    /// Reads the adapter at a path, in any form: beside the thread of the model, and nothing of it.
    public typealias Read = @Sendable (_ path: String) throws -> sending ReadAdapter

    public let model: LanguageModel
    public let arithmetic: GenerationArithmetic
    /// How texts become vectors.
    public let vectors: SentenceSettings
    /// The head of a task that the model's folder has.
    public let head: SavedHead?
    let read: Read

    /// - Parameter arithmetic: nil for what goes with the model's precision.
    public init(
        _ model: LanguageModel, arithmetic: GenerationArithmetic? = nil, vectors: SentenceSettings = SentenceSettings(),
        head: SavedHead? = nil, read: @escaping Read
    ) {
        self.model = model
        self.arithmetic = arithmetic ?? GenerationArithmetic(model.precision)
        self.vectors = vectors
        self.head = head
        self.read = read
    }
}

/// An adapter as it was read, on no model yet.
public struct ReadAdapter {
    public let set: AdapterSet
    /// How texts become vectors where it was trained for that.
    public let vectors: SentenceSettings?
    public let warnings: [String]

    public init(_ set: AdapterSet, vectors: SentenceSettings? = nil, warnings: [String] = []) {
        self.set = set
        self.vectors = vectors
        self.warnings = warnings
    }
}
