// Adapters alone in HDF5 files.

import Adapters
import Checkpoints
import Files
import Foundation
import JSON
import Models
import TestSupport
import Testing
import Vocabulary
import WeightFiles

@Suite struct CheckpointAdapters {
    private func model() throws -> AdaptedModel {
        let weights = try openWeights(TinyModel.base)
        return AdaptedModel(
            try LanguageModel(configuration: ModelConfiguration(of: weights), weights: weights, precision: .f32))
    }

    private func write(_ adapter: AdapterSet, on model: AdaptedModel, to place: URL) throws {
        let staged = try StagedOutput(place, isFolder: false, .adapter, of: nil)
        let notes = AdapterNotes(baseName: "base", provenance: AdapterProvenance(baseName: "tiny", baseDigest: "ab"))
        try staged.commit(
            CheckpointAdapter.write(adapter, notes, as: .f32, on: model, to: staged.place)
        ) { _ in }
    }

    private func adapter(for model: AdaptedModel) throws -> AdapterSet {
        let set = try AdapterSet(
            AdapterConfiguration(
                method: .dora, rank: 3, alpha: 8, dropout: 0.1, usesRankStabilisation: true,
                targets: .patterns(["q_proj", "mlp.*"]), rankOverrides: [.init(pattern: "up_proj", value: 2)],
                alphaOverrides: [.init(pattern: "q_proj", value: 5)]), for: model.layers)
        for index in set.slab.values.indices { set.slab.values[index] = Float(index % 1013) / 1024 - 0.4 }
        return set
    }

    @Test func anAdapterAloneComesBackToTheBit() throws {
        let model = try model(), adapter = try adapter(for: model)
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("adapter.h5")
            for _ in 0..<2 { try write(adapter, on: model, to: url) }
            #expect(try CheckpointAdapter.isAt(url))
            #expect(try !GGUFAdapter.isAt(url))
            let stored = try CheckpointAdapter(url)
            #expect(stored.provenance?.baseDigest == "ab")
            let back = try stored.adapter(for: model)
            #expect(AdapterComparison(adapter, readBack: back).largestDifference == 0)
            #expect(back.configuration.dropout == 0.1)
            // It is no state that a training could go on from, and says so.
            let error = #expect(throws: CheckpointError.self) { try Checkpoint.read(url) }
            #expect(error?.description.contains("an adapter alone") == true)
        }
    }

    @Test(arguments: AdapterMethodKind.allCases.filter { $0 != .fold })
    func everyMethodKeepsAllThatItHas(_ method: AdapterMethodKind) throws {
        let model = try model()
        var configuration = AdapterConfiguration(
            method: method, rank: 4, alpha: 6, targets: .patterns(["q_proj", "mlp.*"]))
        configuration.settings.decomposesBoth = true
        configuration.settings.feedforwardModules = ["down_proj"]
        let adapter = try AdapterSet(configuration, for: model.layers)
        for index in adapter.slab.values.indices { adapter.slab.values[index] = Float(index % 1013) / 1024 - 0.4 }
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("adapter.h5")
            try write(adapter, on: model, to: url)
            let back = try CheckpointAdapter(url).adapter(for: model)
            for (one, other) in zip(adapter.slab.slots, back.slab.slots) {
                #expect(one == other && Array(adapter.slab.values(one).floats) == Array(back.slab.values(other).floats))
            }
            #expect(AdapterComparison(adapter, readBack: back).largestDifference == 0)
        }
    }

    @Test func aDamagedFileIsNamed() throws {
        let model = try model(), adapter = try adapter(for: model)
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("adapter.h5")
            try write(adapter, on: model, to: url)
            let bytes = try Data(contentsOf: url)
            let cut = folder.appendingPathComponent("cut.h5")
            for place in stride(from: 40, to: bytes.count, by: 4099) {
                var changed = bytes
                changed[place] ^= 1
                for content in [bytes.prefix(place), changed] {
                    try content.write(to: cut)
                    let error = #expect(throws: CheckpointError.self) { try CheckpointAdapter(cut) }
                    #expect(error?.file == cut.path)
                }
            }
        }
    }

    @Test(.needsPython("h5py")) func h5pyReadsTheFactors() throws {
        let model = try model(), adapter = try adapter(for: model)
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("adapter.h5")
            try write(adapter, on: model, to: url)
            let program = """
                import sys, json, h5py
                file = h5py.File(sys.argv[1])
                assert json.loads(file["adapter_configuration"][()])["use_dora"] is True
                for name in file["parameters"][()].decode().split("\\n"):
                    parts = name.removesuffix(".weight").split(".")
                    data = file["adapter"][".".join(parts[:-1])][parts[-1]]
                    print(name, *data.shape, f"{data[()].astype('float64').sum():.4f}")
                """
            let (status, text) = try ReferencePython.run(with: ["h5py"], ["-c", program, url.path])
            #expect(status == 0)
            let expected = adapter.slab.slots.map { slot in
                let sum = adapter.slab.values(slot).floats.reduce(0.0) { $0 + Double($1) }
                return "\(slot.name) \(slot.rows) \(slot.columns) " + String(format: "%.4f", sum)
            }
            #expect(text.split(separator: "\n").map(String.init) == expected)
        }
    }
}
