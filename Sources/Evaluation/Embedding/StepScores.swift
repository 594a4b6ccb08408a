// Scores of held-out rows whose losses are of several rows together: as many in their order as a step has.

internal import Datasets
internal import Models
internal import Objectives
internal import Tensors

/// Scores rows step by step.
struct StepScores {
    let model: LanguageModel
    let objective: any StepObjective
    let workspace: Workspace
    /// Token rows in one batch, at most; a longer row stands alone.
    let rowLimit: Int

    /// The scores of all units, in their order, each with the vectors of its texts, one after the other, as its answers.
    func scores(
        of units: ExampleUnits, onProgress: (_ done: EvaluationProgress) throws -> Void
    ) throws -> HeldOutScores {
        var scores: [NamedSums] = []
        var tokens = 0
        for start in stride(from: 0, to: units.count, by: objective.heldOutRows) {
            let step = start..<min(start + objective.heldOutRows, units.count)
            guard let vectors = try vectors(of: step, units, &tokens) else { continue }
            let own = objective.losses(vectors, gradientScale: nil).sums.units
            for (number, (first, count)) in zip(vectors.firstTexts, vectors.textCounts).enumerated() {
                let range = first * vectors.width..<(first + count) * vectors.width
                scores.append(own[number].answering(vectors.values[range].map(Double.init)))
            }
            try onProgress(EvaluationProgress(examples: step.upperBound, tokens: tokens))
        }
        return HeldOutScores(rows: scores)
    }

    private func vectors(of step: Range<Int>, _ units: ExampleUnits, _ tokens: inout Int) throws -> TextVectors? {
        var vectors: TextVectors?
        var start = step.lowerBound
        while start < step.upperBound {
            var end = start + 1, rows = units.tokenCount(start)
            while end < step.upperBound, rows + units.tokenCount(end) <= rowLimit {
                rows += units.tokenCount(end)
                end += 1
            }
            let batch = objective.batch(try (start..<end).flatMap(units.examples), sequences: nil)
            let own = try objective.vectors(model.pass(batch, workspace: workspace))
            if vectors == nil { vectors = own } else { vectors?.append(own) }
            tokens += rows
            start = end
        }
        return vectors
    }
}
