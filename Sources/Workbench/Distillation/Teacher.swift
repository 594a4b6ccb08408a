// The model that a student learns from, opened beside it.

internal import Adapters
internal import Datasets
internal import Digests
internal import Evaluation
internal import Foundation
internal import Files
internal import Models
internal import Objectives
internal import Recipes
internal import Spelling

/// A teacher: a model and an adapter that Lathe runs, and what it reads before each row.
final class Teacher {
    /// As a person knows it: "base.gguf with checkpoints/clinic/adapter".
    let name: String
    let opened: OpenedModel
    let model: LanguageModel
    let adapter: AttachedAdapter?
    private let adapterPath: String?
    /// What acts in the model while it teaches.
    let adapters: AdapterBinding
    /// Whether it is the student's own base, whose weights are there once.
    let isShared: Bool
    let vocabulary: SharedVocabulary
    let context: TeacherContext?
    /// The student's training rows as it reads them; nil where it reads what the student does.
    private(set) var contextRows: ContextRows?
    /// The held-out rows as it reads them; nil where it reads what the student does.
    private(set) var heldOutRows: ContextRows?

    /// What reports call the model and the adapter that a recipe names as its teacher.
    static func name(in recipe: Recipe) -> String {
        (recipe.distill.teacher ?? recipe.model.path) + (recipe.distill.teacherAdapter.map { " with \($0)" } ?? "")
    }

    /// Opens the teacher that the session's recipe names.
    ///
    /// - Throws: where a file is missing, or the two have other vocabularies.
    init(of session: Session) throws {
        let recipe = session.recipe, student = try session.base()
        let path = recipe.distill.teacher ?? recipe.model.path
        guard try FileForm(at: path) != nil else {
            throw Failure(
                .missingInput, "distill.teacher: \(path: path) does not exist", hint: OpenedModel.hubHint(path))
        }
        isShared = RealPath(path).isSame(as: RealPath(recipe.model.path))
        opened = isShared ? student : try OpenedModel(path)
        try opened.requireOneText(for: "distill.teacher")
        try student.requireOneText(for: "distill")
        vocabulary = try SharedVocabulary(student: student, teacher: opened)
        let model = try isShared ? session.model() : opened.languageModel(precision: session.precision.type)
        self.model = model
        let bound = model.adapters
        defer { model.adapters = bound }
        adapterPath = recipe.distill.teacherAdapter
        adapter = try recipe.distill.teacherAdapter.map { [opened] in
            let stored = try StoredAdapter($0)
            try stored.requireLanguage("distill.teacher_adapter", $0)
            return try stored.attached(to: model, opened)
        }
        adapters = adapter.map { $0.set.binding(to: model) } ?? .none
        context = try TeacherContext(recipe.distill.context)
        name = Self.name(in: recipe) + (context == nil ? "" : " reading distill.context")
        if isShared, adapter == nil, context == nil {
            throw Failure(
                .badInput, "distill.teacher: \(path: path) is the student's own base, which has nothing to teach it",
                hint: "give it an adapter with distill.teacher_adapter, or something to read with distill.context")
        }
    }

    /// Looks through the rows that it is to read, and makes its own of them where it reads more than the student.
    ///
    /// - Throws: where a token is none of its own, or an answer is no longer the same after the context.
    func take(_ split: PreparedSplit, _ session: Session) throws {
        for rows in [split.train.examples, split.heldOut?.examples].compactMap(\.self) {
            try vocabulary.requireTokens(of: rows)
        }
        guard let context else { return }
        var preparation = try session.preparation(for: session.recipe.learnt)
        // Rows that the student's model chose are the rows that the teacher reads.
        preparation.judge = try session.judge(SilentObserver())
        let own = try preparation.split(session.recipe, after: context.text)
        contextRows = try ContextRows(own.train.examples, for: split.train.examples)
        if let rows = own.heldOut, let student = split.heldOut {
            heldOutRows = try ContextRows(rows.examples, for: student.examples)
        }
        let longest = max(own.train.report.longestExample, own.heldOut?.report.longestExample ?? 0)
        guard longest <= opened.configuration.contextLength else {
            throw Failure(
                .badInput,
                "distill.context: with it a row has \(longest) tokens, and \(path: opened.path) was made for "
                    + "\(opened.configuration.contextLength)", hint: "shorten it, or lower data.max_length")
        }
    }

    /// What a person should know, a line each.
    var warnings: [String] {
        vocabulary.warnings + (adapter?.warnings ?? []) + (isShared ? [] : opened.warnings)
    }

    /// SHA-256 of all that decides what it says: its bytes, its adapter, what it reads.
    func digest() throws -> String {
        let parts = [
            try opened.weights.contentDigest(), try adapterDigest() ?? "no adapter",
            context?.digest ?? "no context",
        ]
        return SHA256.hex(of: parts.joined(separator: "\n"))
    }

    /// SHA-256 of what its adapter holds; nil where it has none.
    func adapterDigest() throws -> String? { try adapterPath.map(StoredAdapter.digest) }

    /// What it holds beside the student: pages of weights, tables of its tokenizer, its adapter. Nothing of it twice.
    var heldBytes: Int {
        let parameters = adapter?.set.slab.count ?? 0
        let folded = adapters.isSame(as: .none) ? 0 : whileActing { model.foldedBytes }
        let own = isShared ? 0 : opened.byteCount + opened.configuration.vocabularySize * 300
        return own + parameters * 8 + folded
    }

    /// Bytes of its weights that are mapped beside the student's.
    var mappedBytes: Int { isShared ? 0 : opened.byteCount }

    /// Tokens that it reads before a row and the student does not, at most.
    var longestContext: Int { contextRows?.longestContext ?? 0 }

    /// What a token costs it, in what one costs `student`.
    func cost(beside student: LanguageModel) -> Double {
        func weights(_ model: LanguageModel) -> Double {
            Double(model.linearLayers.reduce(0) { $0 + $1.inputSize * $1.outputSize })
        }
        return weights(model) / max(weights(student), 1)
    }

    /// What it reads for a batch of the student's.
    func reading(_ batch: TokenBatch) throws -> TokenBatch { try contextRows?.batch(batch) ?? batch }

    /// The teacher as an objective asks it, beside the student's own passes.
    var online: OnlineTeacher {
        OnlineTeacher(model, under: adapters, reading: { [contextRows] in try contextRows?.batch($0) ?? $0 })
    }

    /// Runs `body` with what acts in the teacher as what acts in its model.
    func whileActing<Result>(_ body: () throws -> Result) rethrows -> Result {
        let bound = model.adapters
        model.adapters = adapters
        defer { model.adapters = bound }
        return try body()
    }
}
