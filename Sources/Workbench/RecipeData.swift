// The rows of a recipe, as tokens of its model.

internal import ChatTemplates
internal import Datasets
internal import Recipes

/// How a recipe's rows become a model's tokens.
struct RowPreparation {
    private let opened: OpenedModel
    let encoder: any TextEncoder
    let renderer: (any ConversationRenderer)?
    let settings: DataSettings

    init(_ data: DataSection, _ opened: OpenedModel) throws {
        encoder = TokenizerEncoder(opened.tokenizer, digest: opened.tokenizerDigest)
        self.opened = opened
        renderer = try opened.chatTemplate().map { TemplateRenderer($0, tokenizer: opened.tokenizer) }
        settings = data.settings
    }

    /// Turns single rows into tokens.
    var builder: ExampleBuilder { ExampleBuilder(encoder: encoder, renderer: renderer, settings: settings) }

    /// Training and held-out rows.
    func split(_ recipe: Recipe) throws -> DatasetSplit {
        try recipe.data.files().forEach { try Failure.requireFile($0, "the data file") }
        let split = try DatasetSplit(
            train: recipe.data.trainingFiles, heldOut: recipe.data.heldOut, valSize: recipe.data.valSize,
            seed: recipe.seed,
            encoder: encoder, renderer: renderer, settings: settings)
        try opened.requireInVocabulary(split.train)
        if let heldOut = split.heldOut { try opened.requireInVocabulary(heldOut) }
        return split
    }

    /// The rows of `files` alone.
    func rows(_ files: [String]) throws -> PreparedDataset {
        try InputFiles.expand(files).forEach { try Failure.requireFile($0, "the data file") }
        let rows = try PreparedDataset(files: files, encoder: encoder, renderer: renderer, settings: settings)
        try opened.requireInVocabulary(rows)
        return rows
    }
}
