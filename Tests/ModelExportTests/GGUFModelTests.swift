// GGUF out: what did not change has the base's bytes, what did is base + adapter in the family's order of rows.

import Adapters
import Foundation
import ModelExport
import Models
import Tensors
import TestSupport
import Testing
import Vocabulary
import WeightFiles

@Suite struct GGUFModelTests {
    private static func fixture(_ name: String) -> URL {
        packageRoot.appendingPathComponent("Tests/ModelsTests/Fixtures/\(name)")
    }

    /// Plain, in halves, with biases, with rotary factors as a tensor of their own, with norms stored plus one.
    private static let files =
        [TinyModel.gguf, TinyModel.chatGGUF]
        + ["gguf/biases.gguf", "gguf/linear-freqs.gguf", "gguf/yarn-freqs.gguf", "gemma3/model.gguf"].map(fixture)

    @Test(arguments: files) func aModelWithoutAnAdapterHasItsFilesBytes(_ file: URL) throws {
        try withTemporaryDirectory { folder in
            let output = folder.appendingPathComponent("model.gguf")
            let result = try ModelMerger(base: openWeights(file)).export(as: .gguf, into: output)
            #expect(try Data(contentsOf: output) == Data(contentsOf: file) && result.tensorsApplied == 0)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [
                    "model.gguf", "model.gguf.manifest.json",
                ])
        }
    }

    /// The parts come together in one file, which says nothing of parts.
    @Test func aSplitModelIsWrittenWhole() throws {
        let parts = try openWeights(Self.fixture("gguf/split-00001-of-00003.gguf"))
        try withTemporaryDirectory { folder in
            let output = folder.appendingPathComponent("model.gguf")
            try ModelMerger(base: parts).export(as: .gguf, into: output)
            let whole = try GGUFWeights(output)
            #expect(whole.gguf.metadata.allSatisfy { !$0.key.hasPrefix("split.") })
            #expect(try whole.paths == parts.paths && whole.gguf.contentDigest == parts.contentDigest())
        }
    }

    @Test(
        arguments: [
            TinyModel.gguf, TinyModel.chatGGUF, fixture("gguf/biases.gguf"), fixture("gemma3/model.gguf"),
        ], [WeightType.auto, .fp32, .bf16, .fp16])
    func aMergedModelIsBasePlusAdapter(_ file: URL, _ type: WeightType) throws {
        let base = try openWeights(file), merger = try ModelMerger(base: base)
        let deltas = try Self.deltas(base)
        try withTemporaryDirectory { folder in
            let output = folder.appendingPathComponent("merged.gguf")
            let result = try merger.merge(deltas, as: .gguf, into: output, options: ModelOutputOptions(type: type))
            #expect(result.tensorsApplied == deltas.count)
            let merged = try GGUFWeights(output)
            let found = try merger.compare(deltas, with: merged, as: .gguf, type: type)
            #expect(found.count > 0 && found.strayCount == 0)
            let without = try merger.compare(Array(deltas.dropLast()), with: merged, as: .gguf, type: type)
            #expect(without.strayCount > 0)
            let (left, right) = (try #require(base as? GGUFWeights).gguf, merged.gguf)
            let said = Set(left.metadata.map(\.key)).union(type == .auto ? [] : ["general.file_type"])
            #expect(said == Set(right.metadata.map(\.key)))
            #expect(left.tensors.map(\.name) == right.tensors.map(\.name))
            // Vectors are fp32 in GGUF, whatever the matrices are.
            #expect(right.tensors.allSatisfy { $0.shape.rank > 1 || $0.type.name == "F32" })
            let numbers: [WeightType: (DType, Int)] = [.fp32: (.f32, 0), .fp16: (.f16, 1), .bf16: (.bf16, 32)]
            if let (dtype, number) = numbers[type] {
                let matrices = right.tensors.filter { $0.shape.rank > 1 }
                #expect(matrices.allSatisfy { $0.type.dtype == dtype })
                #expect(right.value("general.file_type")?.integer == number)
            }
        }
    }

    /// Rows in another order, norms plus one: the numbers that a model computes tell whether they came out right.
    @Test(arguments: [TinyModel.gguf, fixture("gguf/biases.gguf"), fixture("gemma3/model.gguf")])
    func aMergedModelComputesWhatBaseAndAdapterDo(_ file: URL) throws {
        let base = try openWeights(file), model = try LanguageModel(base, precision: .f32)
        let plain = try Self.logits(model)
        let set = try AdapterSet(AdapterConfiguration(rank: 2, alpha: 4), for: model)
        for index in set.slab.values.indices { set.slab.values[index] = Float(index % 11 - 5) * 0.05 }
        set.attach(to: model)
        let expected = try Self.logits(model)
        try withTemporaryDirectory { folder in
            let output = folder.appendingPathComponent("merged.gguf")
            _ = try ModelMerger(base: base).merge(set.lowRankDeltas, as: .gguf, into: output)
            let merged = try Self.logits(LanguageModel(openWeights(output), precision: .f32))
            #expect(zip(merged, expected).allSatisfy { abs($0 - $1) < 1e-4 })
            #expect(zip(merged, plain).contains { abs($0 - $1) > 1e-2 })
        }
    }

    /// Of a quantised base what changes is bf16, and the file says so; what does not keeps its type and its bytes.
    @Test func whatChangesOfAQuantisedBaseIsBF16() throws {
        try withTemporaryDirectory { folder in
            let base = try GGUFWeights(Self.quantised(in: folder)), deltas = try Self.deltas(base)
            let output = folder.appendingPathComponent("merged.gguf")
            _ = try ModelMerger(base: base).merge(deltas, as: .gguf, into: output)
            let merged = try GGUFWeights(output)
            #expect(base.gguf.value("general.file_type")?.integer == 7)
            #expect(merged.gguf.value("general.file_type")?.integer == 32)
            for path in base.paths where base.shape(at: path)?.rank == 2 {
                let changes = path.hasSuffix("_proj.weight")
                #expect(merged.typeName(at: path) == (changes ? "BF16" : "Q8_0"))
                let same = try base.tensor(at: path).bytes.elementsEqual(merged.tensor(at: path).bytes)
                #expect(same != changes)
            }
        }
    }

    /// The tiny model with matrices of Q8_0, each block 0.
    private static func quantised(in folder: URL) throws -> URL {
        let source = try GGUFWeights(TinyModel.gguf).gguf
        let entries = source.tensors.map {
            TensorEntry(name: $0.name, dtype: $0.shape.rank == 2 ? .q8_0 : .f32, shape: $0.shape)
        }
        let metadata = source.metadata.filter { $0.key != "general.file_type" } + [("general.file_type", .uint32(7))]
        let file = folder.appendingPathComponent("q8.gguf")
        let writer = try GGUFWriter(file, metadata: metadata, entries: entries)
        for entry in entries {
            let zeros = [UInt8](repeating: 0, count: try #require(entry.byteCount))
            try zeros.withUnsafeBytes { try writer.write($0) }
        }
        try FileManager.default.moveItem(at: writer.finish(), to: file)
        return file
    }

    private static func logits(_ model: LanguageModel) throws -> [Float] {
        let ids: [Int32] = [1, 3, 7, 2, 5]
        return try model.logits(TokenBatch(examples: [(ids, ids.map { _ in false })]), workspace: Workspace())
    }

    static func deltas(_ base: any WeightSource) throws -> [LowRankDelta] {
        try base.paths.filter { $0.hasSuffix("_proj.weight") }.map { path in
            let shape = try #require(base.shape(at: path))
            return try LowRankDelta(
                path: String(path.dropLast(7)), scale: 1, a: (0..<2 * shape[1]).map { Float($0 % 7 - 3) * 0.05 },
                aShape: [2, shape[1]], b: (0..<shape[0] * 2).map { Float($0 % 5 - 2) * 0.05 }, bShape: [shape[0], 2])
        }
    }
}

extension LanguageModel {
    /// The model that `weights` say they are.
    convenience init(_ weights: any ModelSource, precision: ElementType) throws {
        try self.init(configuration: ModelConfiguration(of: weights), weights: weights, precision: precision)
    }
}
