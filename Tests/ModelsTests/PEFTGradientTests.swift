// Gradients of adapters on every linear layer of a family, against PEFT's: scripts/goldens/family_gradients.py.

import Foundation
import JSON
import Models
import Tensors
import TestSupport
import Testing

@Suite struct PEFTGradientTests {
    /// Those of `FamilyTests` that have a golden.
    static let names = FamilyTests.names.filter {
        FileManager.default.fileExists(atPath: fixture($0).appendingPathComponent("gradients.json").path)
    }

    @Test func theFamiliesAreThere() { #expect(Self.names.count >= 14) }

    @Test(arguments: names) func gradientsAreThoseOfPEFT(_ name: String) throws {
        let golden = try parse(fixture(name).appendingPathComponent("gradients.json"))
        let texts = (try parse(fixture(name).appendingPathComponent("golden.json"))["ids"]?.array ?? [])
            .map { integers($0) }
        let rank = try #require(golden["rank"]?.integer), alpha = try #require(golden["alpha"]?.double)
        let model = try loadModel(fixture(name))
        let slab = model.attachAdapters(rank: rank, scale: Float(alpha) / Float(rank))
        let layers = model.linearLayers.map(\.path).sorted()
        for slot in slab.slots {
            let (layer, factor) = try Self.parts(slot.name)
            // The script's numbers: by the place of the layer's name, A before B.
            let number = try #require(layers.firstIndex(of: layer)) * 2 + (factor == "lora_B" ? 1 : 0)
            for (index, place) in slot.range.enumerated() {
                slab.values[place] = Float(0.1 * sin(12.9898 * Double(index) + 78.233 * Double(number)))
            }
        }
        let batch = TokenBatch(examples: texts.map { ids in (ids, ids.indices.map { $0 > 0 }) })
        let targets = texts.reduce(0) { $0 + $1.count - 1 }
        let (loss, gradients) = try model.gradients([batch], slab: slab, gradientScale: 1 / Float(targets))
        #expect(loss.total.weight == targets)
        #expect(abs(loss.total.lossSum / Double(targets) - (golden["loss"]?.double ?? 0)) < 1e-5)
        let expected = try #require(golden["gradients"]?.object)
        #expect(expected.members.count == slab.slots.count)
        for slot in slab.slots {
            let (layer, factor) = try Self.parts(slot.name)
            let reference = floats(expected["\(layer).\(factor)"])
            #expect(reference.contains { $0 != 0 })
            #expect(relativeError(gradients[slot.range], reference[...]) < 1e-4, "\(slot.name)")
        }
    }

    /// The layer and the factor of `model.layers.0.mlp.up_proj.lora_A.weight`.
    private static func parts(_ name: String) throws -> (layer: String, factor: String) {
        let module = try #require(name.hasSuffix(".weight") ? name.dropLast(7) : nil)
        let dot = try #require(module.lastIndex(of: "."))
        return (String(module[..<dot]), String(module[module.index(after: dot)...]))
    }
}
