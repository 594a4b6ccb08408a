// Everything that decides a recipe's sequences, known before the first row is read.

internal import Datasets
internal import Digests
internal import Foundation
internal import Models
internal import Recipes

/// The key of a recipe's prepared file in the making.
struct PreparationInputs {
    /// What a person calls the parts of a key.
    static let words = [
        "data": "content of the data files or of marks of rows", "recipe": "data section or seed",
        "tokenizer": "tokenizer",
        "template": "chat template", "code": "build of Lathe",
        "judgement": "model, adapter or target rows that rows are chosen by",
    ]

    /// The text of the data section and the seed.
    let recipeText: String
    /// `nil` where a data file can be read but once, so that its bytes are known only after the rows.
    let key: PreparedKey?
    private let files: [String]
    /// SHA-256 of each file that can be read twice.
    private var digests: [String: String] = [:]
    private let others: PreparedKey

    init(_ recipe: Recipe, _ opened: OpenedModel, encoder: any TextEncoder, renderer: (any ConversationRenderer)?)
        throws
    {
        files = try recipe.data.files()
        for file in files {
            try Failure.requireFile(file, "the data file")
            digests[file] = try InputFiles.digest(of: file)
        }
        recipeText = Self.text(of: recipe)
        let environment = Self.secretNames(recipe).map { name in
            "\(name) \(SHA256.hex(of: "lathe pseudonyms \(ProcessInfo.processInfo.environment[name] ?? "")"))\n"
        }
        // Of the data the marks are known already; `key` adds the files.
        others = PreparedKey(
            data: try Self.marks(recipe), recipe: SHA256.hex(of: recipeText + environment.joined()),
            tokenizer: try Self.tokenizerDigest(recipe, opened, encoder),
            template: SHA256.hex(of: renderer?.rendererSource ?? ""),
            judgement: try recipe.judgingText(opened).map { SHA256.hex(of: $0) } ?? "", code: Self.code)
        key = digests.count == Set(files).count ? Self.key(others, files, digests) : nil
    }

    /// What decides how a text becomes tokens, and which of them a task marks.
    static func tokenizerDigest(_ recipe: Recipe, _ opened: OpenedModel, _ encoder: any TextEncoder) throws -> String {
        let facts =
            [
                encoder.encoderDigest, "\(encoder.beginID ?? -1) \(encoder.endID ?? -1) \(encoder.addsBegin)",
                "\(opened.configuration.vocabularySize) \(opened.configuration.contextLength)"
                    + (opened.startToken.map { " start \($0)" } ?? ""),
            ] + (recipe.task == .embed ? ["\(try opened.weights.sentenceSettings() ?? SentenceSettings())"] : [])
            // Which states a head reads decides what is marked in its rows.
            + (opened.configuration.taskHeads[recipe.task].map {
                ["head reads \($0.pooling.map { "\($0)" } ?? "words")"]
            } ?? [])
        return SHA256.hex(of: facts.joined(separator: "\n"))
    }

    /// The key, the files' digests taken from how they were read where they can be read but once.
    func completeKey(_ cleaned: RowCleaning.Outcome) throws -> PreparedKey {
        var digests = digests
        for file in cleaned.train.files + (cleaned.heldOut?.files ?? []) where !file.digest.isEmpty {
            guard digests[file.path] ?? file.digest == file.digest else {
                throw Failure(.badInput, "\(path: file.path) changed while it was read")
            }
            digests[file.path] = file.digest
        }
        return Self.key(others, files, digests)
    }

    private static func key(_ others: PreparedKey, _ files: [String], _ digests: [String: String]) -> PreparedKey {
        var key = others
        key.data = SHA256.hex(of: files.map { "\(digests[$0] ?? "") \($0)\n" }.joined() + others.data)
        return key
    }

    /// The content of the files that mark rows as wrong; empty where no step reads any.
    private static func marks(_ recipe: Recipe) throws -> String {
        var text = ""
        for (index, step) in recipe.data.steps.enumerated() {
            guard case .review(let step) = step else { continue }
            for file in try InputFiles.expand(step.marks) {
                try Failure.requireFile(file, "data.steps[\(index)].review.marks: the file of marks")
                guard let digest = try InputFiles.digest(of: file) else {
                    throw Failure(.badInput, "\(path: file) holds marks and can be read but once", hint: "name a file")
                }
                text += "\(digest) \(file)\n"
            }
        }
        return text
    }

    /// The program itself beside the version: nobody remembers to raise a number with every change of a step or a reader.
    private static let code: String = {
        for path in ["/proc/self/exe", Bundle.main.executablePath ?? ""] {
            if let digest = try? InputFiles.digest(of: path) { return "\(PreparedKey.currentCode), program \(digest)" }
        }
        return PreparedKey.currentCode
    }()

    /// The part of a recipe that decides rows: the data section and the seed. The order of examples is not the rows' affair,
    /// and of the chat template the text counts, which is a part of its own.
    private static func text(of recipe: Recipe) -> String {
        var essence = Recipe()
        essence.seed = recipe.seed
        essence.data = recipe.data
        essence.task = recipe.task
        essence.head.multiLabel = recipe.head.multiLabel
        essence.embed.objective = recipe.embed.objective
        essence.data.shuffle = Recipe().data.shuffle
        essence.data.chatTemplate = nil
        return essence.canonicalText
    }

    /// The variables of the environment that hold keys of pseudonyms.
    private static func secretNames(_ recipe: Recipe) -> [String] {
        recipe.data.steps.compactMap { step in
            if case .mask(let step) = step, step.replaceWith == .pseudonym { step.keyFrom } else { nil }
        }
    }
}
