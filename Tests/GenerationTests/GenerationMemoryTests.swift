// Memory of generation: predicted by the same code on a workspace that only counts.

import Adapters
import Generation
import Models
import Tensors
import TestSupport
import Testing

@Suite struct GenerationMemoryTests {
    /// Answers as long as they may be take what was predicted, caches and passes, to the byte.
    @Test(
        arguments: [ElementType.f32, .bf16],
        [(16, 1 << 28, 0), (3, 1 << 28, 0), (16, 200_000, 0), (3, 1 << 28, 9)])
    func predictedIsTaken(precision: ElementType, _ limit: (width: Int, bytes: Int, virtualTokens: Int)) throws {
        let model = try tinyModel(precision: precision)
        if limit.virtualTokens > 0 {
            let set = try AdapterSet(AdapterConfiguration(PromptTuning(count: limit.virtualTokens)), for: model)
            set.initialise(seed: 7, on: model)
            set.attach(to: model)
        } else {
            try randomAdapter(model, seed: 7).attach(to: model)
        }
        let limits = CacheLimits(width: limit.width, cacheBytes: limit.bytes)
        // The longest first: later they get in one by one, each in the place of a longer one.
        let sizes = (0..<20).map { (prompt: 600 - $0 * 25, answer: 12) }
        let workspace = Workspace()
        let scheduler = GenerationScheduler(model, limits: limits, workspace: workspace)
        for (number, size) in sizes.enumerated() {
            scheduler.add(GenerationRequest(prompt: prompt(size.prompt, number), maximumTokens: size.answer))
        }
        var caches = 0
        while !scheduler.isIdle {
            _ = scheduler.step()
            caches = max(caches, scheduler.cacheBytes)
        }
        let predicted = GenerationScheduler.predictedBytes(
            sizes, of: model, arithmetic: GenerationArithmetic(precision), limits: limits)
        #expect(caches > 0 && workspace.peakBytes > 0)
        #expect(predicted == caches + workspace.peakBytes)
        #expect(workspace.reservedBytes >= workspace.peakBytes)
    }

    @Test func nothingTakesNothing() throws {
        #expect(GenerationScheduler.predictedBytes([], of: try tinyModel(), arithmetic: .exact) == 0)
    }
}
