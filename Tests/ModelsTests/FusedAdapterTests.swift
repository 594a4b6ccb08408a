// Adapters on layers that give query, key and value, or gate and up, in one: PEFT's loss and gradients.

import Models
import Tensors
import TestSupport
import Testing
import WeightFiles

@Suite struct FusedAdapterTests {
    @Test(arguments: ["gpt2-scales", "phi3", "gpt-neox", "falcon", "falcon-new", "falcon-after"], [0, 2])
    func gradientsAreThoseOfPEFT(_ name: String, recomputedBlocks: Int) throws {
        let model = try loadModel(fixture(name)), slab = model.attachAdapters(rank: 2, scale: 1.5)
        let file = try SafetensorsFile(fixture(name).appendingPathComponent("adapter.safetensors"))
        func numbers(_ name: String) throws -> [Float] { floats(try #require(try file.tensor(name), "\(name)")) }
        // Every layer that PEFT finds is there, and no other.
        #expect(Set(file.names).count == 2 * slab.slots.count + 1)
        for slot in slab.slots {
            for (place, value) in zip(slot.range, try numbers(slot.name)) { slab.values[place] = value }
        }
        let golden = try parse(fixture(name).appendingPathComponent("golden.json"))
        let ids = integers(golden["ids"]?.array?.first)
        let batch = TokenBatch(examples: [(ids, ids.map { _ in true })])
        let (loss, gradients) = try model.gradients(
            [batch], slab: slab, gradientScale: 1, recomputedBlocks: recomputedBlocks)
        let expected = Double(try numbers("loss")[0])
        #expect(abs(loss.total.lossSum - expected) < 1e-4 * expected)
        for slot in slab.slots {
            let expected = try numbers("gradient." + slot.name)
            let largest = Double(expected.map(abs).max() ?? 0)
            #expect(largest > 1e-2, "\(slot.name) has no gradient")
            #expect(
                maximumDifference(slot.range.map { gradients[$0] }, expected) < 1e-4 * max(1, largest),
                "\(slot.name)")
        }
    }
}
