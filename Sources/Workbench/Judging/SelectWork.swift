// `select`: how near the gradient of each row is to those of target rows.

internal import Datasets
internal import JSON
internal import Preparation
internal import Recipes
internal import Selection
internal import Tensors

/// Compares gradients at an adapter that has begun to learn the rows.
struct SelectWork {
    private let step: SelectStep
    private let bench: JudgingBench
    private let targets: [TargetGroup]

    init(_ step: SelectStep, _ bench: JudgingBench, _ targets: [TargetGroup]) {
        self.step = step
        self.bench = bench
        self.targets = targets
    }

    /// One for each of the bench's entries.
    func verdicts() throws -> [RowVerdict] {
        let entries = bench.examples.entries
        let direction =
            try step.adapter == nil
            ? bench.train(
                on: bench.examples.sequences(Array(entries.indices)), steps: step.warmupSteps, for: "select")
            : bench.direction
        let gradients = bench.gradients(projection: step.projection)
        let likeness = try likeness(gradients)
        return try entries.enumerated().map { number, entry in
            let sketch = try gradients.sketch(of: entry.units, in: bench.examples.units, as: direction)
            bench.observer.receive(.progress(done: number + 1, total: entries.count, unit: "rows (gradients)"))
            return sketch.map { verdict(likeness.cosines(of: $0)) } ?? RowVerdict(score: nil)
        }
    }

    /// The directions of the groups. Of a target it is the gradient that counts, not the step that Adam would take: how much its loss
    /// falls with a step is the product of both.
    private func likeness(_ gradients: RowGradients) throws -> TargetLikeness {
        var likeness = TargetLikeness()
        for group in targets {
            let sketches = try group.rows.flatMap { units in
                try (0..<units.count).compactMap { try gradients.sketch(of: $0..<($0 + 1), in: units, as: nil) }
            }
            guard !sketches.isEmpty else {
                throw Failure(.badInput, "\(path: group.name): no row of it has a gradient", hint: "name other targets")
            }
            likeness.addGroup(sketches)
        }
        return likeness
    }

    private func verdict(_ cosines: [Double]) -> RowVerdict {
        let nearest = cosines.indices.max { cosines[$0] < cosines[$1] } ?? 0
        let score =
            switch step.across {
            case .max: cosines[nearest]
            case .mean: cosines.reduce(0, +) / Double(cosines.count)
            }
        let nearestGroup: [JSONObject.Member] = [("nearest", .string(targets[nearest].name))]
        return RowVerdict(score: score, facts: JSONObject(targets.count > 1 ? nearestGroup : []))
    }
}
