// What stages work on: the base of a recipe, its adapter and its rows, each opened once, where a stage first needs it.

internal import Adapters
internal import Datasets
internal import Foundation
internal import JSON
internal import Kernels
internal import Models
internal import Objectives
internal import Preparation
public import Recipes
internal import Tensors
internal import Vocabulary

/// A recipe with what it names, opened once however many stages work on it.
///
/// Making one opens nothing: each part is opened and checked when a stage first asks for it.
///
///     let session = try Session(model: "checkpoints/base/model.gguf", adapter: "checkpoints/clinic/adapter")
///     let answer = try GenerateStage("Summarise: …").run(session, SilentObserver())
public final class Session {
    let resolved: ResolvedRecipe
    /// The path of an adapter on disk; nil where there is none, or where it is trained here.
    let adapterPath: String?
    /// Adapters on disk that act as one, in the place of a single one.
    let mixture: AdapterMixture?
    /// Whether a run is at work, which has opened, told and checked everything before its first stage.
    var isOfRun = false {
        didSet { told = [] }
    }
    /// The warnings of what was opened for a stage by itself: its report repeats them.
    private(set) var told: [String] = []
    /// What a run measured on its held-out rows, for the cards of what it writes after that.
    var evaluation: JSONValue?
    /// What the model said of rows, by the step that asked: the rows of a recipe may be made more than once.
    var verdicts: [String: [RowVerdict]] = [:]
    /// Whether what the model would be asked of rows is only foreseen.
    var isPlanned = false
    /// What steps that ask the model will take, where that is only foreseen.
    private(set) var foreseen: [JudgingWork] = []
    /// The rows that a teacher wrote, which take the place of the recipe's.
    var writtenRows: WrittenRows?
    /// What the last step of a run led to, where the run hands on a mean of its steps.
    var lastValues: [Float]?
    /// All that training begins with, once it is made ready.
    var training: TrainingSetup?

    var openedBase: OpenedModel?
    var openedModel: LanguageModel?
    private var storedAdapter: StoredAdapter?
    private var readAdapters: MixedAdapters?
    var compiledTemplate: TemplateRenderer??
    var knownEncoder: TokenizerEncoder?
    private var knownTasks: HeldOutTasks?
    /// What says how good answers are, where that was asked.
    var openedRewards: RecipeRewards?
    /// The rows that are shown before questions, where they were read.
    var openedShownRows: [DataRow]?
    /// The sets of held-out rows, where they are open.
    var openedSets: [HeldOutSet]?
    private var openedTeacher: Teacher?
    /// What answers are held against, where an adapter is named for it and open.
    var openedReference: NamedReference?
    /// The adapter on the model.
    private(set) var adapter: AttachedAdapter?
    /// The held-out rows as tokens, by what an objective takes at once.
    var heldOutRows: [ExampleUnit: PreparedDataset] = [:]
    /// The labels of the training rows, in the order of their numbers; empty where no such rows are open.
    var trainedLabels: [String] = []
    /// The rows of a trial, which others have prepared; nil: those of the recipe.
    var givenRows: PreparedSplit?
    /// Rows of single files, by their paths.
    private var namedRows: [String: PreparedDataset] = [:]

    /// - Parameter path: an adapter on disk that the model is to have.
    public init(_ resolved: ResolvedRecipe, adapter path: String? = nil) {
        self.resolved = resolved
        adapterPath = path
        mixture = nil
    }

    /// - Parameters:
    ///   - adapters: adapters on disk that the model is to have, as one, combined as the recipe's `merge` says.
    ///   - weighs: whether their weights are yet to be chosen, so that one alone is a combination too.
    public init(_ resolved: ResolvedRecipe, adapters: [NamedAdapter], weighs: Bool = false) {
        self.resolved = resolved
        let single = !weighs && adapters.count == 1 && adapters[0].weight == 1
        adapterPath = single ? adapters[0].path : nil
        mixture = single || adapters.isEmpty ? nil : AdapterMixture(adapters, resolved.recipe)
    }

    /// For work that follows no recipe file.
    ///
    /// - Parameters:
    ///   - model: a Hugging Face directory or a GGUF file.
    ///   - overrides: keys of a recipe, as `--set` takes them: "model.precision=fp32".
    /// - Throws: where a key or its value is none of a recipe's.
    public convenience init(model: String, adapter path: String? = nil, overrides: [String] = []) throws {
        self.init(try ResolvedRecipe(model: model, overrides: overrides), adapter: path)
    }

    /// What is to be done.
    public var recipe: Recipe { followed ?? resolved.recipe }
    /// The recipe with the task of the adapter on disk.
    private var followed: Recipe?

    /// Opens the base, and the adapter where there is one. A session that is not opened so opens them where a stage
    /// needs them.
    ///
    /// - Throws: where one is missing, cannot be read, or does not fit the other.
    public func open() throws {
        _ = try attachAdapter()
        _ = try model()
    }

    // MARK: The model

    /// Starts the threads that compute. Stages that need them do so before they open anything.
    func startComputing() throws { try Processor.start(threads: recipe.train.threads) }

    /// The base's files: weights, tokenizer, templates.
    func base() throws -> OpenedModel {
        if let openedBase { return openedBase }
        let base = try OpenedModel(recipe.model.path, chatTemplate: recipe.data.chatTemplate)
        try requireTask(of: base)
        openedBase = base
        return base
    }

    /// The base, ready to compute.
    ///
    /// - Parameter precision: nil for the recipe's. A model that is open already stays as it is.
    func model(_ precision: ElementType? = nil) throws -> LanguageModel {
        if let openedModel { return openedModel }
        try startComputing()
        let model = try base().languageModel(precision: precision ?? self.precision.type)
        openedModel = model
        return model
    }

    /// How products are computed, and why.
    var precision: (type: ElementType, reason: String) { OpenedModel.precision(recipe.model.precision) }

    /// The chat templates, compiled; nil where there are none.
    func renderer() throws -> TemplateRenderer? {
        if let compiledTemplate { return compiledTemplate }
        let renderer = try base().renderer(date: recipe.data.templateDate)
        compiledTemplate = .some(renderer)
        return renderer
    }

    /// The model and `objective`; nil: what the recipe trains for.
    func learner(_ objective: (any Objective)? = nil) throws -> Learner {
        try requireWriter(for: "losses of text")
        return Learner(try model(), try referring(objective ?? recipe.learntOfRows))
    }

    /// The teacher whose distributions the recipe's student learns from; nil where there is none.
    func teacher() throws -> Teacher? {
        if let openedTeacher { return openedTeacher }
        guard recipe.distill.isAsked, recipe.distill.source.hasDistributions else { return nil }
        let teacher = try Teacher(of: self)
        openedTeacher = teacher
        return teacher
    }

    // MARK: The adapter

    /// The adapter at `adapterPath` on the model, or the one that was trained here; nil where there is neither.
    @discardableResult
    func attachAdapter() throws -> AttachedAdapter? {
        if let adapter { return adapter }
        if let mixture {
            adapter = try mixedAdapters().attached(mixture.settings, to: model())
        } else if let stored = try stored() {
            adapter = try stored.attached(to: model(), base())
        }
        storedAdapter = nil
        return adapter
    }

    /// Whether the model has an adapter, or is to have one.
    var hasAdapter: Bool { adapter != nil || !adapterPaths.isEmpty }

    /// The adapters on disk that the model is to have.
    var adapterPaths: [String] { mixture?.paths ?? [adapterPath].compactMap(\.self) }

    /// The adapter on the model, without which `work` has nothing to do.
    func requireAdapter(_ work: String) throws -> AttachedAdapter {
        guard let attached = try attachAdapter() else {
            throw Failure(.usage, "\(work) needs an adapter, and the session has none")
        }
        return attached
    }

    /// The adapters of the session's mixture, or of the recipe's `merge.adapters`, read for the model.
    func mixedAdapters() throws -> MixedAdapters {
        if let readAdapters { return readAdapters }
        let named =
            mixture?.adapters ?? recipe.merge.adapters.map { NamedAdapter(path: $0.path, weight: $0.weight) }
        let read = try MixedAdapters(named, on: model(), base())
        readAdapters = read
        return read
    }

    /// Takes an adapter that is on the model already.
    func take(_ adapter: AttachedAdapter) { self.adapter = adapter }

    /// How the model is asked: as the adapter was trained, unless the person says otherwise.
    ///
    /// - Parameters:
    ///   - system: a system message given on the command line.
    ///   - isRaw: whether the person asked for no template.
    func rendering(system: String? = nil, isRaw: Bool = false) throws -> AdapterRendering {
        AdapterRendering(
            recipe, noted: try notedRendering(), hasTemplate: try !base().hasEncoder, system: system, isRaw: isRaw)
    }

    private func stored() throws -> StoredAdapter? {
        if let storedAdapter { return storedAdapter }
        storedAdapter = try adapterPath.map(StoredAdapter.init)
        return storedAdapter
    }

    /// What is noted of the adapter; nil where nothing is, or it is none, which its loading says. One that cannot be
    /// read now may be a moment later, and then its rows would be rendered in another way.
    private func notedRendering() throws -> RowRendering? {
        if let adapter { return adapter.provenance?.rendering }
        if mixture != nil { return try mixedAdapters().provenance?.rendering }
        do { return try stored()?.provenance?.rendering } catch let error as any ClassifiedError {
            if error.kind == .inputOutput { throw error }
            return nil
        }
    }

    /// What acts in the model with the adapter at `path`; what acts now goes on to do so.
    func binding(ofAdapterAt path: String) throws -> AdapterBinding {
        let model = try model(), bound = model.adapters
        defer { model.adapters = bound }
        return try StoredAdapter(path).attached(to: model, base()).set.binding(to: model)
    }

    // MARK: Rows

    /// Whether nothing said how texts become vectors, so that it was assumed.
    var assumesVectors = false

    /// Has `recipe` in the place of the one that was given.
    func follow(_ recipe: Recipe) { followed = recipe }

    /// The head of the adapter on disk; nil where it has none, or there is no adapter.
    func storedHead() throws -> SavedHead? { try stored()?.head }

    /// Tokens that stand before each text: those of the adapter, open or on disk, or of the one that is to be trained.
    func tokensAhead() throws -> Int {
        if let adapter { return adapter.set.configuration.virtualTokens }
        if mixture != nil { return 0 }
        if let stored = try stored() { return stored.virtualTokens }
        return try recipe.adapter.continueFrom.map { try StoredAdapter($0).virtualTokens }
            ?? recipe.adapter.numVirtualTokens
    }

    /// How texts become vectors under the adapter, where that was trained for it.
    func notedVectors() throws -> VectorNotes? {
        if let adapter { return adapter.provenance?.vectors }
        return mixture == nil ? try stored()?.provenance?.vectors : try mixedAdapters().provenance?.vectors
    }

    /// How rows become tokens.
    ///
    /// - Parameter objective: what is to learn from the rows; nil: they are only looked at.
    func preparation(for objective: (any Objective)? = nil) throws -> RowPreparation {
        try preparation(of: renderedRecipe().data, for: objective, task: rowTask())
    }

    /// How rows become tokens that are understood by `data`.
    ///
    /// - Parameter task: what the head of a task is asked of each; nil where the model writes text.
    func preparation(of data: DataSection, for objective: (any Objective)?, task: RowTask?) throws -> RowPreparation {
        var preparation = try RowPreparation(
            data, base(), encoder: encoder(), renderer: renderer(), for: objective)
        preparation.settings.task = task
        if let task, task.kind.hasHead { try fit(&preparation.settings, data) }
        return preparation
    }

    private func encoder() throws -> TokenizerEncoder {
        if let knownEncoder { return knownEncoder }
        let encoder = TokenizerEncoder(try base().tokenizer, digest: try base().tokenizerDigest)
        knownEncoder = encoder
        return encoder
    }

    /// The recipe, rows rendered as those of the adapter on disk were.
    func renderedRecipe() throws -> Recipe {
        try adapterPaths.isEmpty ? rowRecipe : rendering().applied(to: rowRecipe)
    }

    /// The recipe with the rows that are trained on: its own, or those that a teacher wrote.
    var rowRecipe: Recipe { writtenRows?.applied(to: recipe) ?? recipe }

    /// Both sides of the recipe's rows.
    ///
    /// - Parameter staged: whether the run directory is to keep what is made.
    func openRows(staged: Bool, _ observer: any RunObserver) throws -> PreparedSplit {
        if let givenRows { return givenRows }
        var preparation = try preparation(for: recipe.learnt)
        preparation.judge = try judge(observer)
        let rows = rowRecipe
        guard !rows.data.train.isEmpty || !rows.data.input.mix.isEmpty else {
            throw Failure(
                .badInput, "the rows to train on are yet to be written by the teacher of distill.source: sequence",
                hint: "lathe run and lathe train have it write them")
        }
        let split = try preparation.split(rows, staged: staged, observer: observer)
        heldOutRows[recipe.learnt.unit] = split.heldOut
        trainedLabels = split.labels
        return split
    }

    /// Who says of the recipe's rows what only the model can say; nil where no step asks that.
    func judge(_ observer: any RunObserver) throws -> (any RowJudge)? {
        guard recipe.data.steps.contains(where: \.asksModel) else { return nil }
        let preparation = try preparation(for: recipe.learnt)
        return isPlanned
            ? ForeseenJudge(self, preparation, observer) : ModelJudge(self, preparation, observer)
    }

    /// Notes what a step that asks the model will take.
    func foresee(_ work: JudgingWork) { foreseen.append(work) }

    /// The held-out rows of what the recipe trains for, where they are open.
    var heldOut: PreparedDataset? { heldOutRows[recipe.learnt.unit] }

    /// The held-out rows; read alone where no run has them.
    ///
    /// - Parameter objective: what they are scored by; nil: what the recipe trains for.
    func openHeldOut(for objective: (any Objective)? = nil, _ observer: any RunObserver) throws -> PreparedDataset {
        let objective = objective ?? recipe.learnt
        if let rows = heldOutRows[objective.unit] { return rows }
        let rows = try preparation(for: objective).heldOutRows(renderedRecipe(), observer: observer)
        heldOutRows[objective.unit] = rows
        return rows
    }

    /// The labels that the head of the task tells apart, in the order of its answers: those of the recipe, or of the training rows.
    var labelsOfHead: [String] { recipe.data.labels.isEmpty ? trainedLabels : recipe.data.labels }

    /// Rows of the file at `path`, for their loss alone; read once.
    func rows(of path: String, _ observer: any RunObserver) throws -> PreparedDataset {
        if let rows = namedRows[path] { return rows }
        var recipe = try renderedRecipe()
        recipe.data.heldOut = [path]
        let rows = try preparation(for: CrossEntropyObjective()).heldOutRows(recipe, observer: observer)
        namedRows[path] = rows
        return rows
    }

    /// What held-out rows are asked.
    ///
    /// - Throws: `Failure` where a metric that the recipe asks for fits no row.
    func tasks(of rows: PreparedDataset) throws -> HeldOutTasks {
        if let knownTasks { return knownTasks }
        let tasks = try HeldOutTasks(
            renderedRecipe(), rows: rows, preparation: preparation(for: recipe.learnt), head: taskHead(),
            ahead: tokensAhead(), rewards: rewards(), judge: rewardModel(), shown: shownRows())
        knownTasks = tasks
        return tasks
    }

    /// The same for the rows that a run holds out; nil where it evaluates nothing. Throws where there are metrics and
    /// no rows.
    func tasksOfRun() throws -> HeldOutTasks? {
        guard recipe.evaluate.enabled else { return nil }
        if let heldOut { return try tasks(of: heldOut) }
        guard !recipe.evaluate.metrics.isEmpty else { return nil }
        throw Failure(
            .badInput, "evaluate.metrics: no row is held out, so there is nothing to measure",
            hint: "set data.held_out or data.val_size, or leave evaluate.metrics out")
    }

    /// What training begins with.
    func requireTraining() throws -> TrainingSetup {
        guard let training else { throw Failure(.internal, "training was not made ready") }
        return training
    }

    // MARK: Warnings

    /// Tells what a person should know of what was opened for a stage by itself.
    func tell(_ warnings: [String], _ observer: any RunObserver) {
        told = warnings
        for warning in warnings { observer.receive(.warning(warning)) }
    }
}
