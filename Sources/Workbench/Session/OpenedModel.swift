// A base model as a person names it, opened: its weights, its tokenizer, its template.

internal import Adapters
internal import ChatTemplates
internal import Datasets
internal import Digests
internal import Files
internal import Foundation
internal import Generation
internal import JSON
internal import Kernels
internal import ModelExport
internal import Models
internal import Recipes
internal import Tensors
internal import Tokenizers
internal import Vocabulary
internal import Objectives

/// A Hugging Face directory or a GGUF file, mapped but not yet made into a `LanguageModel`.
struct OpenedModel {
    let path: String
    private(set) var weights: any ModelSource
    private(set) var configuration: ModelConfiguration
    /// The head of a task that stands in the folder; nil where the model has none.
    let ownHead: OwnHead?
    let tokenizer: Tokenizer
    /// SHA-256 of what the tokenizer was made from.
    let tokenizerDigest: String
    /// What the person should know about the configuration.
    private let notes: [String]
    /// Ids of `generation_config.json` that end an answer.
    private let generationEnds: [Int]
    /// The chat templates, if the model or the recipe brings one.
    let templates: ChatTemplateSources?

    /// What messages call it.
    let templateName: String

    /// The text of the usual one.
    var templateSource: String? { templates?.usual }

    /// - Parameter chatTemplate: `data.chat_template`: a template, or the path of a file that holds one or of a model's folder.
    init(_ path: String, chatTemplate: String? = nil) throws {
        try Self.requireModel(path)
        self.path = path
        let source = try openWeights(URL(fileURLWithPath: path))
        weights = source
        let defaults = try GenerationDefaults(source)
        let (configuration, stated) = try Self.located(source.configurationName.map { "\(path)/\($0)" } ?? path) {
            (try ModelConfiguration(of: source), try source.configurationNotes() + defaults.notes)
        }
        self.configuration = configuration
        generationEnds = try defaults.endTokens
        do throws(AdapterError) {
            ownHead = try OwnHead(source, configuration)
            notes = stated
        } catch {
            // The model below it is of use all the same.
            ownHead = nil
            notes = stated + ["its own head is not used: \(error)"]
        }
        guard let tokenizerSource = try source.tokenizerSource() else {
            throw Failure(
                .missingInput, "\(path: path)/tokenizer.json does not exist",
                hint: "save the model's fast tokenizer there: tokenizer.save_pretrained(…) in transformers")
        }
        tokenizer = try Self.located(tokenizerSource.file(of: path)) { try tokenizerSource.tokenizer() }
        tokenizerDigest = tokenizerSource.digest
        guard chatTemplate == nil || configuration.encoder == nil else {
            throw Failure(
                .badInput,
                "data.chat_template: models of the family \(configuration.family) read one text and write another, and no "
                    + "conversation", hint: "leave it out; data.template builds prompts of fields")
        }
        let named = try ChatTemplateSources(setting: chatTemplate)
        templates =
            configuration.encoder != nil
            ? nil : try named ?? ChatTemplateSources(source.chatTemplatePlace, of: source.location)
        templateName = named == nil ? "the chat template of \(path: path)" : "the chat template of data.chat_template"
    }

    /// Throws where nothing stands at `path`, or another thing that Lathe knows.
    private static func requireModel(_ path: String) throws {
        guard !path.isEmpty else {
            throw Failure(.badInput, "model.path is missing", hint: "name a Hugging Face directory or a GGUF file")
        }
        guard try FileForm(at: path) != nil else {
            throw Failure(.missingInput, "the model \(path: path) does not exist", hint: hubHint(path))
        }
        try NamedFolder(path).requireModel()
    }

    /// Puts the file's name before an error that does not know it.
    private static func located<Value>(_ file: String, _ body: () throws -> Value) throws -> Value {
        do { return try body() } catch {
            throw Failure(describing: error).located(file)
        }
    }

    /// What to do where `path` may be a name on a hub, OWNER/NAME; `nil` where it cannot be one.
    static func hubHint(_ path: String) -> String? {
        guard FetchSource.isHubName(path) else { return nil }
        let name = FetchSource.hub(path).name
        return
            "if this is a name on the hub:\n  lathe fetch \(path)\ngets it; then name \(FetchStage.usualPlace)/\(name)"
    }

    /// Whether `data.chat_template` is a template itself, and no path.
    static func isTemplate(_ setting: String) -> Bool { setting.contains("{%") || setting.contains("{{") }

    /// How products are computed, and why.
    static func precision(_ setting: Precision) -> (type: ElementType, reason: String) {
        switch setting {
        case .bf16: (.bf16, "bf16, as asked")
        case .fp32: (.f32, "fp32, as asked")
        case .auto:
            Processor.hasFastBFloat16
                ? (.bf16, "bf16: this CPU multiplies bfloat16 numbers itself")
                : (.f32, "fp32: this CPU has no fast bfloat16 products")
        }
    }

    /// What the person should know: names that stand twice in the weights, fields of the configuration that are not used.
    var warnings: [String] { weights.warnings + notes.map { "\(path: path): \($0)" } }

    /// The model, ready to compute, its weights all numbers: one NaN would otherwise show up as a loss without a cause.
    func languageModel(precision: ElementType) throws -> LanguageModel {
        return try Self.located(path) {
            let model = try LanguageModel(configuration: configuration, weights: weights, precision: precision)
            try model.validateFinite(workspace: Workspace())
            model.ownHead = ownHead?.taskHead
            return model
        }
    }

    /// Reads all weights for their digest on a thread of its own; who asks for the digest later waits for what is left of it.
    func startDigest() {
        let weights = weights
        Thread.detachNewThread { _ = try? weights.contentDigest() }
    }

    /// The chat templates, compiled; a template that asks for the date is told `date`, written as 2025-01-31.
    func renderer(date: String) throws -> TemplateRenderer? {
        guard let templates else { return nil }
        guard let clock = TemplateClock(date: date) else {
            throw Failure(.badInput, "data.template_date: there is no day \(date)", hint: "write it as 2025-01-31")
        }
        var renderer = TemplateRenderer(
            try compiled(templates.usual), toolTemplate: try templates.toolUse.map(compiled), tokenizer: tokenizer,
            date: clock)
        renderer.name = templateName
        return renderer
    }

    private func compiled(_ source: String) throws -> ChatTemplate {
        do { return try ChatTemplate(source: source) } catch {
            throw Failure(.badInput, "\(templateName): \(error)")
        }
    }

    /// Throws where a token of `example` has no row in the model's embedding: a tokenizer of another model, or one that grew.
    func requireInVocabulary(_ example: TokenizedExample) throws {
        try requireInVocabulary(example.ids, at: example.place)
    }

    /// Throws where a token of the row at `place` has no row in the model's embedding.
    func requireInVocabulary(_ ids: some Sequence<Int32>, at place: RowPlace) throws {
        let size = configuration.vocabularySize
        guard let id = ids.first(where: { $0 < 0 || Int($0) >= size }) else { return }
        throw Failure(
            .badInput,
            "\(place): token \(id) (\(tokenizer.text(ofToken: id) ?? "?")) is outside the model's vocabulary of \(size)",
            hint: "the tokenizer in \(path: path) has more tokens than the model's embedding has rows")
    }
}

extension OpenedModel {
    /// Tokens of a rendered conversation with exactly one beginning of sequence: the template's own, else the tokenizer's.
    func encodeRendered(_ text: String) -> [Int32] {
        let begin = tokenizer.bosID.flatMap { tokenizer.text(ofToken: $0) }
        let templateBegins = begin.map { !$0.isEmpty && text.hasPrefix($0) } ?? false
        let ids = tokenizer.encode(text, addSpecialTokens: false).ids
        guard tokenizer.addsBOS, !templateBegins, let bos = tokenizer.bosID else { return ids }
        return [bos] + ids
    }

    /// With what it begins to write; nil where what it reads and what it writes are one text.
    var startToken: Int32? { configuration.encoder.map { Int32($0.startToken) } }

    /// What it reads of `prompt` before it writes, without a template.
    ///
    /// - Throws: `Failure` where the text holds what writing begins with.
    func encodePlain(_ prompt: String) throws -> [Int32] {
        let ids = tokenizer.encode(prompt, addSpecialTokens: true).ids
        guard let startToken else { return ids }
        guard !ids.contains(startToken) else {
            throw Failure(
                .badInput,
                "the prompt holds \(tokenizer.text(ofToken: startToken) ?? "token \(startToken)"), with which the model "
                    + "begins to write", hint: "take it out of the text")
        }
        return ids + [startToken]
    }

    /// An answer's tokens that are text. Settings may end answers with a word of the language, as with a full stop: like
    /// any other word it belongs to them.
    func textTokens(_ answer: Answer) -> [Int32] {
        guard case .stopToken(let id) = answer.reason, !tokenizer.endOfGenerationIDs.contains(id), id != tokenizer.eosID
        else { return answer.tokens }
        return answer.tokens + [id]
    }

    /// Tokens that end an answer.
    var stopIDs: Set<Int32> {
        tokenizer.endOfGenerationIDs.union(configuration.endTokens.compactMap { Int32(exactly: $0) })
            .union(generationEnds.compactMap { Int32(exactly: $0) }).union(tokenizer.eosID.map { [$0] } ?? [])
    }
}

extension OpenedModel {
    /// SHA-256 of all that decides what it says of tokens: its numbers, how they are computed with, where answers end. Tokenizer and
    /// templates have digests of their own.
    func digest() throws -> String {
        let ends = stopIDs.sorted().map { "\($0)" }.joined(separator: " ")
        return SHA256.hex(
            of: [try weights.contentDigest(), weights.configurationText, ends].joined(separator: "\n"))
    }

    /// SHA-256 of the chat template's text.
    var templateDigest: String? {
        templates.map { SHA256.hex(of: ([$0.usual] + [$0.toolUse].compactMap(\.self)).joined(separator: "\n")) }
    }

    /// Bytes of all weights as stored.
    var byteCount: Int { weights.byteCount }
}

extension OpenedModel {
    /// What is written of it with `adapter`: itself, or with what that trained in its place, and under the head that it has.
    func written(with adapter: AdapterSet?) throws -> OpenedModel {
        guard let adapter else { return self }
        guard !adapter.virtualTokensAlone else { throw Failure.noMergeOfPrompt("merge and models") }
        var written = self
        if adapter.trainsBeside {
            let trained = try TrainedBase(weights, configuration, adapter)
            (written.weights, written.configuration) = (trained, trained.configuration)
        }
        guard adapter.head != nil else { return written }
        // Decoders look for the last token that is none of these.
        let padding = tokenizer.padID ?? tokenizer.eosID
        let headed = try HeadedModel(written.weights, written.configuration, adapter, padding: padding)
        (written.weights, written.configuration) = (headed, headed.configuration)
        return written
    }

    /// Throws where no model with the head of `task` is written of it in `format`.
    /// - Parameter key: what asks for one.
    func requireClass(for task: TaskKind, in format: ExportFormat, _ key: String) throws {
        guard let kind = TaskClass(task) else { return }
        let hint = "leave it out: adapters are written with their head, as peft and hdf5"
        guard format == .safetensors, weights.huggingFaceConfiguration != nil else {
            throw Failure(
                .badInput,
                "\(key): a model with the head of task \(task.rawValue) is written of a model's folder, as safetensors",
                hint: hint)
        }
        guard configuration.className(with: kind) != nil else {
            throw Failure(
                .badInput, "\(key): transformers has no …\(kind.rawValue) of the family \(configuration.family)",
                hint: hint)
        }
    }
}

extension OpenedModel {
    /// The same, with what says how its texts become vectors, where its folder says another thing than was trained with.
    func makingVectors(_ noted: VectorNotes?) throws -> OpenedModel {
        guard let noted, let pooling = EmbedPooling(rawValue: noted.pooling)?.pooling else { return self }
        let stated = try weights.sentenceSettings()
        var settings = stated ?? SentenceSettings()
        (settings.pooling, settings.isNormalized) = (pooling, noted.isNormalized)
        guard settings != stated else { return self }
        var made = self
        made.weights = VectorModel(weights, configuration, settings)
        return made
    }
}
