// Weights that do not fit: everything wrong is named, at once.

import Foundation
import JSON
import Models
import Tensors
import TestSupport
import Testing
import WeightFiles

@Suite struct LoadingTests {
    private func weights(_ change: (inout [FrozenTensor]) -> Void) throws -> (ModelConfiguration, WeightsInMemory) {
        let folder = try HuggingFaceDirectory(fixture("qwen2"))
        var tensors = try folder.paths.map { try folder.tensor(at: $0) }
        change(&tensors)
        return (try ModelConfiguration(huggingFace: folder.configuration), WeightsInMemory(tensors))
    }

    private func problems(_ change: (inout [FrozenTensor]) -> Void) throws -> [ModelLoadError.Problem] {
        let (configuration, source) = try weights(change)
        do {
            _ = try LanguageModel(configuration: configuration, weights: source, precision: .f32)
            return []
        } catch let error as ModelLoadError { return error.problems }
    }

    private func renamed(_ tensor: FrozenTensor, _ name: String? = nil, shape: Shape? = nil) -> FrozenTensor {
        FrozenTensor(
            name: name ?? tensor.name, dtype: tensor.dtype, shape: shape ?? tensor.shape, storage: tensor.storage,
            byteOffset: tensor.byteOffset)
    }

    @Test func everyProblemIsCollectedWithTheClosestName() throws {
        let found = try problems { tensors in
            for (index, tensor) in tensors.enumerated() {
                switch tensor.name {
                case "model.layers.0.mlp.up_proj.weight":
                    tensors[index] = renamed(tensor, "model.layers.0.mlp.upproj.weight")
                case "model.layers.1.self_attn.k_proj.weight": tensors[index] = renamed(tensor, shape: [32, 16])
                default: break
                }
            }
        }
        #expect(
            found == [
                .missing(path: "model.layers.0.mlp.up_proj.weight", closest: "model.layers.0.mlp.upproj.weight"),
                .wrongShape(path: "model.layers.1.self_attn.k_proj.weight", expected: "[16, 32]", found: "[32, 16]"),
                .unused(path: "model.layers.0.mlp.upproj.weight", closest: "model.layers.0.mlp.up_proj.weight"),
            ])
    }

    @Test func aBiasNobodyAskedForIsNotIgnored() throws {
        let found = try problems { tensors in
            guard let norm = tensors.first(where: { $0.name == "model.norm.weight" }) else { return }
            tensors.append(renamed(norm, "model.layers.0.self_attn.o_proj.bias"))
        }
        #expect(found.count == 1 && "\(found)".contains("o_proj.bias"))
    }

    @Test func aNaNInANormIsFoundOnLoading() throws {
        let found = try problems { tensors in
            guard let index = tensors.firstIndex(where: { $0.name == "model.layers.1.input_layernorm.weight" }) else {
                return
            }
            var values = floats(tensors[index])
            values[5] = .nan
            tensors[index] = frozen(tensors[index].name, values, [32])
        }
        #expect(found == [.notFinite(path: "model.layers.1.input_layernorm.weight", index: 5)])
    }

    @Test func aNaNInAProjectionIsFoundByTheFullCheckAndByTheLoss() throws {
        let (configuration, source) = try weights { tensors in
            guard let index = tensors.firstIndex(where: { $0.name == "model.layers.1.mlp.up_proj.weight" }) else {
                return
            }
            var values = floats(tensors[index])
            values[70] = .infinity
            tensors[index] = frozen(tensors[index].name, values, [40, 32])
        }
        let model = try LanguageModel(configuration: configuration, weights: source, precision: .f32)
        let error = #expect(throws: ModelLoadError.self) { try model.validateFinite(workspace: Workspace()) }
        #expect(error?.problems == [.notFinite(path: "model.layers.1.mlp.up_proj.weight", index: 70)])
        let batch = TokenBatch(examples: [([4, 5, 6], [false, true, true])])
        let slab = model.attachAdapters(rank: 2)
        #expect(throws: ModelError.nonFiniteLoss(example: 0, firstLayer: "model.layers.1")) {
            try model.gradients([batch], slab: slab)
        }
    }

    @Test func aNaNInAnAdapterIsAnError() throws {
        let model = try loadModel(fixture("qwen2"))
        let slab = model.attachAdapters(rank: 2)
        slab.values[slab.slots[0].offset] = .nan
        let batch = TokenBatch(examples: [([4, 5, 6], [false, true, true])])
        #expect(throws: ModelError.self) { try model.gradients([batch], slab: slab) }
    }

    private func frozen(_ name: String, _ values: [Float], _ shape: Shape) -> FrozenTensor {
        let storage = Storage(byteCount: values.count * 4) { buffer in
            values.withUnsafeBytes { buffer.copyMemory(from: $0) }
        }
        return FrozenTensor(name: name, dtype: .f32, shape: shape, storage: storage, byteOffset: 0)
    }
}
