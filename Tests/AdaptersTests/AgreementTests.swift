// What two adapters have in common, where it is known.

import Adapters
import Testing

@Suite struct AgreementTests {
    private static let layer = AdaptableLayer(path: "model.layers.0.self_attn.q_proj", inputSize: 6, outputSize: 5)

    /// An adapter that writes the directions `outputs` of what it reads in the directions `inputs`.
    private func adapter(_ outputs: [Int], _ inputs: [Int], _ weight: Double = 1) throws -> WeightedAdapter {
        let configuration = AdapterConfiguration(rank: outputs.count, alpha: Double(outputs.count))
        let set = try AdapterSet(configuration, for: [Self.layer])
        let adapter = set.members[0].adapter
        for (index, (output, input)) in zip(outputs, inputs).enumerated() {
            adapter.a.floats[index * 6 + input] = 1
            adapter.b.floats[output * outputs.count + index] = 1
        }
        return WeightedAdapter(set, name: "a", weight: weight)
    }

    private func agreement(_ first: WeightedAdapter, _ second: WeightedAdapter) throws -> AdapterAgreement.Module {
        try AdapterAgreement(first, second).modules[0]
    }

    @Test func theSameAdapterAgreesInAll() throws {
        let one = try adapter([0, 1], [2, 3])
        let same = try agreement(one, one)
        #expect(same.signConflicts == 0 && abs(same.cosine - 1) < 1e-6)
        #expect(abs(same.columnOverlap - 1) < 1e-5 && abs(same.rowOverlap - 1) < 1e-5)
    }

    @Test func anOpposedWeightTurnsEverySign() throws {
        let opposed = try agreement(adapter([0, 1], [2, 3]), adapter([0, 1], [2, 3], -0.5))
        #expect(opposed.signConflicts == 1 && abs(opposed.cosine + 1) < 1e-6)
        #expect(abs(opposed.columnOverlap - 1) < 1e-5)
    }

    /// One of two outputs is shared, no input is.
    @Test func sharedDirectionsCount() throws {
        let found = try agreement(adapter([0, 1], [2, 3]), adapter([1, 2], [4, 5]))
        #expect(abs(found.columnOverlap - 0.5) < 1e-5 && abs(found.rowOverlap) < 1e-6)
        #expect(found.signConflicts == 0 && found.cosine == 0)
        // The smaller adapter's space lies in the larger one's.
        let inside = try agreement(adapter([0, 1, 3], [0, 1, 2]), adapter([1], [5]))
        #expect(abs(inside.columnOverlap - 1) < 1e-5)
    }

    @Test func anEmptyAdapterHasNothingInCommon() throws {
        let none = try AdapterSet(AdapterConfiguration(rank: 2, alpha: 2), for: [Self.layer])
        let found = try agreement(adapter([0], [0]), WeightedAdapter(none, name: "b", weight: 1))
        #expect(found.columnOverlap == 0 && found.cosine == 0 && found.signConflicts == 0)
    }
}

@Suite struct CombinationSearchTests {
    /// A bowl with its bottom at known weights and density.
    private func loss(_ point: CombinationSearch.Point) -> Double {
        let weights = zip(point.weights, [0.85, 0.35]).reduce(0.0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        let density = point.density.map { ($0 - 0.7) * ($0 - 0.7) } ?? 0
        return 2 + weights + density
    }

    @Test func itFindsTheBottom() throws {
        let start = CombinationSearch.Point(weights: [1, 1], density: 0.5)
        let trials = CombinationSearch(limit: 80).trials(from: start, loss: loss)
        #expect(trials.first?.point == start && trials.count <= 80)
        let best = try #require(CombinationSearch.best(of: trials))
        #expect(best.loss - 2 < 5e-3)
        let points = trials.map { "\($0.point)" }
        #expect(Set(points).count == points.count, "no point is tried twice")
        let again = CombinationSearch(limit: 80).trials(from: start, loss: loss)
        #expect(again.map(\.point) == trials.map(\.point))
    }

    @Test func itKeepsToItsLimitAndToWhatHasADensity() throws {
        let start = CombinationSearch.Point(weights: [0.5, 0.5, 0.5], density: nil)
        let trials = CombinationSearch(limit: 7).trials(from: start) { $0.weights.reduce(0, +) }
        #expect(trials.count == 7 && trials.allSatisfy { $0.point.density == nil })
        #expect(trials.allSatisfy { $0.point.weights.count == 3 })
    }

    /// A loss that is no number never wins, and an error ends the search.
    @Test func whatIsNoNumberIsNotChosen() throws {
        let start = CombinationSearch.Point(weights: [1], density: nil)
        let trials = CombinationSearch(limit: 20).trials(from: start) { $0.weights[0] < 0.5 ? .nan : $0.weights[0] }
        #expect(try #require(CombinationSearch.best(of: trials)).loss >= 0.5)
        #expect(CombinationSearch.best(of: [(start, .nan)]) == nil)
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try CombinationSearch().trials(from: start) { _ in throw Stop() }
        }
    }
}
