// Which tokens of a model stay where only some are in use.

internal import JSON
public import Models

/// The tokens that stay, ascending.
public struct KeptTokens: Sendable, Equatable {
    public let numbers: [Int]

    /// What is in use, all that it comes about by when texts are merged, special tokens and words that were added, and what any
    /// other text falls apart into.
    ///
    /// - Parameter used: tokens of the rows that the model is for.
    /// - Throws: `PruningError` for a kind of tokenizer of which nothing can be left out soundly.
    public init(of base: any ModelSource, using used: Set<Int>) throws {
        guard let source = try base.tokenizerSource() else {
            throw PruningError(base.location, "there is no tokenizer.json, so that no token can be left out")
        }
        let size = try base.embeddingRows()
        let configuration = try base.statedConfiguration()
        let settings = [base.huggingFaceConfiguration, try base.generationSettings()].compactMap { $0?.object }
        let named = settings.flatMap(\.members).filter { $0.key.hasSuffix("_token_id") }
            .flatMap { ModelConfiguration.tokens($0.value) }
        let all = used.union(named).union(configuration.endTokens).union([configuration.beginToken].compactMap(\.self))
        numbers = try TokenInventory(source).kept(using: all).filter { $0 < size }
    }
}
