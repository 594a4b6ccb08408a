// Scores of held-out rows whose losses are of several rows together: as many in their order as a step has.

internal import Datasets
internal import Models
internal import Objectives
internal import Tensors

/// Scores rows step by step.
struct StepScores {
    let learner: Learner
    let objective: any StepObjective
    let workspace: Workspace
    /// Token rows in one batch, at most; a longer row stands alone.
    let rowLimit: Int

    /// The scores of all units, in their order.
    func scores(
        of units: ExampleUnits, onProgress: (_ done: EvaluationProgress) throws -> Void
    ) throws -> HeldOutScores {
        try scores(objective, of: units, onProgress: onProgress)
    }

    private func scores<Whole: StepObjective>(
        _ objective: Whole, of units: ExampleUnits, onProgress: (_ done: EvaluationProgress) throws -> Void
    ) throws -> HeldOutScores {
        var scores: [NamedSums] = []
        var tokens = 0
        for start in stride(from: 0, to: units.count, by: objective.heldOutRows) {
            let step = start..<min(start + objective.heldOutRows, units.count)
            let batches = try cut(step, units).map { batch in
                tokens += batch.reduce(0) { $0 + units.tokenCount($1) }
                return objective.batch(try batch.flatMap(units.examples), sequences: nil)
            }
            let readings = try objective.joined(batches).map {
                try objective.read(learner.pass($0, workspace: workspace))
            }
            scores += objective.losses(readings, gradientScale: nil).sums.units
            try onProgress(EvaluationProgress(examples: step.upperBound, tokens: tokens))
        }
        return HeldOutScores(rows: scores)
    }

    /// A step in batches.
    private func cut(_ step: Range<Int>, _ units: ExampleUnits) -> [Range<Int>] {
        var batches: [Range<Int>] = []
        var start = step.lowerBound
        let ahead = learner.model.rowsAhead
        while start < step.upperBound {
            var end = start + 1, rows = units.rowCount(start, ahead: ahead)
            while end < step.upperBound, rows + units.rowCount(end, ahead: ahead) <= rowLimit {
                rows += units.rowCount(end, ahead: ahead)
                end += 1
            }
            batches.append(start..<end)
            start = end
        }
        return batches
    }
}
