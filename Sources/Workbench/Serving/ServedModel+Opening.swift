// A base model opened to be served.

internal import Adapters
internal import Datasets
internal import Foundation
internal import Generation
internal import Models
internal import Recipes
public import Serving
internal import Tokenizers

extension ServedModel {
    /// Opens the model of `resolved`, on a thread of its own. Adapters are loaded afterwards, by name.
    ///
    /// - Parameter name: what clients call it; nil: the last part of its path.
    /// - Throws: `Failure` where there is no model, or none that Lathe knows.
    public convenience init(
        _ resolved: ResolvedRecipe, name: String? = nil, limits: AdapterLimits = AdapterLimits()
    ) throws {
        try self.init(limits: limits) {
            let session = Session(resolved)
            return (try session.servedFacts(name), try session.servedBase())
        }
    }
}

extension Session {
    fileprivate func servedFacts(_ name: String?) throws -> ServedFacts {
        let base = try base(), configuration = base.configuration
        let url = URL(fileURLWithPath: base.path)
        return ServedFacts(
            name: name ?? url.deletingPathExtension().lastPathComponent, family: configuration.family,
            tokenizer: base.tokenizer, renderer: try renderer(), templateSource: base.templateSource,
            endTokens: base.stopIDs, contextLength: configuration.contextLength,
            vocabularySize: configuration.vocabularySize, width: configuration.width,
            vectors: try sentenceSettings().settings, byteCount: base.byteCount,
            writesText: configuration.writesText, startToken: base.startToken, warnings: base.warnings)
    }

    fileprivate func servedBase() throws -> ServedBase {
        let base = try base(), model = try model()
        let adapted = AdaptedModel(model), weights = base.weights, marks = base.marks
        return ServedBase(
            model, arithmetic: GenerationArithmetic(recipe.model.precision), vectors: try sentenceSettings().settings,
            head: base.ownHead?.head
        ) { path in
            let stored = try StoredAdapter(path)
            try stored.readAhead()
            return ReadAdapter(
                try stored.adapter(for: adapted), vectors: try weights.sentenceSettings(stored.provenance?.vectors),
                warnings: try stored.warnings(on: marks))
        }
    }
}

extension ModelSource {
    /// How texts become vectors with an adapter that was trained as `noted` says; nil where it was not trained for that.
    fileprivate func sentenceSettings(_ noted: VectorNotes?) throws -> SentenceSettings? {
        guard let noted else { return nil }
        var settings = try sentenceSettings() ?? SentenceSettings()
        if let pooling = EmbedPooling(rawValue: noted.pooling)?.pooling { settings.pooling = pooling }
        settings.isNormalized = noted.isNormalized
        return settings
    }
}
