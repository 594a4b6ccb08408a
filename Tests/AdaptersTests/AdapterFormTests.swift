// Adapters in every form that needs no training beside it, both ways.

import Adapters
import Files
import Foundation
import JSON
import Models
import Tensors
import TestSupport
import Testing
import Vocabulary
import WeightFiles

@Suite struct AdapterForms {
    static let forms: [any AdapterForm.Type] = [PEFTDirectory.self, MLXDirectory.self, GGUFAdapter.self]

    /// Settings of which each says something that a form may have no number for.
    static let configurations: [AdapterConfiguration] = [
        AdapterConfiguration(rank: 4, alpha: 8),
        AdapterConfiguration(rank: 8, alpha: 16, dropout: 0.05, usesRankStabilisation: true),
        AdapterConfiguration(rank: 4, alpha: 6, targets: .patterns(["q_proj", "v_proj"])),
        AdapterConfiguration(
            rank: 4, alpha: 6, targets: .patterns(["q_proj", "down_proj"]), blocks: .init(numbers: [1, 2])),
        AdapterConfiguration(
            rank: 4, alpha: 6, usesRankStabilisation: true,
            targets: .patterns(["model.layers.0.self_attn.q_proj", "mlp.*", "k_proj"]),
            rankOverrides: [.init(pattern: "k_proj", value: 2), .init(pattern: "up_proj", value: 7)],
            alphaOverrides: [.init(pattern: "up_proj", value: 1.5), .init(pattern: "layers.2.mlp.down_proj", value: 0)]),
    ]

    /// The tiny model, whose head is its embedding unless it is said not to be.
    static func model(isTied: Bool = true) throws -> AdaptedModel {
        var configuration = try ModelConfiguration(of: openWeights(TinyModel.base))
        configuration.isTied = isTied
        return AdaptedModel(
            configuration: configuration,
            layers: tinyLayers() + [AdaptableLayer(path: "lm_head", inputSize: 64, outputSize: 512)])
    }

    /// An adapter whose numbers are all different.
    static func adapter(_ configuration: AdapterConfiguration, for model: AdaptedModel) throws -> AdapterSet {
        let set = try AdapterSet(configuration, for: model.layers)
        for index in set.slab.values.indices {
            set.slab.values[index] = Float((index * 7919) % 2003 - 1001) / 1024
        }
        return set
    }

    /// `adapter` as it comes back from `form`.
    static func written(
        _ adapter: AdapterSet, _ form: any AdapterForm.Type, _ model: AdaptedModel, type: DType = .f32, in folder: URL,
        as name: String
    ) throws -> (URL, AdapterSet) {
        let place = folder.appendingPathComponent(name)
        let staged = try StagedOutput(place, isFolder: form.isFolder, .adapter, of: nil)
        let provenance = AdapterProvenance(baseName: "tiny", baseDigest: "ab", baseQuantisation: "f32", steps: 3)
        let finished = try form.write(
            adapter, AdapterNotes(baseName: "base", provenance: provenance), as: type, on: model, to: staged.place)
        try staged.commit(finished) { _ in }
        #expect(try forms.filter { try $0.isAt(place) }.map { $0.format } == [form.format])
        let stored = try form.init(place)
        #expect(stored.provenance == provenance)
        return (place, try stored.adapter(for: model))
    }

    // MARK: Round trips

    @Test(arguments: configurations.indices)
    func everyFormGivesBackWhatItWasGiven(_ index: Int) throws {
        let model = try Self.model(), adapter = try Self.adapter(Self.configurations[index], for: model)
        try withTemporaryDirectory { folder in
            for form in Self.forms {
                let (_, back) = try Self.written(adapter, form, model, in: folder, as: form.format.rawValue)
                let compared = AdapterComparison(adapter, readBack: back)
                #expect(compared.moduleCount == adapter.members.count)
                let isFolded = try form.fit(adapter, on: model).notes.contains { $0.contains("folded") }
                #expect(compared.largestDifference <= (isFolded ? 1e-6 : 2e-7), "\(form.format)")
                if !isFolded {
                    let bits = zip(adapter.members, back.members).allSatisfy { one, other in
                        let (b, width) = (other.adapter.b.floats, other.adapter.rank)
                        return one.adapter.b.floats.enumerated().allSatisfy { place, number in
                            number == b[place / one.adapter.rank * width + place % one.adapter.rank]
                        }
                    }
                    #expect(bits, "\(form.format)")
                }
            }
        }
    }

    /// A module that is scaled by 0, and a whole adapter: llama.cpp takes α = 0 for a scale of 1.
    @Test(arguments: [AdapterTargets.patterns(["q_proj"]), .patterns(["q_proj", "v_proj"])])
    func aScaleOfZeroStaysOne(_ targets: AdapterTargets) throws {
        let model = try Self.model()
        let adapter = try Self.adapter(
            AdapterConfiguration(
                rank: 2, alpha: 3, targets: targets, alphaOverrides: [.init(pattern: "q_proj", value: 0)]), for: model)
        try withTemporaryDirectory { folder in
            for form in Self.forms {
                let (_, back) = try Self.written(adapter, form, model, in: folder, as: form.format.rawValue)
                #expect(AdapterComparison(adapter, readBack: back).largestDifference < 2e-7)
                let zero = try #require(back.members.first { $0.path.hasSuffix("q_proj") }).adapter
                #expect(zero.scale == 0 || zero.b.floats.allSatisfy { $0 == 0 })
            }
        }
    }

    /// From each form into each other one, and on from there.
    @Test(arguments: configurations.indices)
    func formsFollowOneAnother(_ index: Int) throws {
        let model = try Self.model(), adapter = try Self.adapter(Self.configurations[index], for: model)
        try withTemporaryDirectory { folder in
            var current = adapter
            let way = Self.forms + Self.forms.reversed() + [Self.forms[2], Self.forms[0]]
            for (step, form) in way.enumerated() {
                current = try Self.written(current, form, model, in: folder, as: "\(step)").1
            }
            #expect(AdapterComparison(adapter, readBack: current).largestDifference < 1e-6)
        }
    }

    @Test(arguments: [DType.f16, .bf16])
    func shorterNumbersAreRoundedOnce(_ type: DType) throws {
        let model = try Self.model(), adapter = try Self.adapter(Self.configurations[0], for: model)
        try withTemporaryDirectory { folder in
            for form in Self.forms {
                let (_, back) = try Self.written(
                    adapter, form, model, type: type, in: folder, as: form.format.rawValue)
                let difference = AdapterComparison(adapter, readBack: back).largestDifference
                #expect(difference < AdapterComparison.bound(of: type))
                #expect(difference > 0 || type == .f16)
            }
        }
    }

    @Test func aNumberThatATypeDoesNotHoldIsNamed() throws {
        let model = try Self.model()
        let adapter = try Self.adapter(
            AdapterConfiguration(rank: 1, alpha: 1, targets: .patterns(["q_proj"])), for: model)
        adapter.members[1].adapter.b.floats[5] = 70_000
        try withTemporaryDirectory { folder in
            for form in Self.forms {
                let error = #expect(throws: AdapterError.self) {
                    try Self.written(adapter, form, model, type: .f16, in: folder, as: form.format.rawValue)
                }
                #expect(error?.problems.first?.subject?.contains("1") == true)
            }
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(left.isEmpty)
        }
    }

    @Test func doraKeepsItsMagnitudesWhereThereIsRoom() throws {
        let model = try Self.model()
        let adapter = try Self.adapter(AdapterConfiguration(method: .dora, rank: 3, alpha: 8), for: model)
        try withTemporaryDirectory { folder in
            for form in Self.forms.prefix(2) {
                let (_, back) = try Self.written(adapter, form, model, in: folder, as: form.format.rawValue)
                #expect(back.configuration.method == .dora)
                #expect(AdapterComparison(adapter, readBack: back).largestDifference < 2e-7)
            }
        }
        let error = #expect(throws: AdapterError.self) { try GGUFAdapter.fit(adapter, on: model) }
        #expect(error?.description.contains("dora") == true)
    }

    @Test func theHeadGoesWhereItIsNoEmbedding() throws {
        let configuration = AdapterConfiguration(rank: 2, alpha: 8, targets: .patterns(["lm_head", "o_proj"]))
        let untied = try Self.model(isTied: false), adapter = try Self.adapter(configuration, for: untied)
        try withTemporaryDirectory { folder in
            for form in Self.forms {
                let (_, back) = try Self.written(adapter, form, untied, in: folder, as: form.format.rawValue)
                #expect(AdapterComparison(adapter, readBack: back).largestDifference < 2e-7)
                #expect(back.adaptsHead)
            }
        }
        let tied = try Self.model()
        #expect(throws: Never.self) { try PEFTDirectory.fit(adapter, on: tied) }
        #expect(throws: AdapterError.self) { try MLXDirectory.fit(adapter, on: tied) }
        #expect(throws: AdapterError.self) { try GGUFAdapter.fit(adapter, on: tied) }
    }

    /// Of what AdaLoRA gave up files hold nothing, so that it is no difference; of an adapter that changes nothing yet they hold all.
    @Test(
        arguments: [([1, 0, 2], false), ([1, 5, 2], true), ([0, 0, 0], true)] as [(values: [Float], isHeld: Bool)])
    func theComparisonSeesWhatFilesHold(_ direction: (values: [Float], isHeld: Bool)) throws {
        let model = try Self.model()
        func adapter() throws -> AdapterSet {
            let set = try Self.adapter(AdapterConfiguration(method: .adalora, rank: 3, alpha: 8), for: model)
            for member in set.members { _ = member.adapter.states[2].values.floats.update(from: direction.values) }
            set.slab.valuesChanged()
            return set
        }
        let one = try adapter()
        // Of the second direction a number of A, one of B.
        for matrix in 0..<2 {
            let other = try adapter(), numbers = other.members[0].adapter.states[matrix].values
            numbers.floats[matrix == 0 ? numbers.columns + 4 : numbers.columns + 1] += 0.5
            #expect((AdapterComparison(one, readBack: other).largestDifference > 0.1) == direction.isHeld)
        }
        #expect(AdapterComparison(one, readBack: try adapter()).largestDifference == 0)
    }

    @Test func theComparisonSeesEveryNumber() throws {
        let model = try Self.model(), one = try Self.adapter(Self.configurations[0], for: model)
        for place in [0, one.slab.slots[1].offset, one.slab.slots[7].offset + 3] {
            let other = try Self.adapter(Self.configurations[0], for: model)
            #expect(AdapterComparison(one, readBack: other).largestDifference == 0)
            other.slab.values[place] += 1e-3
            #expect(AdapterComparison(one, readBack: other).largestDifference > 1e-4)
        }
        var scaled = Self.configurations[0]
        scaled.alpha = 8.1
        #expect(AdapterComparison(one, readBack: try Self.adapter(scaled, for: model)).largestDifference > 1e-2)
        let fewer = try Self.adapter(Self.configurations[2], for: model)
        #expect(AdapterComparison(one, readBack: fewer).largestDifference == .infinity)
    }
}
