// Which rows experts are given, and that nothing but a row's own numbers decides what they give.

import Foundation
import JSON
import Kernels
import Models
import Tensors
import TestSupport
import Testing

@Suite struct ExpertTests {
    static let names = ["mixtral", "qwen3-moe", "qwen3-moe-shares", "olmoe", "olmoe-shares"]

    private static let examples = (0..<3).map { randomExample(7 + 5 * $0, vocabulary: 48, stream: UInt32(30 + $0)) }

    private static func batch(_ examples: [(ids: [Int32], isTarget: [Bool])]) -> TokenBatch {
        TokenBatch(examples: examples)
    }

    /// Each row goes to as many experts as it is to, none is left out: what the experts of a layer are given adds up to as many
    /// times what their router is given.
    @Test(arguments: names) func everyRowGoesToItsExperts(_ name: String) throws {
        let model = try loadModel(fixture(name))
        let inputs = try model.inputSquares(of: [Self.batch(Self.examples)], workspace: Workspace())
        let rows = Self.examples.reduce(0) { $0 + $1.ids.count }
        var layers = 0
        for (number, block) in model.configuration.blocks.enumerated() {
            guard let experts = block.feedForward.experts else { continue }
            layers += 1
            func found(_ suffix: (String) -> Bool) -> [InputSquares] {
                inputs.filter { $0.paths[0].hasPrefix("model.layers.\(number).") && suffix($0.paths[0]) }
            }
            let router = try #require(found { $0.hasSuffix(".gate") }.first)
            let gates = found { $0.hasSuffix(".w1") || $0.contains(".experts.") && $0.hasSuffix(".gate_proj") }
            let downs = found { $0.hasSuffix(".w2") || $0.contains(".experts.") && $0.hasSuffix(".down_proj") }
            #expect(router.rows == rows && gates.count == experts.count && downs.count == experts.count)
            #expect(gates.allSatisfy { $0.paths.count == 2 })
            #expect(gates.reduce(0) { $0 + $1.rows } == rows * experts.used)
            #expect(gates.map(\.rows) == downs.map(\.rows) && Set(gates.map(\.rows)).count > 1)
            for column in router.sums.indices {
                let sum = gates.reduce(0) { $0 + $1.sums[column] }
                #expect(abs(sum - Double(experts.used) * router.sums[column]) < 1e-4 * sum)
            }
        }
        #expect(layers > 0)
    }

    @Test(arguments: names) func companyChangesNothing(_ name: String) throws {
        let model = try loadModel(fixture(name))
        let together = try model.logits(Self.batch(Self.examples), workspace: Workspace())
        let alone = try Self.examples.flatMap { try model.logits(Self.batch([$0]), workspace: Workspace()) }
        #expect(maximumDifference(together, alone) < 1e-5)
    }

    /// Gradients of ragged rows are the sum of those of each example.
    @Test(arguments: names) func gradientsOfABatchAreThoseOfItsExamples(_ name: String) throws {
        let model = try loadModel(fixture(name))
        let slab = model.attachAdapters(rank: 2)
        let together = try model.gradients([Self.batch(Self.examples)], slab: slab).gradients
        let alone = try model.gradients(Self.examples.map { Self.batch([$0]) }, slab: slab).gradients
        #expect(maximumDifference(together, alone) < 1e-5 && together.contains { abs($0) > 1e-3 })
        let again = try model.gradients([Self.batch(Self.examples)], slab: slab).gradients
        #expect(again == together)
    }

    @Test func layersOfExpertsAreKnownByTransformersParameters() throws {
        let model = try loadModel(fixture("qwen3-moe"))
        func place(_ path: String) throws -> AdapterPlace { try #require(model.linearLayer(path)).adapterPlace }
        #expect(try place("model.layers.3.self_attn.q_proj") == .module)
        #expect(try place("model.layers.0.mlp.gate_proj") == .nowhere)
        let up = ParameterPlace(
            module: "model.layers.3.mlp.experts", name: "gate_up_proj", part: 4, parts: 6, rows: 16..<32, rowCount: 32)
        #expect(try place("model.layers.3.mlp.experts.4.up_proj") == .parameter(up))
        #expect(up.path == "model.layers.3.mlp.experts.gate_up_proj" && up.isShared)
        guard case .parameter(let router) = try place("model.layers.3.mlp.gate") else {
            Issue.record("a router without a parameter")
            return
        }
        #expect(router.shortName == "gate.weight" && !router.isShared)
    }
}
