// Held-out scores at forward speed, with a line that says how far and how fast.

internal import Datasets
internal import Evaluation
internal import Kernels
internal import Models
internal import Objectives
internal import Recipes
internal import Tensors
internal import Training

/// An `Evaluator` that tells an observer about its progress.
struct ObservedEvaluator {
    private let evaluator: Evaluator
    private let unit: ExampleUnit
    private let observer: any RunObserver
    private let stopRequest: StopRequest?

    /// - Parameters:
    ///   - workspace: what it has reserved is filled; where that is less than the smallest batch takes, it grows.
    ///   - longest: tokens of the longest example.
    ///   - stopRequest: where it is set, `scores` throws `CancellationError` after the batch in hand.
    init(
        _ learner: Learner, workspace: Workspace, longest: Int, observer: any RunObserver,
        stopRequest: StopRequest? = nil
    ) {
        // A unit of several sequences cannot be divided either.
        let longest = longest * learner.objective.unit.sequences
        let limit = EvaluationRows.limit(for: learner.model, bytes: workspace.reservedBytes)
        evaluator = Evaluator(learner, workspace: workspace, rowLimit: max(longest, limit))
        unit = learner.objective.unit
        self.observer = observer
        self.stopRequest = stopRequest
    }

    /// The scores of `examples`, one for each of the objective's units, in their order.
    /// - Parameter unit: what an example is, for the progress line.
    func scores(of examples: any ExampleSource, unit: String) throws -> HeldOutScores {
        try evaluator.scores(
            of: examples, onProgress: progressLine(total: ExampleUnits(examples, of: self.unit).count, unit))
    }

    /// The scores of alternative sequences, group by group, in their order; what a group's have in common is computed once.
    /// - Parameter progress: how many sequences were scored before, and how many there are in all.
    func scores(ofAlternatives groups: [[TokenizedExample]], progress: (before: Int, total: Int), unit: String) throws
        -> [[NamedSums]]
    {
        try evaluator.scores(
            ofAlternatives: groups, onProgress: progressLine(before: progress.before, total: progress.total, unit))
    }

    private func progressLine(before: Int = 0, total: Int, _ unit: String) -> (EvaluationProgress) throws -> Void {
        let clock = ContinuousClock()
        let start = clock.now
        return { [observer, stopRequest] progress in
            if stopRequest?.isSet == true { throw CancellationError() }
            let seconds = (clock.now - start) / .seconds(1)
            let speed = seconds > 0 ? ", \(Int(Double(progress.tokens) / seconds)) tokens/s" : ""
            observer.receive(.progress(done: before + progress.examples, total: total, unit: unit + speed))
        }
    }
}

extension ObservedEvaluator {
    /// Tells how far other work on the same rows is.
    func report(done: Int, total: Int, unit: String) {
        observer.receive(.progress(done: done, total: total, unit: unit))
    }

    /// Tells what a person should know of it.
    func warn(_ line: String) { observer.receive(.warning(line)) }
}

/// How many token rows a batch without gradients has.
enum EvaluationRows {
    /// Taller batches widen the weights less often; above the first, nothing gets faster.
    private static let candidates = [2048, 1536, 1024, 768, 512, 256]

    /// The most rows whose buffers fit into `bytes`; 256 where nothing does.
    /// - Parameter type: of products, where they are not computed as the model's are.
    static func limit(for model: LanguageModel, bytes: Int, type: ElementType? = nil) -> Int {
        candidates.first { model.predictedEvaluationBytes(rows: $0, type: type) <= bytes } ?? 256
    }

    /// What an evaluation may take: the limit that a person set, less what is held beside its buffers, else what the tallest batch
    /// needs.
    static func bytes(for model: LanguageModel, memoryLimit: Int?, heldBytes: Int) -> Int {
        let tallest = model.predictedEvaluationBytes(rows: candidates[0])
        return max(0, min(tallest, memoryLimit.map { $0 - heldBytes } ?? tallest))
    }
}
