// The rows of a recipe, as tokens of its model.

internal import ChatTemplates
internal import Datasets
internal import Preparation
internal import Recipes

/// How a recipe's rows become a model's tokens.
struct RowPreparation {
    let opened: OpenedModel
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

    /// Training and held-out rows, cleaned, and what cleaning did.
    func split(_ recipe: Recipe) throws -> PreparedSplit {
        let rows = RowCollector()
        let cleaning = RowCleaning(recipe, countTokens: countTokens)
        let cleaned = try cleaning.run(into: rows)
        let limit = settings.input.maximumBadRows
        let split = try DatasetSplit(
            train: CollectedRows(rows.train, report: cleaned.train, limit: limit),
            heldOut: cleaned.report.heldOutRows > 0
                ? CollectedRows(rows.heldOut, report: cleaned.heldOut ?? InputReport(), limit: limit) : nil,
            digests: cleaned.digests(of: rows.rows, recipe), encoder: encoder, renderer: renderer, settings: settings)
        try opened.requireInVocabulary(split.train)
        if let heldOut = split.heldOut { try opened.requireInVocabulary(heldOut) }
        return PreparedSplit(split: split, preparation: cleaned.report)
    }

    /// Counts a text's tokens.
    private var countTokens: @Sendable (String) -> Int {
        { [encoder] text in encoder.encodeText(text, addSpecialTokens: false, parseSpecial: false).ids.count }
    }

    /// The rows of `files` alone.
    func rows(_ files: [String]) throws -> PreparedDataset {
        try InputFiles.expand(files).forEach { try Failure.requireFile($0, "the data file") }
        let rows = try PreparedDataset(files: files, encoder: encoder, renderer: renderer, settings: settings)
        try opened.requireInVocabulary(rows)
        return rows
    }
}

/// Rows as tokens, and what was done to them before.
struct PreparedSplit {
    let split: DatasetSplit
    let preparation: PreparationReport
}
