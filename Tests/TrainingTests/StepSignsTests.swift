import Objectives
import Tensors
import Testing
import Training

/// What steps show of a run's health, beside their records.
@Suite struct StepSignsTests {
    /// The signs of each step, and the slab's numbers around it.
    private func signs(steps: Int, examples: Int = 10) throws -> [(signs: StepSigns, before: [Float], after: [Float])] {
        let model = QuadraticModel()
        let trainer = try makeTrainer(model, makeConfiguration(steps: steps), examples: examples)
        return try (0..<steps).map { _ in
            let before = model.parameters
            try trainer.trainStep()
            return (try #require(trainer.signs), before, model.parameters)
        }
    }

    @Test func theUpdateIsMeasuredAgainstWhatIsTrained() throws {
        for (signs, before, after) in try signs(steps: 4) {
            let moved = zip(after, before).reduce(0) { $0 + pow2($1.0 - $1.1) }
            let size = after.reduce(0) { $0 + pow2($1) }
            let ratio = try #require(signs.updateRatio)
            #expect(abs(ratio - (moved / size).squareRoot()) < 1e-9)
        }
    }

    @Test func aStepWithoutARateMovesNothing() throws {
        // The first step of a warm-up has the rate 0.
        let first = try signs(steps: 4)[0].signs
        #expect(first.updateRatio == 0 && first.expectedChange == 0)
    }

    @Test func theExpectedChangeIsThatOfTheLoss() throws {
        // The loss is a square, so that a small step lowers it by its gradient times the change, but for second order.
        let model = QuadraticModel()
        var configuration = makeConfiguration(steps: 4, batchSize: 10, evaluateEvery: nil)
        configuration.shuffles = false
        let trainer = try makeTrainer(model, configuration)
        try trainer.trainStep()
        let second = try trainer.trainStep().loss
        let expected = try #require(trainer.signs).expectedChange
        let third = try trainer.trainStep().loss
        #expect(expected < 0)
        #expect(abs((third - second) - expected) < 0.1 * abs(expected))
    }

    @Test func theHeaviestRowIsNamedWithItsShares() throws {
        let heaviest = try #require(try signs(steps: 1)[0].signs.heaviest)
        #expect(heaviest.place.hasPrefix("train.jsonl:"))
        #expect(heaviest.lossShare > 0.25 && heaviest.lossShare <= 1)
        #expect(heaviest.weightShare > 0 && heaviest.weightShare < 1)
    }

    @Test func aStepThatFailsIsTold() throws {
        let model = QuadraticModel()
        model.brokenGradientStep = 1
        let trainer = try makeTrainer(model, makeConfiguration(steps: 2, rowLimit: 1_000))
        var told: [TrainingEvent] = []
        #expect(throws: TrainingError.self) { try trainer.run(TrainingHooks(onEvent: { told.append($0) })) }
        guard case .failed(let step, let reason)? = told.last else { Issue.record("\(told)"); return }
        #expect(step == 1 && reason.contains("lora_B"))
    }

    private func pow2(_ x: Float) -> Double { Double(x) * Double(x) }
}
