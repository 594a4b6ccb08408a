// What is chosen by rows: by what each block, channel and head does there.

import Foundation
import Kernels
import Models
import Pruning
import Tensors
import TestSupport
import Testing
import WeightFiles

@Suite struct ChoiceTests {
    private static let batches = [[[3, 41, 77, 5, 200, 9, 30, 31, 64], [7, 8, 9]], [[100, 4, 8, 301, 22]]].map {
        texts in
        TokenBatch(examples: texts.map { ids in (ids.map { Int32($0) }, ids.indices.map { $0 > 1 }) })
    }

    private func model(_ source: any ModelSource) throws -> LanguageModel {
        try LanguageModel(configuration: ModelConfiguration(of: source), weights: source, precision: .f32)
    }

    private func loss(_ model: LanguageModel) throws -> Double {
        let losses = try Self.batches.map { try model.tokenLosses($0, workspace: Workspace()) }
        return losses.reduce(0) { $0 + $1.sums.reduce(0, +) } / Double(losses.reduce(0) { $0 + $1.counts.reduce(0, +) })
    }

    /// The loss that each removal is chosen by is that of the model without these blocks, and no other removal has less.
    @Test func removalsAreThoseThatCostLeast() throws {
        let base = try openWeights(TinyModel.base)
        var trials: [Int] = []
        let found = try BlockLosses(
            model(base), over: Self.batches, removing: 2, workspace: Workspace()
        ) { done, total in
            trials.append(done)
            #expect(total == 10)
        }
        #expect(trials == Array(1...10))
        var left = [0, 1, 2]
        for removal in found.removals {
            let losses = try left.map { block in
                try loss(model(PrunedModel(base, PruningPlan(blocks: left.filter { $0 != block }))))
            }
            let place = try #require(left.firstIndex(of: removal.block))
            #expect(abs(losses[place] - removal.loss) < 1e-6 && losses.min() == losses[place])
            left.remove(at: place)
        }
        #expect(left.count == 1)
    }

    /// The model of `base`, in which the rows that are named are zeros.
    private func silenced(_ base: any ModelSource, _ rows: (String, Int) -> Range<Int>) throws -> LanguageModel {
        let tensors = try base.paths.map { path in
            let tensor = try base.tensor(at: path), bytes = tensor.bytes
            let rowBytes = bytes.count / tensor.shape[0], silent = rows(path, tensor.shape[0])
            let storage = Storage(byteCount: bytes.count) { target in
                for index in bytes.indices { target[index] = silent.contains(index / rowBytes) ? 0 : bytes[index] }
            }
            return FrozenTensor(
                name: path, dtype: tensor.dtype, shape: tensor.shape, storage: storage, byteOffset: 0)
        }
        return try LanguageModel(
            configuration: ModelConfiguration(of: base), weights: WeightsInMemory(tensors), precision: .f32)
    }

    /// A block whose outputs are zero turns nothing, and is the one that goes.
    @Test(arguments: 0..<3) func theRunThatTurnsLeastIsFound(_ idle: Int) throws {
        let base = try openWeights(TinyModel.base)
        let names = try #require(ModelConfiguration(of: base).weightNames)
        let silent = try silenced(base) { path, rows in
            let isSilent =
                names.block(of: path)?.number == idle
                && (path.hasSuffix("o_proj.weight") || path.hasSuffix("down_proj.weight"))
            return isSilent ? 0..<rows : 0..<0
        }
        let found = try BlockAngles(silent, over: Self.batches, run: 1, workspace: Workspace())
        #expect(found.angles.count == 3 && found.least == idle..<idle + 1 && found.angles[idle] < 1e-6)
        #expect(found.angles.allSatisfy { (0...1).contains($0) } && found.angles.filter { $0 > 0.01 }.count == 2)
        #expect(try BlockAngles(silent, over: Self.batches, run: 2, workspace: Workspace()).angles.count == 2)
    }

    /// Of channels and heads, by rows and by weights, those go first that have no weights, in each block others.
    @Test(arguments: [true, false]) func emptyPartsGoFirst(byRows: Bool) throws {
        let base = try openWeights(TinyModel.base), blocks = [0, 2], workspace = Workspace()
        let names = try #require(ModelConfiguration(of: base).weightNames)
        let whole = try silenced(base) { path, _ in
            guard let block = names.block(of: path)?.number else { return 0..<0 }
            // A channel that is shut, and values of one key head that two query heads share.
            if path.hasSuffix("gate_proj.weight") { return 9 + block..<12 + block }
            return path.hasSuffix("v_proj.weight") ? (block + 1) * 8..<(block + 2) * 8 : 0..<0
        }
        let importance =
            byRows
            ? try PartImportance(whole, blocks: blocks, over: Self.batches, workspace: workspace)
            : try PartImportance(weightsOf: whole, blocks: blocks, workspace: workspace)
        #expect(importance.channels.map(\.count) == [128, 128] && importance.heads.map(\.count) == [8, 8])
        var plan = PruningPlan(blocks: blocks)
        plan.keepChannels(125, by: importance)
        plan.keepGroups(3, of: 2, by: importance)
        #expect(plan.channels == blocks.map { block in (0..<128).filter { !(9 + block..<12 + block).contains($0) } })
        #expect(plan.groups == blocks.map { block in (0..<4).filter { $0 != block + 1 } })
        plan.keepChannels(30, by: importance)
        plan.keepGroups(2, of: 2, by: importance)
        for (place, channels) in (plan.channels ?? []).enumerated() {
            let values = importance.channels[place], kept = channels.map { values[$0] }
            #expect(channels == channels.sorted() && Set(channels).count == 30)
            #expect(values.filter { $0 > kept.min() ?? 0 }.count == 29)
        }
        let left = try PrunedModel(base, plan)
        #expect(left.configuration.blocks[1].attention.shape.heads == 4)
        #expect(left.shape(at: "model.layers.1.mlp.down_proj.weight") == [64, 30])
        #expect(left.shape(at: "model.layers.1.self_attn.o_proj.weight") == [64, 32])
        #expect(try loss(model(left)).isFinite)
    }

    /// From blocks of 4 bits, and from GGUF's own order of heads, the numbers are those of the base.
    @Test(arguments: [TinyModel.mixed, TinyModel.gguf]) func slicesOfAnyFormAreTheBases(_ file: URL) throws {
        let base = try openWeights(file)
        let plan = PruningPlan(
            blocks: [1], channels: [Array(stride(from: 3, to: 128, by: 5))], groups: [[0, 3]])
        let left = try PrunedModel(base, plan)
        let heads = [0, 1, 6, 7].flatMap { Array($0 * 8..<($0 + 1) * 8) },
            groups = [0, 3].flatMap { Array($0 * 8..<($0 + 1) * 8) }
        let channels = plan.channels?[0] ?? []
        for (name, rows, columns) in [
            ("self_attn.q_proj", heads, nil), ("self_attn.k_proj", groups, nil), ("self_attn.v_proj", groups, nil),
            ("self_attn.o_proj", nil, heads), ("mlp.gate_proj", channels, nil), ("mlp.up_proj", channels, nil),
            ("mlp.down_proj", nil, channels),
        ] as [(String, [Int]?, [Int]?)] {
            let whole = try base.tensor(at: "model.layers.1.\(name).weight")
            let part = try left.tensor(at: "model.layers.0.\(name).weight")
            let numbers = widened(whole), width = whole.shape[1]
            let expected = (rows ?? Array(0..<whole.shape[0])).flatMap { row in
                (columns ?? Array(0..<width)).map { numbers[row * width + $0] }
            }
            #expect(widened(part) == expected, "\(name)")
        }
    }

    private func widened(_ tensor: FrozenTensor) -> [Float] {
        let workspace = Workspace()
        return workspace.scoped {
            let matrix = workspace.matrix(rows: tensor.shape[0], columns: tensor.shape[1])
            Widening.widen(tensor, into: matrix)
            return Array(matrix.floats)
        }
    }
}
