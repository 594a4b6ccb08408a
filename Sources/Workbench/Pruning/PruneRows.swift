// The rows on which base and pruned model are compared.

internal import Datasets
internal import Evaluation
internal import Models
internal import Objectives
internal import Recipes
internal import Spelling
internal import Tensors

/// All rows of the person's or, where none are named, a handful of texts of our own.
struct PruneRows {
    let examples: any ExampleSource
    /// What they are, in words: "48 rows of rows.jsonl".
    let words: String
    /// Whether they are the person's.
    let areNamed: Bool
    private let session: Session
    private let observer: any RunObserver

    init(_ session: Session, _ observer: any RunObserver) throws {
        self.session = session
        self.observer = observer
        areNamed = !session.recipe.data.heldOut.isEmpty
        guard areNamed else {
            examples = try MergeProbe.examples(nil, session.base().tokenizer)
            words = "\(Count.text(examples.count, "built-in text")), since no rows are named"
            return
        }
        let rows = try session.openHeldOut(for: CrossEntropyObjective(), observer)
        examples = rows.examples
        words = Count.text(try Set(examples.rowIndices()).count, "row")
    }

    /// The losses of `model`, row by row.
    ///
    /// - Parameter name: what the model is, for the progress line.
    func scores(of model: LanguageModel, _ name: String) throws -> HeldOutScores {
        let workspace = Workspace(reservingBytes: try session.evaluationBytes())
        let scorer = ObservedEvaluator(
            Learner(model, CrossEntropyObjective()), workspace: workspace, longest: longest, observer: observer)
        return try HeldOutScores(
            scorer.scores(of: examples, unit: "examples (\(name))"),
            perRowOf: ExampleUnits(examples, of: .sequence))
    }

    /// The written model, computed as the base is, its pages in memory only as long as a pass needs them.
    func model(_ staged: StagedExport) throws -> LanguageModel {
        guard let opened = staged.opened else {
            throw Failure(.internal, "\(path: staged.url.path): the written folder is no model")
        }
        let model = try opened.languageModel(precision: session.precision.type)
        model.streamsWeights = true
        return model
    }

    /// Base and pruned model on the same rows.
    func comparison(_ base: HeldOutScores, _ pruned: HeldOutScores) -> PairedComparison {
        PairedComparison(
            base: .loss(base), adapter: .loss(pruned), seed: UInt64(bitPattern: Int64(session.recipe.seed)),
            sampleCount: session.recipe.evaluate.bootstrapSamples)
    }

    /// Tokens of the longest.
    private var longest: Int { (0..<examples.count).map { examples.tokenCount($0) }.max() ?? 1 }
}
