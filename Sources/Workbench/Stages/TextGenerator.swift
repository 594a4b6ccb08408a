// Answers: prompt → template → tokens → text.

internal import Datasets
internal import Files
internal import Foundation
internal import Generation
public import JSON
internal import Models
internal import Recipes
internal import Tensors
internal import Tokenizers

/// How to answer.
public struct GenerationSettings: Sendable {
    public var maxNewTokens: Int
    public var temperature: Double
    public var topK: Int?
    public var topP: Double?
    public var minP: Double?
    /// Continue the prompt as it stands, without the chat template.
    public var isRaw: Bool
    public var system: String?
    /// Texts that end the answer and are no part of it.
    public var stop: [String] = []
    /// Divides positive and multiplies negative logits of tokens that prompt or answer hold; 1 for none.
    public var repetitionPenalty: Double = 1

    public init(
        maxNewTokens: Int = 256, temperature: Double = 0, topK: Int? = nil, topP: Double? = nil, minP: Double? = nil,
        isRaw: Bool = false, system: String? = nil
    ) {
        self.maxNewTokens = maxNewTokens
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
        self.minP = minP
        self.isRaw = isRaw
        self.system = system
    }

    func validate() throws {
        func check(_ isGood: Bool, _ message: String) throws {
            guard isGood else { throw Failure(.usage, message) }
        }
        try check(
            !isRaw || system == nil, "--raw continues the prompt as it stands, so --system would have no effect")
        try check(
            temperature != 0 || (topK == nil && topP == nil && minP == nil),
            "--temperature is 0, so nothing is drawn and --top-k, --top-p and --min-p would have no effect")
        try check(maxNewTokens > 0, "--max-new-tokens must be above 0")
        try check(!stop.contains(""), "--stop is empty, and an empty text would end every answer")
        try check(
            repetitionPenalty > 0 && repetitionPenalty.isFinite, "--repetition-penalty must be above 0; 1 is none")
        try check(temperature >= 0 && temperature.isFinite, "--temperature must be 0 or more")
        try check(topK.map { $0 > 0 } ?? true, "--top-k must be above 0")
        try check(topP.map { $0 > 0 && $0 <= 1 } ?? true, "--top-p must be above 0 and at most 1")
        try check(minP.map { $0 >= 0 && $0 <= 1 } ?? true, "--min-p must be between 0 and 1")
    }
}

/// One answer.
public struct GeneratedText: Presentable, Sendable {
    public let text: String
    public let ids: [Int32]
    /// "end_of_turn", "max_new_tokens", "context_full", "stop" at a text of `GenerationSettings.stop`, or "interrupted" where
    /// the person ended it.
    public let stopReason: String
    public let tokensPerSecond: Double

    public var json: JSONValue {
        [
            "text": .string(text), "ids": .array(ids.map { .integer(Int($0)) }), "stop_reason": .string(stopReason),
            "tokens_per_second": .double(tokensPerSecond),
        ]
    }
}

/// A model, with or without an adapter, that answers prompts; in a chat it remembers what was said.
public final class TextGenerator {
    private let opened: OpenedModel
    private let template: TemplateRenderer?
    private let settings: GenerationSettings
    private let rendering: AdapterRendering
    private let sampler: Sampler
    private let scheduler: GenerationScheduler
    /// What the turns of a chat have in common is read once.
    private let memory = SequenceMemory()
    private var messages: [JSONValue] = []
    /// What the model is told how to be; nil where nothing is.
    public private(set) var system: String?
    /// What the person should know before trusting answers: the adapter saw another base, or another chat template.
    private let warnings: [String]

    /// Opens what answers need of the session, and checks it against the settings.
    ///
    /// - Throws: `Failure` for settings that do not go together, and where prompts should go through a template that is not there.
    public init(_ session: Session, settings: GenerationSettings = GenerationSettings()) throws {
        try settings.validate()
        let recipe = session.recipe
        opened = try session.base()
        let model = try session.model()
        let adapterWarnings = try session.attachAdapter()?.warnings ?? []
        try session.requireWriter(for: "generation")
        try session.requireLanguage(for: "generation")
        rendering = try session.rendering(system: settings.system, isRaw: settings.isRaw)
        warnings = opened.warnings + rendering.warnings + adapterWarnings
        template = rendering.rendering.style == .plain ? nil : try session.renderer()
        guard template != nil || rendering.rendering.style != .chat else {
            throw Failure(
                .badInput, "\(path: opened.path) has no chat template, and the prompt should go through one",
                hint: "give one with --set data.chat_template=FILE, or take --raw")
        }
        try Self.requireActing(recipe, settings, template)
        self.settings = settings
        sampler = Sampler(
            temperature: settings.temperature, topK: settings.topK, topP: settings.topP ?? 1, minP: settings.minP ?? 0,
            seed: UInt64(bitPattern: Int64(recipe.seed)))
        scheduler = GenerationScheduler(model, arithmetic: GenerationArithmetic(recipe.model.precision))
        system = rendering.rendering.system
        forget()
    }

    /// Tells what is done because of the adapter, and what the person should know before trusting answers.
    public func tell(_ observer: any RunObserver) {
        for note in rendering.notes { observer.receive(.note(note)) }
        for warning in warnings { observer.receive(.warning(warning)) }
    }

    // MARK: What was said

    /// Begins anew, with the same system message.
    public func forget() {
        messages = system.map { [["role": "system", "content": .string($0)]] } ?? []
    }

    /// Begins anew with another system message.
    ///
    /// - Throws: `Failure` where prompts stand as they are.
    public func begin(system: String?) throws {
        guard !settings.isRaw else {
            throw Failure(.usage, "--raw continues the prompt as it stands, so a system message would have no effect")
        }
        self.system = system
        forget()
    }

    /// Goes on with what was said to `other`, under its own system message.
    public func goOn(from other: TextGenerator) throws {
        forget()
        messages += other.messages.filter { $0["role"]?.string != "system" }
    }

    /// Writes what was said to a new file, as a row of form chat.
    ///
    /// - Returns: how many messages there are.
    /// - Throws: `SystemError` where something stands there or nothing can be written, `Failure` where nothing was said.
    public func save(to file: String) throws -> Int {
        guard messages.contains(where: { $0["role"]?.string != "system" }) else {
            throw Failure(.badInput, "nothing was said yet")
        }
        let row: JSONValue = ["messages": .array(messages)]
        let output = try AtomicFile(OutputPlaces.url(file))
        try output.write(Array((row.text() + "\n").utf8))
        try output.commit()
        return messages.count
    }

    /// Throws where a key was set that does nothing beside how the prompt is asked.
    private static func requireActing(
        _ recipe: Recipe, _ settings: GenerationSettings, _ template: TemplateRenderer?
    ) throws {
        let raw = "--raw continues the prompt as it stands", plain = "the prompt goes through no chat template"
        let rules = [
            ("seed", settings.temperature == 0, "--temperature is 0, so nothing is drawn"),
            ("data.prompt_style", settings.isRaw, raw), ("data.system", settings.isRaw, raw),
            ("data.system", settings.system != nil, "--system is given"),
            ("data.chat_template", template == nil, plain), ("data.template_date", template == nil, plain),
            (
                "data.template_date", template?.dayTold == nil,
                "the chat template does not ask for the date (strftime_now)"
            ),
        ]
        for (key, isIdle, reason) in rules where isIdle && recipe.isSet(key) {
            throw Failure(.usage, "--set \(key) has no effect: \(reason)", hint: "leave it out")
        }
    }

    /// Generates an answer; `onText` gets it piece by piece. A turn that fails was never said.
    ///
    /// - Parameter isStopped: asked after each token whether the answer is to end there.
    /// - Throws: `Failure` for a prompt that the model cannot take, and where `onText` asks for another answer.
    public func answer(
        _ prompt: String, isStopped: () -> Bool = { false }, onText: (String) -> Void
    ) throws -> GeneratedText {
        guard scheduler.isIdle else {
            throw Failure(.usage, "an answer is being written", hint: "ask again when it is whole")
        }
        let before = messages
        messages.append(["role": "user", "content": .string(prompt)])
        do {
            let generated = try generate(promptIDs(prompt), isStopped: isStopped, onText: onText)
            messages.append(["role": "assistant", "content": .string(generated.text)])
            return generated
        } catch {
            messages = before
            throw error
        }
    }

    private func promptIDs(_ prompt: String) throws -> [Int32] {
        guard let template else {
            return try opened.encodePlain(plain(prompt))
        }
        let text: String
        do { text = try template.renderConversation(messages, addGenerationPrompt: true, extra: JSONObject()) } catch {
            throw Failure(.badInput, "\(template.name) cannot render this conversation: \(error)")
        }
        return opened.encodeRendered(text)
    }

    /// The prompt as it stands, or as the adapter's plain rows were put together.
    private func plain(_ prompt: String) -> String {
        guard !settings.isRaw else { return prompt }
        let texts = [system, prompt].compactMap { $0 }
        return RowRendering.plainPrompt(texts, format: rendering.rendering.format)
    }

    private func generate(
        _ prompt: [Int32], isStopped: () -> Bool, onText: (String) -> Void
    ) throws -> GeneratedText {
        var request = GenerationRequest(
            prompt: prompt, maximumTokens: settings.maxNewTokens, sampler: sampler, stopTokens: opened.stopIDs,
            memory: memory)
        request.rules = LogitRules(repetitionPenalty: settings.repetitionPenalty)
        var decoder = StreamingDecoder(opened.tokenizer, skipSpecialTokens: true)
        var stopText = StopText(settings.stop), isEnded = false
        var text = ""
        func tell(_ piece: String) {
            text += piece
            if !piece.isEmpty { onText(piece) }
        }
        func show(_ piece: String) {
            guard !isEnded else { return }
            let fed = stopText.feed(piece)
            tell(fed.text)
            isEnded = fed.end != nil
        }
        let start = ContinuousClock.now
        let id = scheduler.add(request)
        var tokens: [Int32] = [], reason: FinishReason?
        while reason == nil {
            for event in scheduler.step() where event.id == id {
                switch event {
                case .token(_, let token):
                    tokens.append(token)
                    show(decoder.feed(token))
                case .finished(_, .failed(let error)): throw error
                case .finished(_, let ended): reason = ended
                }
            }
            if reason == nil, isEnded || isStopped() {
                scheduler.cancel(id)
                break
            }
        }
        let ids = reason.map { opened.textTokens(Answer(tokens: tokens, reason: $0)) } ?? tokens
        for id in ids.dropFirst(tokens.count) { show(decoder.feed(id)) }
        show(decoder.finish())
        if !isEnded { tell(stopText.finish()) }
        let seconds = (ContinuousClock.now - start).seconds
        return GeneratedText(
            text: text, ids: ids, stopReason: isEnded ? "stop" : reason?.word ?? "interrupted",
            tokensPerSecond: seconds > 0 ? Double(tokens.count) / seconds : 0)
    }
}

extension GeneratedText {
    /// Whether it ends because the model reads no more tokens.
    public var isCutByContext: Bool { stopReason == FinishReason.contextFull.word }
}

extension FinishReason {
    /// What reports call it.
    fileprivate var word: String {
        switch self {
        case .stopToken: "end_of_turn"
        case .maximumTokens: "max_new_tokens"
        case .whole: "whole"
        case .contextFull: "context_full"
        case .failed(let error): error.description
        }
    }
}

extension Duration {
    /// As a number of seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

extension GenerationArithmetic {
    /// Whole numbers of 16 bits lose less than bf16 does, so only who asks for fp32 gets fp32.
    init(_ precision: Precision) { self = precision == .fp32 ? .exact : .rounded }
}
