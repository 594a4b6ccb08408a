// What of a change is said to survive in written weights: all of it, a part, nothing, whatever the rounding.

import Adapters
import Foundation
import ModelExport
import Models
import Tensors
import TestSupport
import Testing
import Vocabulary
import WeightFiles

@Suite struct SurvivingShareTests {
    /// Factors for every linear layer, of any size.
    private func deltas(_ base: any WeightSource, scale: Float) throws -> [LowRankDelta] {
        try base.paths.filter { $0.hasSuffix("_proj.weight") }.map { path in
            let shape = try #require(base.shape(at: path))
            let random = RandomStream(seed: UInt64(path.utf8.reduce(0) { $0 + Int($1) }), purpose: .probe)
            func numbers(_ count: Int, _ stream: UInt32) -> [Float] {
                (0..<count).map { Float(random.uniform(stream: stream, index: UInt64($0)) - 0.5) }
            }
            return try LowRankDelta(
                path: String(path.dropLast(7)), scale: scale, a: numbers(4 * shape[1], 0), aShape: [4, shape[1]],
                b: numbers(shape[0] * 4, 1), bShape: [shape[0], 4])
        }
    }

    private func total(_ shares: [TensorShare]) -> Double? {
        shares.reduce(into: SurvivingShare()) { $0 += $1.share }.value
    }

    /// Writes the base with `written` added, and asks how much of `asked` is there.
    private func shares(
        written: Float?, asked: Float, base: URL = TinyModel.base, type: WeightType, as format: ModelFormat
    ) throws -> [TensorShare] {
        try withTemporaryDirectory { folder in
            let source = try openWeights(base)
            let merger = try ModelMerger(base: source)
            let output = folder.appendingPathComponent("written"), options = ModelOutputOptions(type: type)
            if let written {
                _ = try merger.merge(deltas(source, scale: written), as: format, into: output, options: options)
            } else {
                try merger.export(as: format, into: output, options: options)
            }
            return try merger.survivingShares(
                of: deltas(source, scale: asked), in: openWeights(output), as: format, options: options)
        }
    }

    @Test(arguments: [WeightType.fp32, .bf16, .fp16]) func aUsualChangeSurvivesEveryFloatType(_ type: WeightType) throws
    {
        for (base, format) in [(TinyModel.base, ModelFormat.huggingFaceFolder), (TinyModel.gguf, .gguf)] {
            let shares = try shares(written: 0.05, asked: 0.05, base: base, type: type, as: format)
            #expect(shares.count == TinyModel.linearLayers)
            #expect(shares.allSatisfy { ($0.share.value ?? 0) > 0.99 }, "\(shares)")
        }
    }

    @Test func aPartIsAPartAndNothingIsNothing() throws {
        func share(_ written: Float?) throws -> Double? {
            total(try shares(written: written, asked: 0.05, type: .fp32, as: .huggingFaceFolder))
        }
        #expect(abs(try #require(try share(0.025)) - 0.5) < 1e-3)
        #expect(abs(try #require(try share(0.1)) - 0.5) < 1e-3)
        #expect(try share(nil) == 0)
        #expect(try share(-0.05) == 0)
    }

    /// Weights that lie on the type's own grid come back from rounding where the change is small beside its steps.
    @Test func aTinyChangeOnTheGridIsLost() throws {
        try withTemporaryDirectory { folder in
            let grid = folder.appendingPathComponent("grid")
            let options = ModelOutputOptions(type: .bf16)
            try ModelMerger(base: openWeights(TinyModel.base)).export(
                as: .huggingFaceFolder, into: grid, options: options)
            func share(_ scale: Float) throws -> Double {
                try #require(
                    total(try shares(written: scale, asked: scale, base: grid, type: .bf16, as: .huggingFaceFolder)))
            }
            #expect(try share(1e-6) < 0.1)
            #expect(try share(0.05) > 0.99)
        }
    }

    /// A small change on weights that lie anywhere between two steps moves some of them by a whole one: on average it is
    /// there. (The small model's own weights lie on the grid of bf16.)
    @Test func aSmallChangeBetweenTheStepsIsThereOnAverage() throws {
        try withTemporaryDirectory { folder in
            let between = folder.appendingPathComponent("between"), source = try openWeights(TinyModel.base)
            let shift = try deltas(source, scale: 0.3).map { delta in
                try LowRankDelta(
                    path: delta.path, scale: delta.scale, a: delta.a.reversed(),
                    aShape: [4, delta.a.count / 4], b: delta.b.reversed(), bShape: [delta.b.count / 4, 4])
            }
            _ = try ModelMerger(base: source).merge(
                shift, as: .huggingFaceFolder, into: between, options: ModelOutputOptions(type: .fp32))
            let found = try #require(
                total(try shares(written: 1e-3, asked: 1e-3, base: between, type: .bf16, as: .huggingFaceFolder)))
            #expect(found > 0.9, "\(found)")
        }
    }

    /// A change that lies in the blocks' minima, or that is no product of two factors, has a share of its own.
    @Test(arguments: [("fold", TinyModel.mixed, ModelFormat.gguf), ("dora", TinyModel.base, .huggingFaceFolder)])
    func everyMethodsChangeSurvives(method: String, file: URL, format: ModelFormat) throws {
        let source = try openWeights(file)
        let model = try LanguageModel(
            configuration: ModelConfiguration(of: source), weights: source, precision: .f32)
        let set = try AdapterSet(PEFTDirectory(TinyModel.run(method).appendingPathComponent("final")), for: model)
        try withTemporaryDirectory { folder in
            let output = folder.appendingPathComponent("written"), merger = try ModelMerger(base: source)
            _ = try merger.merge(set.lowRankDeltas, as: format, into: output)
            let shares = try merger.survivingShares(
                of: set.lowRankDeltas, in: openWeights(output), as: format, options: ModelOutputOptions())
            #expect(shares.count == set.lowRankDeltas.count)
            #expect(try #require(total(shares)) > 0.99)
            // The base alone holds nothing of it.
            try merger.export(as: format, into: output)
            let none = try merger.survivingShares(
                of: set.lowRankDeltas, in: openWeights(output), as: format, options: ModelOutputOptions())
            #expect(total(none) == 0)
        }
    }

    @Test func anHDF5ModelIsReadWhereItLies() throws {
        try withTemporaryDirectory { folder in
            let source = try openWeights(TinyModel.base)
            for type in [WeightType.fp32, .bf16, .fp16] {
                let files = ["m-\(type).h5", "m-\(type)"].map { folder.appendingPathComponent($0) }
                let options = ModelOutputOptions(type: type), merger = try ModelMerger(base: source)
                try merger.export(as: .hdf5, into: files[0], options: options)
                try merger.export(as: .huggingFaceFolder, into: files[1], options: options)
                let (read, other) = (try HDF5Contents(files[0]).weights(), try openWeights(files[1]))
                #expect(read.paths.sorted() == other.paths.sorted())
                for path in read.paths {
                    let (left, right) = (try read.tensor(at: path), try other.tensor(at: path))
                    #expect(left.dtype == right.dtype && left.shape == right.shape)
                    #expect(left.bytes.elementsEqual(right.bytes))
                }
            }
        }
    }
}
