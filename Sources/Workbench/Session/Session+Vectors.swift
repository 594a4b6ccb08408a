// How a session's texts become vectors: as its adapter was trained, else as the recipe says, else as the model's folder does.

internal import Adapters
internal import Datasets
internal import Models
internal import Objectives
internal import Recipes
internal import Vocabulary

extension Session {
    /// Takes over how texts become vectors, where the recipe leaves it open: what is learnt and asked then says it itself.
    ///
    /// - Throws: `Failure` where the recipe says another thing than the adapter was trained with, or names sizes that vectors have not.
    func followVectors() throws {
        var recipe = self.recipe
        if let noted = try notedVectors() {
            try recipe.take(noted)
        } else if recipe.task != .embed {
            return
        }
        let (stated, isAssumed) = try sentenceSettings()
        assumesVectors = isAssumed && recipe.embed.pooling == .auto
        if recipe.embed.pooling == .auto { recipe.embed.pooling = EmbedPooling(stated.pooling) }
        if recipe.embed.normalize == .auto { recipe.embed.normalize = stated.isNormalized ? .yes : .no }
        let width = try base().configuration.width
        if let size = recipe.embed.dimensions.first(where: { $0 > width }) {
            throw Failure(
                .badInput, "embed.dimensions: \(size), where the model's vectors have \(width) numbers",
                hint: "name sizes of up to \(width)")
        }
        follow(recipe)
    }

    /// How texts become vectors before the recipe is heard, and whether nothing said so.
    func sentenceSettings() throws -> (settings: SentenceSettings, isAssumed: Bool) {
        let stated = try base().weights.sentenceSettings()
        return (stated ?? SentenceSettings(), stated == nil)
    }

    /// The same, the recipe's word taken.
    func vectorSettings() throws -> (settings: SentenceSettings, isAssumed: Bool) {
        var (settings, isAssumed) = try sentenceSettings()
        let embed = recipe.embed
        if let pooling = embed.pooling.pooling {
            settings.pooling = pooling
            isAssumed = assumesVectors
        }
        if embed.normalize != .auto { settings.isNormalized = embed.normalize == .yes }
        return (settings, isAssumed)
    }

    /// What rows of texts that become vectors are, and how the model reads them.
    func textTask() throws -> RowTask {
        let settings = try sentenceSettings().settings, configuration = try base().configuration
        let limits = [settings.mostTokens, configuration.embedding.mostTokens, configuration.contextLength]
        var task = RowTask(.embed)
        task.reading = TextReading(
            need: recipe.embed.loss.need, prompt: settings.prompt, lowercases: settings.lowercases,
            mostTokens: limits.compactMap { $0 }.min())
        return task
    }
}

extension Recipe {
    /// Makes vectors as the adapter was trained to.
    fileprivate mutating func take(_ noted: VectorNotes) throws {
        guard !isSet("task") || task == .embed else {
            throw Failure(
                .badInput, "task: \(task.rawValue), and the adapter was trained for task: embed",
                hint: "leave task out: the adapter's own is taken")
        }
        let pooling = EmbedPooling(rawValue: noted.pooling) ?? .auto
        let normalize = noted.isNormalized ? EmbedNormalize.yes : .no
        for (key, isOther) in [
            ("embed.pooling", embed.pooling != .auto && embed.pooling != pooling),
            ("embed.normalize", embed.normalize != .auto && embed.normalize != normalize),
        ] where isOther {
            throw Failure(
                .badInput,
                "\(key): the adapter was trained with pooling \(noted.pooling), "
                    + "normalize \(noted.isNormalized)", hint: "leave it out: the adapter's own is taken")
        }
        task = .embed
        (embed.pooling, embed.normalize) = (pooling, normalize)
    }

    /// What is to be noted of an adapter that is trained so; nil where it makes no vectors.
    var vectorNotes: VectorNotes? {
        task == .embed
            ? VectorNotes(pooling: embed.pooling.rawValue, isNormalized: embed.normalize != .no) : nil
    }
}
