// How sublayers read the residual stream and join it: one after the other or side by side, normed and scaled.

import Foundation
import Models
import Tensors
import TestSupport
import Testing

@Suite struct ResidualStreamTests {
    /// Norms of what is added, scales of it, blocks side by side.
    static let names = ["olmo2", "granite", "cohere", "cohere2", "stablelm-parallel"]

    /// Where nothing below is trained, what only it would need is left out, and what is above gets the same gradients.
    @Test(arguments: names) func theLowestTrainedBlockGetsTheSameGradients(_ name: String) throws {
        let model = try loadModel(fixture(name))
        let batch = TokenBatch(examples: [randomExample(20, vocabulary: 48, stream: 4)])
        let whole = model.attachAdapters(rank: 2)
        // Adapters that add nothing.
        for slot in whole.slots where slot.name.hasPrefix("model.layers.0.") && slot.name.contains("lora_B") {
            for place in slot.range { whole.values[place] = 0 }
        }
        let all = try model.gradients([batch], slab: whole).gradients
        let above = model.attachAdapters(rank: 2) { !$0.hasPrefix("model.layers.0.") }
        let places = try above.slots.map { slot in
            (own: slot.range, same: try #require(whole.slots.first { $0.name == slot.name }).range)
        }
        for (own, same) in places { for (to, from) in zip(own, same) { above.values[to] = whole.values[from] } }
        let part = try model.gradients([batch], slab: above).gradients
        for (own, same) in places {
            #expect(relativeError(part[own], all[same]) < 1e-6)
            #expect(part[own].contains { $0 != 0 })
        }
        withExtendedLifetime((whole, above)) {}
    }

    /// Side by side, all read what one norm gives; the last products of both have inputs of their own.
    @Test(arguments: ["cohere", "stablelm-parallel"]) func sideBySideTheFirstLayersReadTheSame(_ name: String) throws {
        let model = try loadModel(fixture(name))
        let ids = randomExample(11, vocabulary: 48, stream: 5).ids
        var seen: [(layers: [String], rows: [Float])] = []
        try model.layerInputs(
            TokenBatch(examples: [(ids, ids.map { _ in false })]), workspace: Workspace()
        ) { seen.append(($0.layers.map { $0.path }, Array($0.rows.floats))) }
        let place = "model.layers.0."
        let (attention, feedForward) = (seen[0], seen[2])
        #expect(attention.layers == ["q_proj", "k_proj", "v_proj"].map { place + "self_attn." + $0 })
        #expect(seen[1].layers == [place + "self_attn.o_proj"] && seen[3].layers == [place + "mlp.down_proj"])
        #expect(feedForward.layers == ["gate_proj", "up_proj"].map { place + "mlp." + $0 })
        #expect(attention.rows == feedForward.rows && attention.rows.contains { $0 != 0 })
        #expect(seen.flatMap(\.layers) == model.linearLayers.map(\.path))
    }
}
