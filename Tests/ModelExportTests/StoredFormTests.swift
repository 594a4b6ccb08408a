// What GGUF stores in another order, and adapters on the head: written models compute what their base and adapter do.

import Adapters
import Foundation
import ModelExport
import Models
import Tensors
import TestSupport
import Testing
import Vocabulary
import WeightFiles

@Suite struct StoredFormTests {
    private let ids: [Int32] = [1, 3, 23, 12, 15, 32, 19, 33, 16, 13, 25, 5, 44, 7, 29]

    private func logits(_ model: LanguageModel) throws -> [Float] {
        try model.logits(TokenBatch(examples: [(ids, ids.map { _ in false })]), workspace: Workspace())
    }

    private func model(_ url: URL) throws -> LanguageModel {
        let weights = try openWeights(url)
        return try LanguageModel(configuration: ModelConfiguration(of: weights), weights: weights, precision: .f32)
    }

    private func difference(_ left: [Float], _ right: [Float]) -> Float {
        left.count == right.count ? zip(left, right).map { abs($0 - $1) }.max() ?? 0 : .infinity
    }

    /// Biases on q and k of a Llama in GGUF: vectors in the order of their projection's rows.
    @Test func biasesLeaveTheirOrderInGGUF() throws {
        let file = packageRoot.appendingPathComponent("Tests/ModelsTests/Fixtures/gguf/biases.gguf")
        try withTemporaryDirectory { folder in
            let output = folder.appendingPathComponent("model")
            try ModelMerger(base: openWeights(file)).export(as: .huggingFaceFolder, into: output)
            #expect(difference(try logits(model(output)), try logits(model(file))) == 0)
            let delta = try LowRankDelta(
                path: "model.layers.0.self_attn.q_proj", scale: 1, a: [Float](repeating: 0.5, count: 16),
                aShape: [1, 16], b: [Float](repeating: 0.25, count: 16), bShape: [16, 1])
            _ = try ModelMerger(base: openWeights(file)).merge(
                [delta], as: .huggingFaceFolder, into: folder.appendingPathComponent("merged"))
        }
    }

    /// Weights of [in, out], and query, key and value in one: what adapters change stands where each file has it.
    @Test(arguments: [TinyFamily.gpt2, .phi3, .gptNeoX, .falcon, .falconNew], [AdapterMethodKind.lora, .dora])
    func adaptersAreMergedIntoWeightsOfEveryForm(_ family: TinyFamily, _ method: AdapterMethodKind) throws {
        try withTemporaryDirectory { place in
            let folder = place.appendingPathComponent("model")
            try family.write(to: folder)
            let base = try openWeights(folder), model = try self.model(folder), plain = try logits(model)
            let set = try AdapterSet(AdapterConfiguration(method: method, rank: 2, alpha: 4), for: model)
            let random = RandomStream(seed: 2, purpose: .probe)
            for index in set.slab.values.indices {
                set.slab.values[index] = Float(random.uniform(stream: 0, index: UInt64(index)) - 0.4)
            }
            set.slab.valuesChanged()
            set.attach(to: model)
            let expected = try logits(model)
            #expect(difference(expected, plain) > 0.1)
            #expect(difference(model.cachedLogits(ids, promptOf: ids.count)[0], Array(expected.suffix(512))) < 1e-3)
            for (format, name) in [(ModelFormat.gguf, "merged.gguf"), (.huggingFaceFolder, "merged")] {
                let output = place.appendingPathComponent(name), options = ModelOutputOptions(type: .fp32)
                let merger = try ModelMerger(base: base)
                _ = try merger.merge(set.lowRankDeltas, as: format, into: output, options: options)
                #expect(difference(try logits(self.model(output)), expected) < 1e-3)
                let found = try merger.compare(set.lowRankDeltas, with: openWeights(output), as: format, type: .fp32)
                #expect(found.count > 10_000 && found.strayCount == 0)
            }
        }
    }

    /// An adapter on the head is called as PEFT calls it; the head and the embedding as the family's files do.
    @Test(arguments: [TinyFamily.gptNeoX, .gpt2]) func anAdapterOnAHeadOfAnotherNameIsMerged(_ family: TinyFamily)
        throws
    {
        try withTemporaryDirectory { place in
            let folder = place.appendingPathComponent("model"), output = place.appendingPathComponent("merged")
            try family.write(to: folder)
            let model = try self.model(folder)
            let set = try AdapterSet(
                AdapterConfiguration(rank: 2, alpha: 4, targets: .patterns(["lm_head"])),
                for: AdaptedModel(model).layers)
            for index in set.slab.values.indices { set.slab.values[index] = Float(index % 7) / 20 - 0.1 }
            set.slab.valuesChanged()
            set.attach(to: model)
            let expected = try logits(model)
            let result = try ModelMerger(base: openWeights(folder)).merge(
                set.lowRankDeltas, as: .huggingFaceFolder, into: output)
            #expect(result.untiedHead == (family == .gpt2) && result.tensorsApplied == 1)
            #expect(difference(try logits(self.model(output)), expected) < 1e-3)
            #expect(difference(try logits(self.model(folder)), expected) > 0.01)
        }
    }

    /// PEFT's word for weights of [in, out].
    @Test(arguments: [(TinyFamily.gpt2, true), (.phi3, false)])
    func adaptersOnWeightsOfInOutSaySo(_ family: TinyFamily, isTransposed: Bool) throws {
        try withTemporaryDirectory { place in
            let folder = place.appendingPathComponent("model"), adapter = place.appendingPathComponent("adapter")
            try family.write(to: folder)
            let set = try AdapterSet(AdapterConfiguration(rank: 2, alpha: 4), for: model(folder))
            try set.writePEFT(to: adapter, baseName: nil, provenance: AdapterProvenance())
            let text = try String(
                contentsOf: adapter.appendingPathComponent("adapter_config.json"), encoding: .utf8)
            #expect(text.contains("\"fan_in_fan_out\": \(isTransposed)"))
            _ = try AdapterSet(PEFTDirectory(adapter), for: model(folder))
        }
    }

    /// The head is the embedding; with an adapter of its own it is no longer, and the embedding stays as it was.
    @Test func anAdapterOnATiedHeadIsScoredAndMerged() throws {
        try withTemporaryDirectory { folder in
            let adapter = folder.appendingPathComponent("adapter")
            try FileManager.default.createDirectory(at: adapter, withIntermediateDirectories: true)
            let text = #"{"peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": ["q_proj", "lm_head"]}"#
            try Data(text.utf8).write(to: adapter.appendingPathComponent("adapter_config.json"))
            let paths = (0..<TinyModel.blocks).map { ("model.layers.\($0).self_attn.q_proj", 64) } + [("lm_head", 512)]
            let writer = try SafetensorsWriter(
                adapter.appendingPathComponent("adapter_model.safetensors"),
                entries: paths.flatMap { path, rows in
                    [("A", Shape([2, 64])), ("B", Shape([rows, 2]))].map { factor, shape in
                        TensorEntry(
                            name: "base_model.model.\(path).lora_\(factor).weight", dtype: .f32, shape: shape)
                    }
                })
            for (_, rows) in paths {
                try writer.write((0..<128).map { Float($0 % 7) / 70 - 0.04 })
                try writer.write((0..<(2 * rows)).map { Float($0 % 5) / 10 - 0.2 })
            }
            try writer.finish()
            let base = try model(TinyModel.base)
            let plain = try logits(base)
            let set = try AdapterSet(PEFTDirectory(adapter), for: base)
            #expect(set.adaptsHead && base.configuration.isTied)
            set.attach(to: base)
            let adapted = try logits(base)
            #expect(difference(adapted, plain) > 0.1)
            #expect(difference(adapted, try logitsByHand(base, set)) < 1e-3)
            #expect(difference(base.cachedLogits(ids, promptOf: ids.count)[0], Array(adapted.suffix(512))) < 1e-3)
            let output = folder.appendingPathComponent("merged")
            let result = try ModelMerger(base: openWeights(TinyModel.base)).merge(
                base.lowRankDeltas, as: .huggingFaceFolder, into: output)
            #expect(result.untiedHead && result.tensorsApplied == TinyModel.blocks + 1)
            #expect(difference(try logits(model(output)), adapted) < 1e-3)
            base.adapters = .none
            #expect(try logits(base) == plain)
        }
    }

    /// The logits without the head's adapter, and its own share added: s · B·(A·h), h being what the head's rows see.
    private func logitsByHand(_ model: LanguageModel, _ set: AdapterSet) throws -> [Float] {
        let member = try #require(set.members.first { $0.path == "lm_head" })
        let bound = model.adapters
        model.adapters = model.binding(
            Dictionary(uniqueKeysWithValues: set.members.filter { $0.path != "lm_head" }.map { ($0.path, $0.adapter) }))
        defer { model.adapters = bound }
        var result = try logits(model)
        // A head of A's rows alone gives A·h.
        let weights = try openWeights(TinyModel.base)
        let a = member.adapter.a
        let embedding = try weights.tensor(at: "model.embed_tokens.weight")
        let hidden = try hidden(of: result, embedding)
        let (b, rank) = (member.adapter.b.floats, member.adapter.rank)
        for (row, h) in hidden.enumerated() {
            let low = (0..<rank).map { r in h.indices.reduce(0.0) { $0 + Double(a.floats[r * 64 + $1]) * h[$1] } }
            for token in 0..<512 {
                let share = (0..<rank).reduce(0.0) { $0 + Double(b[token * rank + $1]) * low[$1] }
                result[row * 512 + token] += member.adapter.scale * Float(share)
            }
        }
        return result
    }

    /// What the head saw, from its logits: least squares over the embedding, which has more rows than columns.
    private func hidden(of logits: [Float], _ embedding: FrozenTensor) throws -> [[Double]] {
        let w = embedding.bytes.bindMemory(to: Float.self).map(Double.init)
        var gram = [[Double]](repeating: [Double](repeating: 0, count: 64), count: 64)
        for token in 0..<512 {
            for i in 0..<64 { for j in 0..<64 { gram[i][j] += w[token * 64 + i] * w[token * 64 + j] } }
        }
        return (0..<ids.count).map { row in
            var right = [Double](repeating: 0, count: 64)
            for token in 0..<512 {
                for i in 0..<64 { right[i] += w[token * 64 + i] * Double(logits[row * 512 + token]) }
            }
            return solved(gram, right)
        }
    }

    /// Gaussian elimination; the matrix is positive definite.
    private func solved(_ matrix: [[Double]], _ right: [Double]) -> [Double] {
        var (m, x) = (matrix, right)
        for pivot in m.indices {
            for row in m.indices where row > pivot {
                let factor = m[row][pivot] / m[pivot][pivot]
                for column in pivot..<m.count { m[row][column] -= factor * m[pivot][column] }
                x[row] -= factor * x[pivot]
            }
        }
        for row in m.indices.reversed() {
            for column in (row + 1)..<m.count { x[row] -= m[row][column] * x[column] }
            x[row] /= m[row][row]
        }
        return x
    }
}
