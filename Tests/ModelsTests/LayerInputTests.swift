// What linear layers are given, against what transformers' hooks see, and however it is asked for.

import Foundation
import JSON
import Kernels
import Models
import Tensors
import TestSupport
import Testing
import WeightFiles

@Suite struct LayerInputTests {
    private static func golden() throws -> (JSONValue, rows: [[Int32]]) {
        let json = try parse(fixture("importance.json"))
        return (json, (json["ids"]?.array ?? []).map { integers($0) })
    }

    private static func batches(_ rows: [[Int32]], each count: Int) -> [TokenBatch] {
        stride(from: 0, to: rows.count, by: count).map { start in
            TokenBatch(examples: rows[start..<min(start + count, rows.count)].map { ($0, $0.map { _ in false }) })
        }
    }

    /// The tiny model, with the adapter that PEFT trained or without.
    private static func model(adapted: Bool, _ precision: ElementType = .f32) throws -> (LanguageModel, ParameterSlab?)
    {
        let model = try loadModel(TinyModel.base, precision: precision)
        guard adapted else { return (model, nil) }
        let slab = model.attachAdapters(rank: 4, scale: 2)
        let file = try SafetensorsFile(TinyModel.lora.appendingPathComponent("final/adapter_model.safetensors"))
        for slot in slab.slots {
            let tensor = try #require(try file.tensor("base_model.model." + slot.name))
            for (place, value) in zip(slot.range, floats(tensor)) { slab.values[place] = value }
        }
        return (model, slab)
    }

    @Test(arguments: [false, true])
    func sumsOfSquaresAreThoseOfTransformers(adapted: Bool) throws {
        let (golden, rows) = try Self.golden()
        let (model, slab) = try Self.model(adapted: adapted)
        var seen = 0
        for input in try model.inputSquares(of: Self.batches(rows, each: 2), workspace: Workspace()) {
            for path in input.paths {
                let expected = (golden[adapted ? "adapter" : "base"]?[path]?.array ?? []).compactMap(\.double)
                #expect(expected.count == input.sums.count, "\(path)")
                for (sum, expected) in zip(input.sums, expected) {
                    #expect(abs(sum - expected) <= 1e-4 * expected, "\(path): \(sum), \(expected)")
                }
                seen += 1
            }
        }
        #expect(seen == 21)
        withExtendedLifetime(slab) {}
    }

    @Test func sumsDependOnRowsAndNotOnBatches() throws {
        let rows = try Self.golden().rows
        let (model, _) = try Self.model(adapted: false)
        let sums = try [1, 3].map { try model.inputSquares(of: Self.batches(rows, each: $0), workspace: Workspace()) }
        #expect(sums[0].map(\.paths) == sums[1].map(\.paths))
        for (left, right) in zip(sums[0], sums[1]) { #expect(relativeError(left.sums, right.sums) < 1e-5) }
        let again = try model.inputSquares(of: Self.batches(rows, each: 3), workspace: Workspace())
        #expect(again.map(\.sums) == sums[1].map(\.sums))
    }

    @Test func roundedProductsGiveNearlyTheSameSums() throws {
        let rows = try Self.golden().rows
        let sums = try [ElementType.f32, .bf16].map {
            try Self.model(adapted: true, $0).0.inputSquares(of: Self.batches(rows, each: 3), workspace: Workspace())
        }
        for (exact, rounded) in zip(sums[0], sums[1]) { #expect(relativeError(rounded.sums, exact.sums) < 0.02) }
    }

    /// One block after the other for all rows, or all blocks at once: the same inputs, and sums of products whose diagonal are the
    /// sums of squares.
    @Test func blockByBlockIsTheSame() throws {
        let rows = try Self.golden().rows, workspace = Workspace()
        let (model, slab) = try Self.model(adapted: true)
        let batch = Self.batches(rows, each: 3)[0]
        let expected = try model.inputSquares(of: [batch], workspace: Workspace())
        try workspace.scoped {
            let x = workspace.matrix(rows: batch.rowCount, columns: model.configuration.width)
            try model.embed(batch, into: x, workspace: workspace)
            var place = 0
            for block in 0..<model.configuration.layers {
                model.forward(block: block, batch, x, workspace: workspace) { input in
                    let width = input.rows.columns
                    var products = [Float](repeating: 0, count: width * width)
                    products.withUnsafeMutableBytes { bytes in
                        guard let base = bytes.baseAddress else { return }
                        SecondMoments.addProducts(
                            of: input.rows, to: Matrix(pointer: base, rows: width, columns: width, type: .f32))
                    }
                    #expect(input.layers.map(\.path) == expected[place].paths)
                    let diagonal = (0..<width).map { Double(products[$0 * (width + 1)]) }
                    #expect(relativeError(diagonal, expected[place].sums) < 1e-5)
                    let one = (0..<input.rows.rows).reduce(0.0) {
                        $0 + Double(input.rows.floats[$1 * width + 5]) * Double(input.rows.floats[$1 * width + 2])
                    }
                    #expect(abs(Double(products[5 * width + 2]) - one) < 1e-4 * max(1, abs(one)))
                    place += 1
                }
            }
            #expect(place == expected.count)
        }
        withExtendedLifetime(slab) {}
    }

    /// However the layers are asked for, and again after all was given back.
    @Test func productsOfABlockAreThoseOfAllBatches() throws {
        let rows = try Self.golden().rows
        let (model, slab) = try Self.model(adapted: true)
        let squares = try model.inputSquares(of: Self.batches(rows, each: 1), workspace: Workspace())
        let products = InputProducts(model, over: Self.batches(rows, each: 2))
        for input in squares + squares.reversed() {
            for path in input.paths {
                let found = try #require(try products.products(of: path))
                #expect(found.paths == input.paths)
                let importance = try #require(found.feedback).importance
                #expect(relativeError(importance.map(Double.init), input.sums) < 1e-5, "\(path)")
            }
            if input.paths[0].hasSuffix("2.mlp.down_proj") { products.release() }
        }
        #expect(try products.products(of: LanguageModel.headPath) == nil)
        #expect(InputProducts.blockBytes(model) == 2 * (3 * 64 * 64 + 128 * 128) * 4)
        withExtendedLifetime(slab) {}
    }

    @Test func memoryIsForetold() throws {
        let (model, slab) = try Self.model(adapted: true)
        let batch = TokenBatch(examples: [((0..<90).map { _ in 7 }, (0..<90).map { _ in false })])
        let workspace = Workspace()
        try model.layerInputs(batch, workspace: workspace) { _ in }
        #expect(workspace.peakBytes <= model.predictedInputBytes(rows: 90))
        withExtendedLifetime(slab) {}
    }
}
