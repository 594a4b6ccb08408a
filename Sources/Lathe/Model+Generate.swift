// Answers to prompts.

internal import Workbench

/// How an answer is written.
public struct Sampling: Sendable {
    /// The most tokens of an answer.
    public var maxNewTokens: Int
    /// 0: always the likeliest token.
    public var temperature: Double
    /// Sample among so many of the likeliest tokens.
    public var topK: Int?
    /// Sample among the likeliest tokens that hold this probability together.
    public var topP: Double?
    /// Leave out tokens less likely than this share of the likeliest.
    public var minP: Double?

    /// The likeliest answer, unless told otherwise.
    public init(
        maxNewTokens: Int = 256, temperature: Double = 0, topK: Int? = nil, topP: Double? = nil, minP: Double? = nil
    ) {
        self.maxNewTokens = maxNewTokens
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
        self.minP = minP
    }

    fileprivate func settings(system: String?, isRaw: Bool = false) -> GenerationSettings {
        GenerationSettings(
            maxNewTokens: maxNewTokens, temperature: temperature, topK: topK, topP: topP, minP: minP, isRaw: isRaw,
            system: system)
    }
}

/// A text that a model wrote.
public struct Answer: Sendable {
    /// Why it ended.
    public enum End: String, Sendable {
        /// The model said that it is done.
        case endOfTurn = "end_of_turn"
        /// It was as long as `Sampling.maxNewTokens` allows.
        case maxNewTokens = "max_new_tokens"
        /// The model reads no more tokens.
        case contextFull = "context_full"
    }

    /// What it says, without the tokens that end a turn.
    public let text: String
    /// Its tokens.
    public let ids: [Int32]
    /// Why it ended; `nil` for a reason that this version of the library has no name for.
    public let end: End?

    fileprivate init(_ text: GeneratedText) {
        self.text = text.text
        ids = text.ids
        end = End(rawValue: text.stopReason)
    }
}

extension Model {
    /// Answers a prompt, through the model's chat template where it has one and as the adapter was trained.
    ///
    /// - Parameters:
    ///   - system: a system message.
    ///   - isRaw: whether the prompt is continued as it stands, without a template.
    ///   - onText: gets the answer piece by piece, as it is written.
    public func generate(
        _ prompt: String, system: String? = nil, isRaw: Bool = false, sampling: Sampling = Sampling(),
        onText: @escaping (String) -> Void = { _ in }
    ) throws(LatheError) -> Answer {
        try LatheError.catching {
            let stage = GenerateStage(prompt, settings: sampling.settings(system: system, isRaw: isRaw), onText: onText)
            return Answer(try stage.run(session(for: .generate, adapter: adapter), Listener(onEvent: nil)))
        }
    }

    /// Begins a conversation; the model stays open for it.
    public func chat(system: String? = nil, sampling: Sampling = Sampling()) throws(LatheError) -> Chat {
        try LatheError.catching {
            Chat(
                try TextGenerator(
                    session(for: .generate, adapter: adapter), settings: sampling.settings(system: system)))
        }
    }
}

/// A conversation: each answer knows what was said before it.
public final class Chat {
    private let generator: TextGenerator

    fileprivate init(_ generator: TextGenerator) { self.generator = generator }

    /// Answers what a person says.
    ///
    /// - Parameter onText: gets the answer piece by piece, as it is written.
    public func answer(_ message: String, onText: (String) -> Void = { _ in }) throws(LatheError) -> Answer {
        try LatheError.catching { Answer(try generator.answer(message, onText: onText)) }
    }
}
