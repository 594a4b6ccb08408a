// The base that is served, and the adapters that are loaded beside it.

public import Datasets
internal import Evaluation
public import JSON
public import Models
internal import Synchronization
public import Tokenizers

/// What is known of the base: told by who opened it.
public struct ServedFacts: Sendable {
    /// What clients call the base.
    public var name: String
    public var family: String
    public var tokenizer: Tokenizer
    /// Makes texts of conversations; nil where the model has no chat template.
    public var renderer: (any ConversationRenderer)?
    /// The chat template's text.
    public var templateSource: String?
    /// Tokens that end an answer.
    public var endTokens: Set<Int32>
    public var contextLength: Int
    public var vocabularySize: Int
    /// Numbers of a text's vector.
    public var width: Int
    /// How texts become vectors.
    public var vectors: SentenceSettings
    /// Bytes of the weights as they are stored.
    public var byteCount: Int
    /// Whether it writes text.
    public var writesText: Bool
    /// With what it begins to write where it reads with an encoder; nil: what it reads and what it writes are one text.
    public var startToken: Int32?
    /// What the person should know.
    public var warnings: [String]

    public init(
        name: String, family: String, tokenizer: Tokenizer, renderer: (any ConversationRenderer)? = nil,
        templateSource: String? = nil, endTokens: Set<Int32>, contextLength: Int, vocabularySize: Int, width: Int,
        vectors: SentenceSettings = SentenceSettings(),
        byteCount: Int, writesText: Bool = true, startToken: Int32? = nil, warnings: [String] = []
    ) {
        (self.name, self.family, self.tokenizer, self.renderer) = (name, family, tokenizer, renderer)
        (self.templateSource, self.endTokens) = (templateSource, endTokens)
        (self.contextLength, self.vocabularySize, self.width) = (contextLength, vocabularySize, width)
        self.vectors = vectors
        (self.byteCount, self.writesText, self.startToken) = (byteCount, writesText, startToken)
        self.warnings = warnings
    }
}

/// An adapter that is loaded.
public struct ServedAdapter: Sendable, Equatable {
    public let name: String
    /// Its number, which no other adapter gets while the model is served.
    public let id: Int
    public let path: String
    /// How much it counts where a request only names it.
    public var scale: Float
    /// Of its numbers, and of copies of the head's weight where it changes that.
    public let byteCount: Int
    /// What the person should know of it.
    public let warnings: [String]
    /// The labels between which its head tells apart; nil where it has none and writes text.
    public let labels: [String]?
}

/// A base, opened, with adapters that come and go by name while it is served.
///
/// The model lives on a thread of its own, which also opens it: nothing of it is ever touched by two threads.
public final class ServedModel: Sendable {
    public let limits: AdapterLimits
    let thread: EngineThread
    private let reader: AdapterReader
    private let registry = Mutex<[ServedAdapter]>([])

    /// - Parameter open: opens the base; runs on the model's thread.
    /// - Throws: what `open` throws.
    public init(
        limits: AdapterLimits = AdapterLimits(),
        opening open: @escaping @Sendable () throws -> (ServedFacts, ServedBase)
    ) throws {
        self.limits = limits
        thread = try EngineThread(open)
        reader = AdapterReader(thread.read)
    }

    public var facts: ServedFacts { thread.facts }
    /// In the order in which they were loaded.
    public var adapters: [ServedAdapter] { registry.withLock { $0 } }

    /// The adapter of that name; nil where none is loaded.
    public func adapter(_ name: String) -> ServedAdapter? { adapters.first { $0.name == name } }

    /// Loads the adapter at `path`, in any form that adapters are read in, and calls it `name`. Requests are answered while it
    /// is read.
    ///
    /// - Throws: `ServingError.adapter` where the name is taken, the limits leave no room, or it does not fit the base.
    @discardableResult
    public func load(
        _ name: String, from path: String, scale: Float = 1
    ) async throws(ServingError) -> ServedAdapter {
        let limits = limits
        guard scale.isFinite else { throw .adapter(name: name, "its scale is no number") }
        try await thread.run { core throws(ServingError) in try core.adapters.requireRoom(for: name, limits) }
        let read = try await reader.adapter(name, at: path)
        return try await thread.run { [registryUpdate] core throws(ServingError) in
            let adapter = try core.adapters.load(name, read.take(), from: path, scale: scale, limits)
            registryUpdate(core.adapters.list)
            return adapter
        }
    }

    /// Drops an adapter: requests that name it from now on are refused, those that were submitted before finish with it.
    public func unload(_ name: String) async throws(ServingError) {
        try await thread.run { [registryUpdate] core throws(ServingError) in
            try core.adapters.unload(name)
            registryUpdate(core.adapters.list)
        }
    }

    /// Sets how much the adapter `id` counts where a request only names it.
    public func setScale(_ scale: Float, of id: Int) async throws(ServingError) {
        try await thread.run { [registryUpdate] core throws(ServingError) in
            try core.adapters.setScale(scale, of: id)
            registryUpdate(core.adapters.list)
        }
    }

    private var registryUpdate: @Sendable ([ServedAdapter]) -> Void {
        { [weak self] list in self?.registry.withLock { $0 = list } }
    }
}

extension ServedModel {
    /// The text of a conversation, with the beginning of the answer.
    ///
    /// - Parameter extra: what else the template reads: `tools`, `enable_thinking`.
    /// - Throws: `ServingError.unsupported` without a template, `.invalid` where it refuses the messages.
    public func render(
        _ messages: [JSONValue], extra: JSONObject = JSONObject(), addGenerationPrompt: Bool = true
    ) throws(ServingError) -> String {
        guard let renderer = facts.renderer else {
            throw .unsupported("the model has no chat template; ask for a completion of a prompt instead")
        }
        do {
            return try renderer.renderConversation(messages, addGenerationPrompt: addGenerationPrompt, extra: extra)
        } catch {
            throw .invalid(field: "messages", "\(renderer.name) cannot render them: \(error)")
        }
    }

    /// Tokens of a rendered conversation with exactly one beginning of sequence: the template's own, else the tokenizer's.
    public func tokens(ofRendered text: String) -> [Int32] {
        let tokenizer = facts.tokenizer
        let begin = tokenizer.bosID.flatMap { tokenizer.text(ofToken: $0) }
        let templateBegins = begin.map { !$0.isEmpty && text.hasPrefix($0) } ?? false
        let ids = tokenizer.encode(text, addSpecialTokens: false).ids
        guard tokenizer.addsBOS, !templateBegins, let bos = tokenizer.bosID else { return ids }
        return [bos] + ids
    }

    /// Tokens of a plain prompt, as the tokenizer begins one; of a model with an encoder, with the token that begins to write.
    public func tokens(ofPrompt text: String) throws(ServingError) -> [Int32] {
        let ids = facts.tokenizer.encode(text, addSpecialTokens: true).ids
        guard let start = facts.startToken else { return ids }
        guard !ids.contains(start) else {
            throw .invalid(field: "prompt", "it holds the token with which the model begins to write")
        }
        return ids + [start]
    }

    /// Tokens of a text that is to become a vector, as the model's folder says how it is read. Nothing is cut: a text that is too long is
    /// refused where its vector is asked for.
    public func tokens(ofText text: String) -> [Int32] {
        facts.vectors.tokens(of: text, facts.tokenizer, most: .max).ids
    }
}
