import Optimisers
import Recipes
import Tensors
import Training

/// A small snapshot with everything in it.
func makeSnapshot(
    step: Int = 12, best: EvaluationRecord? = EvaluationRecord(step: 10, loss: 1.25), optimiser: OptimiserKind = .adamw
) -> TrainingSnapshot {
    let random = RandomStream(seed: UInt64(step), purpose: .probe)
    func numbers(_ count: Int, _ stream: UInt32) -> [Float] {
        (0..<count).map { Float(random.uniform(stream: stream, index: UInt64($0)) - 0.5) }
    }
    // Eleven blocks: their order is not that of their names.
    let parameters = (0..<11).flatMap { block in
        [("lora_A", 2, 5), ("lora_B", 7, 2)].enumerated().map { index, slot in
            let stream = UInt32(block * 20 + index * 10)
            let count = slot.1 * slot.2
            let states = optimiser.rule.states(rows: slot.1, columns: slot.2).enumerated().map { index, state in
                numbers(state.count, stream + 4 + UInt32(index)).map { number in
                    switch state.kind {
                    case .numbers: number
                    case .neverNegative: abs(number)
                    case .codes: (abs(number) * 510).rounded()
                    }
                }
            }
            return TrainingSnapshot.Parameter(
                name: "model.layers.\(block).mlp.up_proj.\(slot.0).weight", rows: slot.1, columns: slot.2,
                values: numbers(count, stream), states: states,
                meanValues: optimiser.rule.hasMean ? numbers(count, stream + 2) : nil,
                bestValues: best.map { _ in numbers(count, stream + 1) }
            )
        }
    }
    return TrainingSnapshot(
        identity: TrainingSnapshot.Identity(
            fingerprint: "ab12", recipe: "name: Grüße\nseed: 1\n", adapterConfiguration: "{\"r\":2}"),
        step: step, epoch: 1, positionInEpoch: 8, seed: .max - 3, optimiser: optimiser,
        parameters: parameters,
        history: (0..<step).map {
            StepRecord(
                loss: 2 / Double($0 + 1), learningRate: 1e-4, gradientNorm: 0.1 * Double($0), tokens: 100 + $0,
                targetTokens: 50 + $0)
        },
        evaluations: best.map { [EvaluationRecord(step: 5, loss: 1.5), $0] } ?? [], best: best,
        evaluationsWithoutImprovement: best == nil ? 0 : 2, isStoppedEarly: false)
}
