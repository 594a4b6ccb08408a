// What the session's model says of training rows that wait for its verdict.

internal import Adapters
internal import Datasets
internal import Models
internal import Preparation
internal import Recipes

/// The session's model as a judge. Its adapters come and go: the model is left as it was found.
final class ModelJudge: RowJudge {
    private let session: Session
    private let preparation: RowPreparation
    private let observer: any RunObserver

    /// - Parameter preparation: how the session's rows become tokens.
    init(_ session: Session, _ preparation: RowPreparation, _ observer: any RunObserver) {
        self.session = session
        self.preparation = preparation
        self.observer = observer
    }

    func verdicts(on rows: WaitingRows, _ step: JudgedStep, path: String) throws -> [RowVerdict] {
        if let known = session.verdicts[path], known.count == rows.count { return known }
        let verdicts = try newVerdicts(on: rows, step, path)
        session.verdicts[path] = verdicts
        return verdicts
    }

    private func newVerdicts(on rows: WaitingRows, _ step: JudgedStep, _ path: String) throws -> [RowVerdict] {
        let examples = try JudgedExamples(rows, preparation, threads: session.recipe.train.threads)
        // What is missing is said before the first pass.
        let targets = try targets(step, path, examples)
        let model = try session.model(), bound = model.adapters
        model.adapters = .none
        defer {
            model.adapters = bound
            session.releaseMemory()
        }
        let bench = try JudgingBench(session, examples, targets.flatMap(\.rows), step, path, observer)
        let found =
            switch step {
            case .select(let step): try SelectWork(step, bench, targets).verdicts()
            case .rank(let step): try RankWork(step, bench, preparation, path).verdicts()
            }
        var verdicts = [RowVerdict](repeating: RowVerdict(score: nil), count: rows.count)
        for (entry, verdict) in zip(examples.entries, found) { verdicts[entry.row] = verdict }
        return verdicts
    }

    private func targets(_ step: JudgedStep, _ path: String, _ examples: JudgedExamples) throws -> [TargetGroup] {
        guard case .select(let step) = step else { return [] }
        return try TargetGroup.all(step, session.recipe, preparation, examples, path, observer)
    }
}

extension Recipe {
    /// What judges rows: an adapter as the recipe has it, but as plain LoRA without dropout, since one gradient of one row is taken.
    var judgingAdapter: AdapterSection {
        var section = adapter
        (section.method, section.dropout) = (.lora, 0)
        section.start.kind = .kaiming
        return section
    }
}
