import Datasets
import Models
import Objectives
import Optimisers
import Recipes
import Tensors
import Training

/// A model small enough to follow by hand: loss of a target token with id `t` is ½ Σ (w − t/10)², so its gradient is
/// Σ (w − t/10) over all numbers of the slab.
final class QuadraticModel: GradientSource {
    let objective: any Objective
    let slab = ParameterSlab([("layer.lora_A.weight", 2, 3), ("layer.lora_B.weight", 3, 2)])
    var rowsAhead = 0
    var brokenExampleLength: Int?
    var brokenGradientStep: Int?
    var batches: [TokenBatch] = []
    var masks: [DropoutKey] = []

    init(_ objective: any Objective = CrossEntropyObjective()) {
        self.objective = objective
        for (index, slot) in slab.slots.enumerated() {
            for element in slot.range { slab.values[element] = Float(index) + Float(element) / 100 }
        }
    }

    func accumulateGradients(
        _ batch: TokenBatch, gradientScale: Float, recomputedBlocks: Int, workspace: Workspace, dropout: DropoutKey
    ) throws -> LossSums {
        batches.append(batch)
        masks.append(dropout)
        var sequences: [NamedSums] = []
        for (start, end) in zip(batch.bounds, batch.bounds.dropFirst()) {
            var sum = 0.0
            let targets = batch.targets[start..<end].filter { $0 >= 0 }
            for target in targets {
                for slot in slab.slots {
                    for element in slot.range {
                        let difference = slab.values[element] - Float(target) / 10
                        sum += Double(difference * difference) / 2
                        slab.gradients[element] += difference * gradientScale
                    }
                }
            }
            if end - start == brokenExampleLength { sum = .nan }
            sequences.append(NamedSums(loss: sum, weight: targets.count, ["squares": sum * sum]))
        }
        if batches.count == brokenGradientStep { slab.gradients[slab.slots[1].offset] = .infinity }
        return LossSums(
            units: stride(from: 0, to: sequences.count, by: objective.unit.sequences).map { first in
                let parts = sequences[first..<first + objective.unit.sequences]
                let targets = parts.reduce(0) { $0 + $1.weight }
                return NamedSums(
                    loss: parts.reduce(0) { $0 + $1.lossSum }, weight: objective.weight(targets: targets),
                    ["squares": parts.reduce(0) { $0 + $1["squares"] }])
            })
    }

    var parameters: [Float] { slab.slots.flatMap { Array(slab.values[$0.range]) } }
}

/// Counts the pair, not its tokens, and tells a measure beside the loss.
struct PairObjective: Objective {
    let unit = ExampleUnit.pair
    let measures = [Measure.mean("squares", isToldInSteps: true)]
    func weight(targets: Int) -> Int { 1 }
    func sums(_ pass: ObjectivePass) -> LossSums { LossSums() }
}

/// `count` examples of different lengths.
func makeExamples(_ count: Int) -> [TokenizedExample] {
    (0..<count).map { index in
        let length = 3 + (index * 5) % 7
        return TokenizedExample(
            ids: (0..<length).map { Int32(($0 * 3 + index) % 19) }, isTarget: (0..<length).map { $0 > index % 2 },
            place: RowPlace(file: "train.jsonl", line: index + 1), index: index)
    }
}

func makeConfiguration(
    steps: Int, batchSize: Int = 4, rowLimit: Int = 12, evaluateEvery: Int? = nil, saveEvery: Int? = nil,
    earlyStopping: EarlyStopping? = nil, maximumGradientNorm: Double? = 1
) -> TrainingConfiguration {
    TrainingConfiguration(
        seed: 9, batchSize: batchSize, rowLimit: rowLimit, recomputedBlocks: 0,
        schedule: LearningRateSchedule(.cosine, peak: 0.05, totalSteps: steps, warmUp: .steps(2)),
        maximumGradientNorm: maximumGradientNorm,
        evaluateEverySteps: evaluateEvery, saveEverySteps: saveEvery, earlyStopping: earlyStopping)
}

let identity = TrainingSnapshot.Identity(fingerprint: "f00d", recipe: "name: t\n", adapterConfiguration: "{}")

/// With a decay of 0.01, otherwise as a recipe has it.
func makeOptimiser(_ slab: ParameterSlab, _ kind: OptimiserKind = .adamw) -> Optimiser {
    var train = TrainSection()
    train.optimizer = kind
    return Optimiser(train, slab: slab, groups: [ParameterGroup(slab.slots, weightDecay: 0.01)])
}

func makeTrainer(
    _ model: QuadraticModel, _ configuration: TrainingConfiguration, examples: Int = 10,
    optimiser: OptimiserKind = .adamw, rewriter: (any StepRewriter)? = nil
) throws -> Trainer {
    try Trainer(
        model: model, optimiser: makeOptimiser(model.slab, optimiser),
        examples: makeExamples(examples), configuration: configuration,
        identity: identity, workspace: Workspace(), rewriter: rewriter)
}
