// Combinations of adapters against those of PEFT: golden ones, and fresh ones where a Python has it.

import Adapters
import Foundation
import JSON
import Kernels
import TestSupport
import Testing
import Vocabulary
import WeightFiles

/// Adapters for the first block of TinyModel, and what PEFT makes of them; written by `scripts/goldens/combinations.py`.
struct CombinationGoldens {
    /// One combination.
    struct Case {
        let names: [String]
        let weights: [Double]
        let settings: CombinationSettings
        /// The factors of PEFT's result, by module.
        let factors: [String: (rank: Int, a: [Float], b: [Float])]
    }

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures/combinations")

    let folder: URL
    let cases: [Case]

    init(_ folder: URL = Self.folder) throws {
        self.folder = folder
        let file = try SafetensorsFile(folder.appendingPathComponent("combined.safetensors"))
        let json = try JSONValue(parsing: Array(Data(contentsOf: folder.appendingPathComponent("cases.json"))))
        cases = try #require(json.array).enumerated().map { number, json in
            var factors: [String: (rank: Int, a: [Float], b: [Float])] = [:]
            for name in file.names where name.hasPrefix("\(number).") && name.hasSuffix(".lora_A.weight") {
                let a = try #require(try file.tensor(name))
                let b = try #require(try file.tensor(name.replacing("lora_A", with: "lora_B")))
                let path = name.dropFirst("\(number).".count).dropLast(".lora_A.weight".count)
                factors[String(path)] = (a.shape[0], Widening.floats(a), Widening.floats(b))
            }
            let method = try #require(json["method"]?.string.flatMap(CombinationMethod.init))
            return Case(
                names: try #require(json["adapters"]?.array).compactMap(\.string),
                weights: try #require(json["weights"]?.array).compactMap(\.double),
                settings: CombinationSettings(
                    method: method, density: json["density"]?.double,
                    majoritySign: json["majority_sign_method"]?.string.flatMap(MajoritySign.init) ?? .total,
                    svdRank: json["svd_rank"]?.integer),
                factors: factors)
        }
    }

    func adapter(_ name: String) throws -> AdapterSet {
        try AdapterSet(PEFTDirectory(folder.appendingPathComponent(name)), for: tinyLayers())
    }

    func adapters(_ names: [String], _ weights: [Double]) throws -> [WeightedAdapter] {
        try zip(names, weights).map { WeightedAdapter(try adapter($0), name: $0, weight: $1) }
    }

    /// Expects of every case what PEFT gives.
    func check() throws {
        #expect(cases.count == 18)
        for (number, expected) in cases.enumerated() {
            let set = try AdapterSet(
                combining: adapters(expected.names, expected.weights), expected.settings, for: tinyLayers())
            let method = expected.settings.method
            #expect(Set(set.members.map(\.path)) == Set(expected.factors.keys), "\(number) \(method)")
            for member in set.members {
                let golden = try #require(expected.factors[member.path])
                let (a, b) = (Array(member.adapter.a.floats), Array(member.adapter.b.floats))
                #expect(member.adapter.scale == 1)
                let own = Self.product(b, a, rank: member.adapter.rank)
                let theirs = Self.product(golden.b, golden.a, rank: golden.rank)
                #expect(maximumDifference(own, theirs) < 1e-5, "\(number) \(method) \(member.path)")
                #expect(own.contains { $0.magnitude > 1e-3 })
                #expect(member.adapter.rank == golden.rank, "\(number) \(method) \(member.path)")
                guard !method.choosesRank else { continue }
                #expect(maximumDifference(a, golden.a) < 1e-6, "\(number) \(method) \(member.path)")
                #expect(maximumDifference(b, golden.b) < 1e-6, "\(number) \(method) \(member.path)")
            }
        }
    }

    static func product(_ b: [Float], _ a: [Float], rank: Int) -> [Double] {
        let width = a.count / rank
        return (0..<b.count / rank).flatMap { row in
            (0..<width).map { column in
                (0..<rank).reduce(0.0) { $0 + Double(b[row * rank + $1]) * Double(a[$1 * width + column]) }
            }
        }
    }
}

@Suite struct CombinationTests {
    @Test func everyMethodIsThatOfPEFT() throws { try CombinationGoldens().check() }

    @Test(.needsPython("peft", "transformers"))
    func freshAdaptersToo() throws {
        try withTemporaryDirectory { folder in
            let script = packageRoot.appendingPathComponent("scripts/goldens/combinations.py").path
            let (status, _) = try ReferencePython.run(
                with: ["peft", "transformers"], [script, folder.path, "\(Int.random(in: 2...9999))"])
            try #require(status == 0)
            try CombinationGoldens(folder).check()
        }
    }

    /// What PEFT loads again: ranks that differ by module are said in the configuration.
    @Test func aCombinationIsReadBack() throws {
        let goldens = try CombinationGoldens()
        let set = try AdapterSet(
            combining: goldens.adapters(["patterned"], [0.5]), CombinationSettings(method: .linear),
            for: tinyLayers())
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("combined")
            try set.writePEFT(
                to: url, baseName: nil, provenance: AdapterProvenance(),
                reports: [("note.json", JSONObject([("a", 1)]))])
            let back = try AdapterSet(PEFTDirectory(url), for: tinyLayers())
            #expect(Array(back.slab.values) == Array(set.slab.values))
            #expect(back.members.map(\.adapter.rank) == [4, 2])
            #expect(back.members.map(\.adapter.scale) == [1, 1])
            #expect(FileManager.default.fileExists(atPath: url.appendingPathComponent("note.json").path))
        }
    }

    // MARK: DARE

    /// The adapter that random pruning makes of one whose every number is 1.
    private func pruned(_ method: CombinationMethod, density: Double, seed: UInt64) throws -> AdapterSet {
        let configuration = AdapterConfiguration(rank: 8, alpha: 8, targets: .patterns(["up_proj"]))
        let sets = try (0..<2).map { _ in
            let set = try AdapterSet(configuration, for: tinyLayers())
            set.slab.values.update(repeating: 1)
            return set
        }
        return try AdapterSet(
            combining: zip(sets, ["one", "two"]).map { WeightedAdapter($0, name: $1, weight: 1) },
            CombinationSettings(method: method, density: density, seed: seed), for: tinyLayers())
    }

    /// Of 3 × (512 + 1024) numbers in each adapter: the share kept, their size, the mean, and that the two are pruned apart.
    @Test(arguments: [0.25, 0.6])
    func randomPruningKeepsTheMean(density: Double) throws {
        let set = try pruned(.dareLinear, density: density, seed: 3)
        let values = set.slab.slots.flatMap { set.slab.values[$0.range] }
        let size = Float(1 / density)
        let both = values.count { abs($0 - 2 * size) < 1e-4 }, one = values.count { abs($0 - size) < 1e-4 }
        #expect(both + one + values.count { $0 == 0 } == values.count)
        let count = Double(values.count)
        func isNear(_ found: Int, _ share: Double) -> Bool {
            abs(Double(found) - share * count) < 5 * (count * share * (1 - share)).squareRoot()
        }
        #expect(isNear(both, density * density))
        #expect(isNear(one, 2 * density * (1 - density)))
        let mean = values.reduce(0.0) { $0 + Double($1) } / count
        #expect(abs(mean - 2) < 5 * (2 * (1 / density - 1) / count).squareRoot())
    }

    @Test func randomPruningFollowsTheSeed() throws {
        func values(_ seed: UInt64) throws -> [Float] {
            let slab = try pruned(.dareTies, density: 0.5, seed: seed).slab
            return slab.slots.flatMap { slab.values[$0.range] }
        }
        #expect(try values(1) == values(1))
        #expect(try values(1) != values(2))
        // Each tensor by numbers of its own.
        let set = try pruned(.dareLinear, density: 0.5, seed: 1)
        let first = Array(set.slab.values[set.slab.slots[0].range]),
            later = Array(set.slab.values[set.slab.slots[2].range])
        #expect(first.count == later.count && first != later)
    }

    // MARK: Refusals

    private func problem(
        _ names: [String], _ weights: [Double], _ settings: CombinationSettings
    ) throws -> String? {
        do {
            let goldens = try CombinationGoldens()
            _ = try AdapterSet(combining: goldens.adapters(names, weights), settings, for: tinyLayers())
            return nil
        } catch let error as AdapterError {
            return error.description
        }
    }

    @Test func differentRanksNameTheMethodThatCan() throws {
        let linear = try #require(try problem(["first", "third"], [1, 1], .init(method: .linear)))
        #expect(linear.contains("same rank") && linear.contains("svd") && linear.contains("cat"))
        #expect(linear.contains("rank 4") && linear.contains("rank 3"))
        let ties = try #require(try problem(["first", "third"], [1, 1], .init(method: .ties, density: 0.5)))
        #expect(ties.contains("ties_svd"))
        // The same in general, and another on one module.
        let module = try #require(try problem(["first", "patterned"], [1, 1], .init(method: .linear)))
        #expect(module.contains("model.layers.0.self_attn.k_proj") && module.contains("ranks 4 and 2"))
        #expect(try problem(["first", "third"], [1, 1], .init(method: .cat)) == nil)
    }

    @Test(arguments: [
        (CombinationSettings(method: .ties), "density: is missing"),
        (CombinationSettings(method: .ties, density: 0), "above 0"),
        (CombinationSettings(method: .dareTies, density: 1.5), "at most 1"),
        (CombinationSettings(method: .dareTies, density: .nan), "above 0"),
        (CombinationSettings(method: .linear, density: 0.5), "prunes nothing"),
        (CombinationSettings(method: .linear, svdRank: 4), "has no SVD"),
        (CombinationSettings(method: .svd, svdRank: 0), "from 1"),
        (CombinationSettings(method: .dareLinear, density: 0.5, majoritySign: .frequency), "elects no signs"),
    ])
    func whatAMethodLacksOrHasNoUseFor(_ settings: CombinationSettings, _ words: String) throws {
        #expect(try #require(try problem(["first", "second"], [1, 1], settings)).contains(words))
    }

    @Test(arguments: [Double.nan, .infinity, 1e300])
    func aWeightIsANumber(_ weight: Double) throws {
        let text = try #require(try problem(["first", "second"], [1, weight], .init(method: .cat)))
        #expect(text.contains("second") && text.contains("weight"))
    }

    @Test func anAdapterOfAnotherMethodIsNamed() throws {
        let dora = try AdapterSet(AdapterConfiguration(method: .dora, rank: 2, alpha: 2), for: tinyLayers())
        do {
            _ = try AdapterSet(
                combining: [WeightedAdapter(dora, name: "mine", weight: 0.5)], .init(method: .cat), for: tinyLayers())
            Issue.record("a DoRA adapter was weighted")
        } catch let error as AdapterError {
            #expect(error.description.contains("mine") && error.description.contains("dora"))
        }
    }
}
