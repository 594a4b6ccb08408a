// Exports in blocks that know what layers are given: each rule loses less of what it looks at.

import Foundation
import JSON
import Kernels
import ModelExport
import Models
import Tensors
import TestSupport
import Testing
import Vocabulary
import WeightFiles

@Suite struct CalibratedExportTests {
    /// Losses of a written model against the base, over all linear layers.
    private struct Losses {
        /// Σ (w − written)², each column by the squares of what it is given.
        var weighed = 0.0
        /// Σ ((W − written)·x)² over the rows.
        var outputs = 0.0
    }

    private static func rows() throws -> [TokenBatch] {
        let texts = try JSONValue(parsing: Array(Data(contentsOf: TinyModel.golden)))["texts"]?.array ?? []
        return texts.map { text in
            let ids = (text["ids"]?.array ?? []).compactMap(\.integer).map { Int32($0) }
            return TokenBatch(examples: [(ids, ids.map { _ in false })])
        }
    }

    private static func model() throws -> LanguageModel {
        let weights = try openWeights(TinyModel.gguf)
        return try LanguageModel(configuration: ModelConfiguration(of: weights), weights: weights, precision: .f32)
    }

    private static func matrix(_ model: LanguageModel) throws -> ImportanceMatrix {
        let names = try #require(model.configuration.weightNames)
        let found = try model.inputSquares(of: rows(), workspace: Workspace())
        return ImportanceMatrix(
            found.flatMap { input in
                input.paths.map { path in
                    .init(name: names.ggufName(path + ".weight") ?? "", sums: input.sums.map(Float.init), counts: [9])
                }
            }, datasets: [], chunkCount: 1, chunkSize: 512)
    }

    private static func written(_ type: WeightType, _ importance: ColumnImportance?, at place: URL) throws -> Data {
        var options = ModelOutputOptions(type: type)
        options.importance = importance
        try ModelMerger(base: openWeights(TinyModel.gguf)).export(as: .gguf, into: place, options: options)
        return try Data(contentsOf: place)
    }

    private static func losses(_ place: URL) throws -> Losses {
        let model = try model(), file = try GGUFWeights(place)
        var losses = Losses()
        for batch in try rows() {
            try model.layerInputs(batch, workspace: Workspace()) { input in
                for layer in input.layers {
                    let exact = Widening.floats(layer.weight)
                    let rounded = Widening.floats(try file.tensor(at: layer.path + ".weight"))
                    var difference = zip(exact, rounded).map { $0 - $1 }
                    let columns = layer.inputSize
                    for row in 0..<input.rows.rows {
                        let x = (0..<columns).map { Double(input.rows.floats[row * columns + $0]) }
                        for index in difference.indices {
                            let part = Double(difference[index]) * x[index % columns]
                            losses.weighed += part * part
                        }
                    }
                    difference.withUnsafeMutableBytes { bytes in
                        guard let base = bytes.baseAddress else { return }
                        let matrix = Matrix(pointer: base, rows: layer.outputSize, columns: columns, type: .f32)
                        let workspace = Workspace()
                        let outputs = workspace.matrix(rows: input.rows.rows, columns: layer.outputSize)
                        Products.timesTransposed(input.rows, matrix, into: outputs)
                        losses.outputs += Elements.sumOfSquares(UnsafeBufferPointer(outputs.floats))
                    }
                }
            }
        }
        return losses
    }

    @Test(arguments: [WeightType.q4_0, .q5_1, .iq4_NL]) func eachRuleLosesLessOfWhatItLooksAt(_ type: WeightType) throws
    {
        try withTemporaryDirectory { folder in
            func place(_ name: String) -> URL { folder.appendingPathComponent(name + ".gguf") }
            let model = try Self.model()
            let weighing = ColumnImportance(try Self.matrix(model), origin: "the rows")
            let feedback = ColumnImportance(feedback: InputProducts(model, over: try Self.rows()))
            _ = try Self.written(type, nil, at: place("nearest"))
            _ = try Self.written(type, weighing, at: place("weighed"))
            let fed = try Self.written(type, feedback, at: place("feedback"))
            let (nearest, weighed, better) = (
                try Self.losses(place("nearest")), try Self.losses(place("weighed")), try Self.losses(place("feedback"))
            )
            #expect(weighed.weighed < nearest.weighed, "\(weighed), \(nearest)")
            #expect(better.outputs < 0.7 * weighed.outputs, "\(better), \(weighed)")
            // Once more, after everything was given back: the same bytes.
            feedback.release()
            #expect(try Self.written(type, feedback, at: place("again")) == fed)
        }
    }

    /// Blocks that were rounded with feedback are held against what was written, and a changed byte is seen.
    @Test func whatFeedbackWroteIsKnownAgain() throws {
        try withTemporaryDirectory { folder in
            let place = folder.appendingPathComponent("a.gguf")
            var options = ModelOutputOptions(type: .q4_0)
            options.importance = ColumnImportance(feedback: InputProducts(try Self.model(), over: try Self.rows()))
            let merger = try ModelMerger(base: openWeights(TinyModel.gguf))
            try merger.export(as: .gguf, into: place, options: options)
            func strays() throws -> Int {
                try merger.compare([], with: GGUFWeights(place), as: .gguf, options: options).strayCount
            }
            #expect(try strays() == 0)
            var bytes = try Data(contentsOf: place)
            let entry = try #require(try GGUFWeights(place).entry(at: "model.layers.1.mlp.up_proj.weight"))
            bytes[entry.byteRange.lowerBound + 5] ^= 1
            try bytes.write(to: place)
            #expect(try strays() > 0)
        }
    }

    @Test func aModelOfAnotherShapeIsRefused() throws {
        try withTemporaryDirectory { folder in
            let other = ImportanceMatrix(
                [.init(name: "blk.0.attn_q.weight", sums: [1, 2, 3], counts: [1])], datasets: [], chunkCount: 1,
                chunkSize: 1)
            let importance = ColumnImportance(other, origin: "x.imatrix")
            let error = #expect(throws: WeightError.self) {
                try Self.written(.q4_0, importance, at: folder.appendingPathComponent("a.gguf"))
            }
            #expect(error?.description.contains("another model") == true)
            #expect(error?.file == "x.imatrix")
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(left.isEmpty)
        }
    }
}
