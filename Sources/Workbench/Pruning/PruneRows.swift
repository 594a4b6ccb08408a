// The rows on which base and pruned model are compared.

internal import Datasets
internal import Evaluation
internal import Foundation
internal import Models
internal import Objectives
internal import Recipes
internal import Spelling
internal import Tensors

/// All rows of the person's or, where none are named, a handful of texts of our own.
struct PruneRows {
    private(set) var examples: any ExampleSource
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
            examples = try MergeProbe.examples(nil, of: session.base())
            words = "\(Count.text(examples.count, "built-in text")), since no rows are named"
            return
        }
        let rows = try session.openHeldOut(for: CrossEntropyObjective(), observer)
        examples = rows.examples
        words = Count.text(try Set(examples.rowIndices()).count, "row")
    }

    /// Every token of the rows.
    func usedTokens() throws -> Set<Int> {
        var used = Set<Int>()
        for index in 0..<examples.count { used.formUnion(try examples.example(index).ids.map { Int($0) }) }
        return used
    }

    /// The same rows as the model in `folder` reads them, of whose base the tokens `kept` alone are left.
    ///
    /// - Throws: `Failure` unless they are the same tokens, renumbered.
    func read(by folder: URL, keeping kept: [Int]) throws -> PruneRows {
        let other = Session(session.resolved.withModel(folder.path))
        let found = try other.openHeldOut(for: CrossEntropyObjective(), SilentObserver()).examples
        let places = Dictionary(uniqueKeysWithValues: kept.enumerated().map { (Int32($1), Int32($0)) })
        let isSame =
            try found.count == examples.count
            && (0..<found.count).allSatisfy { index in
                let (left, right) = (try examples.example(index), try found.example(index))
                return left.ids.map { places[$0] } == right.ids && left.isTarget == right.isTarget
            }
        guard isSame else {
            throw Failure(
                .badInput, "--vocabulary used: without the other tokens this tokenizer gives the rows other tokens",
                hint: "leave the vocabulary whole")
        }
        var rows = self
        rows.examples = found
        return rows
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
