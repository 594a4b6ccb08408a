// The fine-tune inside the blocks: what a file with other minima holds is what was trained, to the bit.

import Adapters
import Foundation
import Kernels
import ModelExport
import Models
import Objectives
import Tensors
import TestSupport
import Testing
import Vocabulary
import WeightFiles

@Suite struct FoldTests {
    private static let batch = TokenBatch(
        examples: [24, 9].map { (length: Int) -> (ids: [Int32], isTarget: [Bool]) in
            let step = 17 + length
            return ((0..<length).map { Int32(3 + step * $0 % 500) }, (0..<length).map { $0 > 2 })
        })

    private static func model(_ file: URL, _ precision: ElementType = .f32) throws -> LanguageModel {
        try LanguageModel(openWeights(file), precision: precision)
    }

    /// The end of the trained run.
    private static func trained(on model: LanguageModel) throws -> AdapterSet {
        let set = try AdapterSet(PEFTDirectory(TinyModel.run("fold").appendingPathComponent("final")), for: model)
        for value in set.slab.values.indices { set.slab.values[value] *= 2 }
        set.slab.valuesChanged()
        set.attach(to: model)
        return set
    }

    private static func logits(_ model: LanguageModel) throws -> [Float] {
        try model.logits(batch, workspace: Workspace())
    }

    // MARK: The file

    @Test func aFoldedFileDiffersInMinimaAlone() throws {
        let model = try Self.model(TinyModel.mixed), set = try Self.trained(on: model)
        try withTemporaryDirectory { folder in
            let output = folder.appendingPathComponent("folded.gguf")
            let base = try GGUFWeights(TinyModel.mixed)
            let result = try ModelMerger(base: base).merge(set.lowRankDeltas, as: .gguf, into: output)
            #expect(result.tensorsApplied == TinyModel.mixedLayersWithMinima && result.deltaNorm > 0)
            let (left, right) = (try Data(contentsOf: TinyModel.mixed), try Data(contentsOf: output))
            try #require(left.count == right.count)
            let minima = try Self.minimumBytes(base, of: left)
            let differing = left.indices.filter { left[$0] != right[$0] }
            #expect(differing.count > minima.count / 8 && differing.allSatisfy { minima.contains($0) })
        }
    }

    /// Where in the file the minima of `weights` stand.
    private static func minimumBytes(_ weights: GGUFWeights, of file: Data) throws -> Set<Int> {
        var places = Set<Int>()
        for tensor in weights.gguf.tensors {
            guard let dtype = tensor.type.dtype, BlockMinima.stand(in: dtype),
                let stored = try weights.gguf.tensor(tensor.name)
            else { continue }
            let start = try #require(file.range(of: Data(stored.bytes))).lowerBound
            for block in stride(from: start, to: start + stored.bytes.count, by: dtype.blockBytes) {
                places.formUnion([block + 2, block + 3])
            }
        }
        return places
    }

    /// Products of training, in either precision, and of generation, in either arithmetic.
    @Test(arguments: [ElementType.f32, .bf16]) func theFileComputesWhatWasTrainedToTheBit(_ precision: ElementType)
        throws
    {
        let model = try Self.model(TinyModel.mixed, precision)
        let plain = try Self.logits(model)
        let set = try Self.trained(on: model)
        let expected = try Self.logits(model)
        #expect(maximumDifference(expected, plain) > 0.05)
        try withTemporaryDirectory { folder in
            let output = folder.appendingPathComponent("folded.gguf")
            _ = try ModelMerger(base: openWeights(TinyModel.mixed)).merge(set.lowRankDeltas, as: .gguf, into: output)
            #expect(try Self.logits(Self.model(output, precision)) == expected)
            for arithmetic in [GenerationArithmetic.exact, .rounded] {
                let ids = (0..<20).map { Int32(7 + 11 * $0) }
                let read = try [model, Self.model(output, precision)].map {
                    $0.cachedLogits(ids, promptOf: 12, arithmetic)
                }
                #expect(read[0] == read[1])
            }
        }
    }

    /// Whole numbers of other forms: each is the folded weight, rounded once; another minimum is found.
    @Test(arguments: [WeightType.fp32, .bf16]) func otherFormsHoldTheFoldedWeights(_ type: WeightType) throws {
        let model = try Self.model(TinyModel.mixed), set = try Self.trained(on: model)
        let merger = try ModelMerger(base: openWeights(TinyModel.mixed))
        try withTemporaryDirectory { folder in
            let output = folder.appendingPathComponent("merged"), file = folder.appendingPathComponent("folded.gguf")
            let options = ModelOutputOptions(type: type)
            _ = try merger.merge(set.lowRankDeltas, as: .huggingFaceFolder, into: output, options: options)
            _ = try merger.merge(set.lowRankDeltas, as: .gguf, into: file)
            let (merged, folded) = (try openWeights(output), try openWeights(file))
            let path = "model.layers.1.self_attn.q_proj.weight"
            let exact = Widening.floats(try folded.tensor(at: path))
            let written = Widening.floats(try merged.tensor(at: path))
            #expect(type == .fp32 ? written == exact : relativeError(written, exact) < 0x1p-9)
            func strays() throws -> Int {
                try merger.compare(set.lowRankDeltas, with: merged, as: .huggingFaceFolder, type: type).strayCount
            }
            #expect(try strays() == 0)
            #expect(try merger.compare(set.lowRankDeltas, with: folded, as: .gguf, type: .auto).strayCount == 0)
            set.members[0].adapter.b.floats[0] += 0.5
            #expect(try strays() > 0)
        }
    }

    @Test func aMinimumThatIsTooLargeIsNamed() throws {
        let model = try Self.model(TinyModel.mixed), set = try Self.trained(on: model)
        for value in set.members[3].adapter.b.floats.indices { set.members[3].adapter.b.floats[value] = 1e6 }
        set.slab.valuesChanged()
        try withTemporaryDirectory { folder in
            let output = folder.appendingPathComponent("folded.gguf")
            do {
                _ = try ModelMerger(base: openWeights(TinyModel.mixed))
                    .merge(set.lowRankDeltas, as: .gguf, into: output)
                Issue.record("a minimum of infinity was written")
            } catch let error as ModelExportError {
                #expect(error.place.contains(set.members[3].path) && error.problem.contains("too large for fp16"))
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        }
    }

    // MARK: The mathematics

    /// A LoRA whose A repeats each column 32 times, on the weights that are left when its product is taken off the folded ones, is the
    /// same function; its gradients are those of fold, summed over blocks for A. Dropout masks are the same, too.
    @Test(arguments: [0, 0.25], [0, TinyModel.blocks])
    func gradientsAreThoseOfARepeatedLoRA(_ dropout: Double, recomputedBlocks: Int) throws {
        let model = try Self.model(TinyModel.mixed)
        let configuration = AdapterConfiguration(method: .fold, rank: 3, alpha: 6, dropout: dropout)
        let set = try AdapterSet(configuration, for: model)
        for (index, value) in set.slab.values.indices.enumerated() {
            set.slab.values[value] = Float(index * 7 % 23 - 11) * 0.004
        }
        set.slab.valuesChanged()
        set.attach(to: model)
        let twin = try RepeatedLoRA(set, model)
        #expect(maximumDifference(try Self.logits(model), try Self.logits(twin.model)) < 1e-4)
        let losses = try [model, twin.model].map { try Self.train($0, recomputedBlocks) }
        #expect(abs(losses[0] - losses[1]) < 1e-5)
        for (member, other) in zip(set.members, twin.set.members) {
            #expect(member.path == other.path)
            let (fold, lora) = (member.adapter.states.map(\.gradients), other.adapter.states.map(\.gradients))
            #expect(relativeError(fold[1].floats, lora[1].floats) < 1e-4, "B of \(member.path)")
            let sums = (0..<fold[0].count).map { place in lora[0].floats[(32 * place)..<(32 * place + 32)].reduce(0, +)
            }
            #expect(relativeError(fold[0].floats, sums) < 1e-4, "A of \(member.path)")
        }
    }

    /// The training loss; gradients are added to the attached adapter's.
    private static func train(_ model: LanguageModel, _ recomputedBlocks: Int, _ workspace: Workspace = Workspace())
        throws -> Double
    {
        let sums = try Learner(model, CrossEntropyObjective()).accumulateGradients(
            batch, gradientScale: 1 / Float(batch.targetCount), recomputedBlocks: recomputedBlocks,
            workspace: workspace, dropout: DropoutKey(seed: 3, stream: 0, firstRow: 0))
        return sums.total.meanLoss ?? .nan
    }

    @Test func mixedPrecisionStaysNearFullPrecision() throws {
        var losses: [Double] = []
        var gradients: [[Float]] = []
        for precision in [ElementType.f32, .bf16] {
            let model = try Self.model(TinyModel.mixed, precision)
            let set = try Self.trained(on: model)
            losses.append(try Self.train(model, 0))
            gradients.append(Array(set.slab.gradients))
        }
        #expect(abs(losses[1] - losses[0]) < 0.01 * losses[0])
        #expect(relativeError(gradients[1], gradients[0]) < 0.05)
    }

    @Test(arguments: [0.0, 0.25], [0, 2]) func memoryIsPredicted(_ dropout: Double, recomputedBlocks: Int) throws {
        let model = try Self.model(TinyModel.mixed)
        let set = try AdapterSet(
            AdapterConfiguration(method: .fold, rank: 3, alpha: 6, dropout: dropout), for: model)
        set.initialise(seed: 1)
        set.attach(to: model)
        let workspace = Workspace()
        _ = try Self.train(model, recomputedBlocks, workspace)
        let predicted = Learner(model, CrossEntropyObjective()).predictedBytes(
            rows: Self.batch.rowCount, targets: Self.batch.targetCount, recomputedBlocks: recomputedBlocks)
        #expect(workspace.peakBytes <= predicted && Double(predicted) < 1.3 * Double(workspace.peakBytes))
        // Each copied block has 20 or 24 bytes, and its base's minimum 2.
        let blocks = model.linearLayers.filter { BlockMinima.stand(in: $0.weight.dtype) }.map(\.weight)
        let bytes = blocks.reduce(0) { $0 + $1.bytes.count + $1.elementCount / 16 }
        #expect(model.foldedBytes == bytes)
    }
}

/// The same function as a fold adapter: a LoRA on a model in fp32.
private struct RepeatedLoRA {
    let model: LanguageModel
    let set: AdapterSet

    init(_ fold: AdapterSet, _ folded: LanguageModel) throws {
        let source = try openWeights(TinyModel.mixed)
        let members = Dictionary(uniqueKeysWithValues: fold.members.map { ($0.path + ".weight", $0.adapter) })
        var tensors: [FrozenTensor] = []
        for path in source.paths {
            let stored = try source.tensor(at: path)
            var numbers = Widening.floats(stored)
            if let adapter = members[path] {
                let weight = FoldedWeight(stored)
                weight.set(b: adapter.b, a: adapter.a, scale: adapter.scale)
                numbers = Widening.floats(weight.tensor)
                let (rank, columns) = (adapter.rank, adapter.inputSize)
                for place in numbers.indices {
                    let (row, column) = place.quotientAndRemainder(dividingBy: columns)
                    for k in 0..<rank {
                        numbers[place] -=
                            adapter.scale * adapter.b.floats[row * rank + k]
                            * adapter.a.floats[k * (columns / 32) + column / 32]
                    }
                }
            }
            let storage = Storage(byteCount: numbers.count * 4) { bytes in
                numbers.withUnsafeBytes { bytes.copyMemory(from: $0) }
            }
            tensors.append(
                FrozenTensor(name: path, dtype: .f32, shape: stored.shape, storage: storage, byteOffset: 0))
        }
        model = try LanguageModel(
            configuration: ModelConfiguration(of: source), weights: WeightsInMemory(tensors), precision: .f32)
        var configuration = fold.configuration
        configuration.method = .lora
        configuration.targets = .patterns(fold.coverage.matched)
        set = try AdapterSet(configuration, for: model)
        for (member, other) in zip(fold.members, set.members) {
            _ = other.adapter.b.floats.update(from: member.adapter.b.floats)
            for place in other.adapter.a.floats.indices {
                other.adapter.a.floats[place] = member.adapter.a.floats[place / 32]
            }
        }
        set.slab.valuesChanged()
        set.attach(to: model)
    }
}
