// Whether a written model is spoken to as the one that was trained: its own template and tokenizer, read back from what was written,
// must make the ids of a conversation that training made.

internal import Datasets
internal import JSON

/// Two models' templates and tokenizers, held against one another on conversations of every kind.
public struct TemplateParity: Sendable, Equatable {
    /// Conversations that were rendered; 0 where neither model has a template.
    public private(set) var conversations = 0
    /// Those that both templates refuse: of two system messages, say, or of tools.
    public private(set) var refused = 0

    /// Holds the model at `written` against the one at `trained`.
    ///
    /// - Parameters:
    ///   - chatTemplate: `data.chat_template` of the recipe that trained, in place of the model's own.
    ///   - date: what templates are told that ask for today's, as 2026-01-31.
    /// - Throws: `Failure` as below, and for models that cannot be opened.
    public init(of written: String, with trained: String, chatTemplate: String? = nil, date: String) throws {
        try self.init(
            of: OpenedModel(written), with: OpenedModel(trained, chatTemplate: chatTemplate), date: date)
    }

    /// Holds `written`, what was written and read back, against `trained`, whose rows were or would be trained on.
    ///
    /// - Parameter date: what templates are told that ask for today's.
    /// - Throws: `Failure` for the first conversation that comes out otherwise, or that a begin or end stands in twice.
    init(of written: OpenedModel, with trained: OpenedModel, date: String) throws {
        let (left, right) = (try trained.renderer(date: date), try written.renderer(date: date))
        guard let left, let right else {
            guard left == nil, right == nil else {
                let without = left == nil ? trained.path : written.path
                throw Self.failure(written, "has a chat template where \(without) has none, or none where it has one")
            }
            return
        }
        for conversation in ParityConversation.all {
            let expected = Self.ids(conversation, left, trained), found = Self.ids(conversation, right, written)
            guard expected == found else {
                throw Self.failure(
                    written,
                    "renders the conversation \"\(conversation.name)\" as other tokens than \(trained.path): "
                        + "\(Self.shown(found)), and not \(Self.shown(expected))")
            }
            if let found { try Self.requireOnce(found, conversation, written) }
            conversations += 1
            refused += found == nil ? 1 : 0
        }
    }

    /// What `model` is asked with for a conversation; nil where its template refuses it.
    private static func ids(
        _ conversation: ParityConversation, _ renderer: TemplateRenderer, _ model: OpenedModel
    ) -> [Int32]? {
        let text = try? renderer.renderConversation(
            conversation.messages, addGenerationPrompt: conversation.asks, extra: conversation.extra)
        return text.map { model.encodeRendered($0) }
    }

    /// One beginning at the start, and after no end another one.
    private static func requireOnce(_ ids: [Int32], _ conversation: ParityConversation, _ model: OpenedModel) throws {
        let ends = model.tokenizer.endOfGenerationIDs
        if let begin = model.tokenizer.bosID, !ends.contains(begin), ids.starts(with: [begin, begin]) {
            throw failure(model, "begins the conversation \"\(conversation.name)\" twice")
        }
        for (id, next) in zip(ids, ids.dropFirst()) where id == next && ends.contains(id) {
            throw failure(model, "ends a turn of the conversation \"\(conversation.name)\" twice")
        }
    }

    private static func failure(_ model: OpenedModel, _ problem: String) -> Failure {
        Failure(.badInput, "\(path: model.path): the written model \(problem)", namedFile: model.path)
    }

    /// The beginning of a list of ids.
    private static func shown(_ ids: [Int32]?) -> String {
        guard let ids else { return "refused" }
        return ids.prefix(24).map(\.description).joined(separator: " ") + (ids.count > 24 ? " …" : "")
    }
}

extension Session {
    /// The chat templates that a written model gets in place of its base's: those that a recipe trained with.
    func writtenTemplates() throws -> [String: String]? {
        recipe.data.chatTemplate == nil ? nil : try base().templates?.named
    }
}
