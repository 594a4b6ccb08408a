// A LoRA out of two models: what was added comes back, and what no adapter holds is named.

import Adapters
import Foundation
import Kernels
import Tensors
import TestSupport
import Testing
import WeightFiles

@Suite struct ExtractionTests {
    private static let path = "model.layers.0.self_attn.q_proj"
    private static let other = "model.layers.0.mlp.down_proj"
    private static let norm = "model.norm.weight"
    private let layers = [
        AdaptableLayer(path: Self.path, inputSize: 24, outputSize: 16),
        AdaptableLayer(path: Self.other, inputSize: 20, outputSize: 24),
    ]

    private func numbers(_ count: Int, seed: UInt64) -> [Float] {
        let random = RandomStream(seed: seed, purpose: .probe)
        return (0..<count).map { Float(2 * random.uniform(stream: 2, index: UInt64($0)) - 1) }
    }

    private func tensor(_ name: String, _ shape: Shape, _ numbers: [Float]) -> FrozenTensor {
        let storage = Storage(byteCount: numbers.count * 4) { to in
            numbers.withUnsafeBytes { to.copyMemory(from: $0) }
        }
        return FrozenTensor(name: name, dtype: .f32, shape: shape, storage: storage, byteOffset: 0)
    }

    /// A small model; `change` is added to the first layer's weight.
    private func model(change: [Float]? = nil, norm: Float = 1, rows: Int = 16) -> WeightsInMemory {
        var weight = numbers(rows * 24, seed: 1)
        for (index, number) in (change ?? []).enumerated() { weight[index] += number }
        return WeightsInMemory([
            tensor("\(Self.path).weight", [rows, 24], weight),
            tensor("\(Self.other).weight", [24, 20], numbers(480, seed: 2)),
            tensor(Self.norm, [16], [Float](repeating: norm, count: 16)),
        ])
    }

    /// A change of three directions, of the strengths 4, 2 and 1.
    private func change() throws -> [Float] {
        let b = numbers(16 * 3, seed: 3), a = numbers(3 * 24, seed: 4)
        var numbers = CombinationGoldens.product(b, a, rank: 3).map { Float($0) }
        let found = try numbers.withUnsafeMutableBytes { bytes in
            try SingularValues(
                consuming: Matrix(pointer: #require(bytes.baseAddress), rows: 16, columns: 24, type: .f32))
        }
        let strengths: [Float] = [4, 2, 1]
        let left = (0..<16).flatMap { row in (0..<3).map { found.left[row * found.count + $0] * strengths[$0] } }
        return CombinationGoldens.product(left, Array(found.right[..<72]), rank: 3).map { Float($0) }
    }

    private func extract(_ size: ExtractedSize, _ tuned: WeightsInMemory) throws -> ExtractedAdapter {
        try AdapterExtraction(base: model(), tuned: tuned, size: size).adapter(for: layers)
    }

    private func product(_ found: ExtractedAdapter) throws -> [Double] {
        let adapter = try #require(found.set.members.first?.adapter)
        #expect(adapter.scale == 1)
        return CombinationGoldens.product(Array(adapter.b.floats), Array(adapter.a.floats), rank: adapter.rank)
    }

    @Test func whatWasAddedComesBack() throws {
        let found = try extract(.rank(3), model(change: change()))
        #expect(found.set.members.map(\.path) == [Self.path])
        #expect(found.modules.map(\.path) == [Self.path] && found.unheld.isEmpty)
        let added = try change().map(Double.init)
        #expect(maximumDifference(try product(found), added) < 1e-5)
        let module = found.modules[0]
        #expect(module.rank == 3 && module.share > 1 - 1e-6 && !module.isApproximate)
        #expect(abs(module.energy - 21) < 1e-3 && module.relativeChange > 0)
    }

    /// 16 of 21 in the first direction, 20 of 21 in two; and beyond three is what rounding left.
    @Test(arguments: [(0.7, 1), (0.76, 1), (0.77, 2), (0.95, 2), (0.96, 3), (1, 3)])
    func theEnergyDecidesTheRank(_ share: Double, _ rank: Int) throws {
        let found = try extract(.energy(share), model(change: change()))
        #expect(found.modules.map(\.rank) == [rank])
        let held = [16.0, 20, 21][rank - 1] / 21
        #expect(abs(found.modules[0].share - held) < 1e-3)
        #expect(abs(found.modules[0].error - (1 - held).squareRoot()) < 2e-2)
        // The error is that of the factors.
        let left = zip(try product(found), try change()).reduce(0.0) { $0 + pow($1.0 - Double($1.1), 2) }
        #expect(abs(left - 21 * (1 - held)) < 1e-2)
    }

    @Test func whatNoAdapterHoldsIsNamed() throws {
        let found = try extract(.rank(2), model(change: change(), norm: 1.5))
        #expect(found.unheld.map(\.path) == [Self.norm])
        #expect(abs(try #require(found.unheld[0].relativeChange) - 0.5) < 1e-6)
    }

    @Test func modelsWithoutAChangeOrWithAnotherShapeAreRefused() throws {
        func problem(_ size: ExtractedSize, _ tuned: WeightsInMemory) throws -> String {
            do {
                _ = try extract(size, tuned)
                return ""
            } catch let error as AdapterError { return error.description }
        }
        #expect(try problem(.rank(2), model()).contains("the same"))
        let norms = try problem(.rank(2), model(norm: 2))
        #expect(norms.contains("no linear layer differs") && norms.contains(Self.norm))
        let shape = try problem(.rank(2), model(rows: 18))
        #expect(shape.contains(Self.path) && shape.contains("[16, 24]") && shape.contains("[18, 24]"))
        #expect(try problem(.rank(0), model()).contains("rank"))
        #expect(try problem(.energy(1.5), model()).contains("energy"))
        #expect(try problem(.rank(2), model(change: [.nan])).contains("NaN"))
    }
}
