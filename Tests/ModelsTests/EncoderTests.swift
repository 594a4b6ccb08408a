// Tiny random encoders against transformers and PEFT.

import Foundation
import JSON
import Kernels
import Models
import Tensors
import TestSupport
import Testing
import WeightFiles

@Suite struct EncoderTests {
    static let names = [
        "bert", "bert-masked", "roberta", "xlm-roberta", "distilbert", "distilbert-masked", "modernbert",
        "modernbert-biases", "nomic-bert",
    ]

    private struct Golden {
        let batch: TokenBatch
        /// `[N, C]`, one text after the other.
        let states: [Float]
        /// `[E, C]`; nil where there is no pooler.
        let pooled: [Float]?

        init(_ name: String) throws {
            let json = try parse(fixture(name).appendingPathComponent("golden.json"))
            func lists(_ key: String) -> [[Int32]]? { json[key]?.array?.map { integers($0) } }
            func numbers(_ key: String) -> [Float]? { json[key]?.array?.flatMap { floats($0) } }
            batch = TokenBatch(texts: try #require(lists("ids")), types: lists("types"), reads: .all)
            states = try #require(numbers("states"))
            pooled = numbers("pooled")
        }
    }

    private func states(_ model: LanguageModel, _ batch: TokenBatch) throws -> [Float] {
        let workspace = Workspace()
        let states = workspace.matrix(
            rows: batch.rowCount, columns: model.configuration.width, type: model.precision)
        try model.finalStates(batch, into: states, workspace: workspace)
        let wide = workspace.matrix(rows: states.rows, columns: states.columns)
        Conversion.convert(states, into: wide)
        return Array(wide.floats)
    }

    @Test(arguments: names) func statesAreThoseOfTransformers(_ name: String) throws {
        let model = try loadModel(fixture(name)), golden = try Golden(name)
        #expect(!model.configuration.writesText)
        let found = try states(model, golden.batch)
        #expect(found.count == 26 * 16 && maximumDifference(found, golden.states) < 1e-4)
        // Half the precision, the same states but for rounding.
        let rounded = try states(try loadModel(fixture(name), precision: .bf16), golden.batch)
        #expect(maximumDifference(rounded, golden.states) < 0.15)
        // Weights that leave memory at once give the same bits.
        model.streamsWeights = true
        #expect(try states(model, golden.batch) == found)
    }

    /// The first text alone gives the bits that it gives beside the other.
    @Test(arguments: names) func companyChangesNothing(_ name: String) throws {
        let model = try loadModel(fixture(name)), batch = try Golden(name).batch
        let whole = try states(model, batch)
        let alone = TokenBatch(
            texts: [Array(batch.ids[..<21])], types: batch.types.map { [Array($0[..<21])] }, reads: .all)
        #expect(try states(model, alone) == Array(whole[..<(21 * 16)]))
    }

    @Test(arguments: ["bert", "xlm-roberta"]) func theFirstStateIsPooled(_ name: String) throws {
        let model = try loadModel(fixture(name)), golden = try Golden(name), batch = golden.batch
        #expect(model.configuration.reader?.hasPooler == true)
        let first = TokenBatch(
            ids: batch.ids, bounds: batch.bounds, targets: batch.targets, types: batch.types, reads: .first)
        let pooled = try model.pass(first, workspace: Workspace()).run { rows in
            rows.withWorkspace { workspace in
                let result = workspace.matrix(rows: 2, columns: 16)
                rows.applyPooler(into: result)
                return Array(result.floats)
            }
        }
        #expect(maximumDifference(pooled, try #require(golden.pooled)) < 1e-4)
    }

    /// The gradients of a sum over all states, each counted by its place, are those of PEFT's adapters.
    @Test(arguments: names) func gradientsAreThoseOfPEFT(_ name: String) throws {
        let model = try loadModel(fixture(name)), golden = try Golden(name)
        let file = try SafetensorsFile(fixture(name).appendingPathComponent("adapter.safetensors"))
        func numbers(_ name: String) throws -> [Float] { floats(try #require(try file.tensor(name))) }
        // PEFT's modules are those of the bare model.
        func kept(_ slot: String) -> String {
            file.names.first { slot.hasSuffix($0) && !$0.isEmpty } ?? slot
        }
        // What stands on top of the states takes no part here.
        let slab = model.attachAdapters(rank: 2, scale: 1.5) { !$0.contains("pooler") && !$0.hasPrefix("head.") }
        for slot in slab.slots {
            for (place, value) in zip(slot.range, try numbers(kept(slot.name))) { slab.values[place] = value }
        }
        #expect(maximumDifference(try states(model, golden.batch), try numbers("states")) < 1e-4)
        for recomputed in [0, 2] {
            slab.zeroGradients()
            let pass = try model.trainingPass(
                golden.batch, gradientScale: 1, recomputedBlocks: recomputed, workspace: Workspace(),
                dropout: DropoutKey(seed: 0, stream: 0, firstRow: 0))
            try pass.run { rows in
                let gradient = try #require(rows.gradient)
                for index in 0..<gradient.count { gradient.floats[index] = Float(cos(0.37 * Double(index))) }
            }
            let gradients = Array(slab.gradients)
            for slot in slab.slots {
                let expected = try numbers(kept(slot.name) + ".gradient")
                let largest = Double(expected.map(abs).max() ?? 0)
                #expect(largest > 1e-3, "\(slot.name) has no gradient")
                #expect(
                    maximumDifference(slot.range.map { gradients[$0] }, expected) < 1e-4 * max(1, largest),
                    "\(slot.name)")
            }
        }
    }

    /// The same model in both kinds of files.
    @Test func bertIsTheSameModelFromGGUF() throws {
        let model = try loadModel(fixture("bert").appendingPathComponent("model.gguf")), golden = try Golden("bert")
        #expect(model.configuration.reader == ReaderSpec(hasPooler: false))
        #expect(maximumDifference(try states(model, golden.batch), golden.states) < 1e-4)
    }

    @Test(arguments: names) func configurationsAreWrittenAsTheyAreRead(_ name: String) throws {
        var configuration = try ModelConfiguration(of: try openWeights(fixture(name)))
        configuration.reader?.hasPooler = false
        configuration.taskClass = nil
        #expect(try ModelConfiguration(huggingFace: .object(configuration.huggingFaceJSON)) == configuration)
    }

    @Test func whatCannotBeReadIsRefusedByName() throws {
        let model = try loadModel(fixture("bert")), workspace = Workspace()
        let long = TokenBatch(texts: [[Int32](repeating: 5, count: 33)], reads: .all)
        #expect(throws: ModelError.textTooLong(tokens: 33, limit: 32)) { try model.pass(long, workspace: workspace) }
        let typed = TokenBatch(texts: [[5, 6]], types: [[0, 2]], reads: .all)
        #expect(throws: ModelError.typeOutOfRange(type: 2, types: 2)) { try model.pass(typed, workspace: workspace) }
        for (name, key, value) in [
            ("bert", "position_embedding_type", JSONValue.string("relative_key")), ("bert", "hidden_act", "mish"),
            ("bert", "is_decoder", .bool(true)), ("bert", "num_attention_heads", .integer(3)),
            ("xlm-roberta", "pad_token_id", .null), ("distilbert", "activation", "tanh"),
            ("modernbert", "layer_types", .array(["full_attention", "chunked_attention"])),
            ("modernbert", "head_dim", .integer(4)),
        ] {
            var json = try #require(try parse(fixture(name).appendingPathComponent("config.json")).object)
            json[key] = value
            #expect {
                _ = try ModelConfiguration(huggingFace: .object(json))
            } throws: { "\($0)".contains(key) }
        }
    }

    @Test func headsThatAreNotComputedAreCountedAndNamed() throws {
        let notes = try openWeights(fixture("bert-masked")).configurationNotes()
        #expect(notes.contains { $0.contains("5 tensors of a head are not used: cls.predictions.") })
    }
}
