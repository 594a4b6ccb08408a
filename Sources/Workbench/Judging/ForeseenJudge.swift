// What judging rows would take, for a plan, which does none of it.

internal import Datasets
internal import Foundation
internal import Models
internal import Preparation
internal import Recipes
internal import Selection
internal import Tensors
internal import Training

/// What one judged step would take.
struct JudgingWork {
    /// `select` or `rank`.
    let name: String
    /// Tokens forward and backward.
    var trained = 0.0
    /// Tokens forward alone.
    var forward = 0.0
    /// Bytes that it holds beside an adapter and the buffers of a pass.
    var bytes = 0
    /// Tokens of the longest sequence.
    let longest: Int
}

/// Lets chance decide, so that a plan knows how many rows are left, and notes what the verdicts would take.
final class ForeseenJudge: RowJudge {
    private let session: Session
    private let preparation: RowPreparation
    private let observer: any RunObserver

    init(_ session: Session, _ preparation: RowPreparation, _ observer: any RunObserver) {
        self.session = session
        self.preparation = preparation
        self.observer = observer
    }

    func verdicts(on rows: WaitingRows, _ step: JudgedStep, path: String) throws -> [RowVerdict] {
        let recipe = session.recipe
        let examples = try JudgedExamples(rows, preparation, threads: recipe.train.threads)
        if let adapter = step.adapter { try Failure.requireExists(adapter, "\(path).adapter:") }
        switch step {
        case .select(let step):
            let targets = try TargetGroup.all(step, recipe, preparation, examples, path, observer)
            session.foresee(selecting(step, examples, targets))
        case .rank(let step): session.foresee(ranking(step, examples, preparation.opened.configuration))
        }
        observer.receive(
            .note("\(path) is not done in a plan: rows drawn by chance stand for those that it would leave"))
        let random = RandomStream(seed: UInt64(bitPattern: Int64(recipe.seed)), purpose: .sampling)
        return (0..<rows.count).map {
            RowVerdict(score: random.uniform(stream: .max, index: UInt64($0)))
        }
    }

    private func selecting(_ step: SelectStep, _ examples: JudgedExamples, _ targets: [TargetGroup]) -> JudgingWork {
        let report = examples.data.report
        let ofTargets = targets.flatMap(\.rows).reduce(0) { sum, units in
            sum + (0..<units.count).reduce(0) { $0 + units.tokenCount($1) }
        }
        var work = JudgingWork(name: "select", longest: examples.longest)
        let warmUp = step.adapter == nil ? step.warmupSteps * session.recipe.train.batchSize : 0
        let mean = Double(report.tokens) / Double(max(examples.units.count, 1))
        work.trained = Double(report.tokens + ofTargets) + Double(warmUp) * mean
        work.bytes = TargetLikeness.bytes(groups: targets.count, projection: step.projection)
        return work
    }

    private func ranking(_ step: RankStep, _ examples: JudgedExamples, _ model: ModelConfiguration) -> JudgingWork {
        let tokens = Double(examples.data.report.tokens)
        var work = JudgingWork(name: "rank", longest: examples.longest)
        let hasLabels = examples.data.report.format == .classification
        if hasLabels, step.readsStates {
            work.forward = tokens * Double(PromptStates.blocks(model)) / Double(model.layers)
            work.bytes = LabelRegression.bytes(rows: examples.entries.count, width: model.width)
            return work
        }
        // Base and adapter, and the labels, of which each has its own end alone.
        work.forward = 2 * tokens
        if hasLabels, step.asksLabels { work.forward += 1.5 * tokens }
        if step.adapter == nil {
            work.trained = tokens * (step.epochs ?? RankStep.usualEpochs) * Double(step.folds - 1)
        }
        return work
    }
}
