import Adapters
import Files
import Foundation
import JSON
import TestSupport
import Testing
import WeightFiles

@Suite struct PEFTDirectories {
    private let qA = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"
    private let qB = "base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight"

    /// The problems of reading a directory for one block of the tiny model.
    private func problems(
        configuration: String? = nil, tensors: [(name: String, rows: Int, columns: Int)]
    ) throws -> [AdapterError.Problem] {
        try withTemporaryDirectory { folder in
            if let configuration {
                try writePEFT(folder, configuration: configuration, tensors: tensors)
            } else {
                try writePEFT(folder, tensors: tensors)
            }
            do {
                _ = try AdapterSet(PEFTDirectory(folder), for: tinyLayers(blocks: 1))
                return []
            } catch let error as AdapterError {
                #expect(error.file != nil)
                return error.problems
            }
        }
    }

    @Test func aGoodDirectoryHasNoProblem() throws {
        #expect(try problems(tensors: [(qA, 2, 64), (qB, 64, 2)]).isEmpty)
    }

    @Test func missingUnexpectedAndMisshapenAreToldAtOnce() throws {
        let found = try problems(tensors: [
            (qA, 3, 64), (qB.replacingOccurrences(of: "q_proj", with: "q_prj"), 64, 2),
        ])
        #expect(found.map(\.text) == ["has another shape", "is missing", "belongs to no adapter of the model"])
        #expect(found[1].nearest == "model.layers.0.self_attn.q_prj.lora_B.weight")
        #expect(found[2].nearest == "model.layers.0.self_attn.q_proj.lora_B.weight")
    }

    /// A pipe that nobody writes to is refused, and not waited for.
    @Test(arguments: ["adapter_config.json", "adapter_model.safetensors"])
    func aPipeIsNoFile(name: String) throws {
        try withTemporaryDirectory { folder in
            try writePEFT(folder, tensors: [(qA, 2, 64), (qB, 64, 2)])
            let url = folder.appendingPathComponent(name)
            try FileManager.default.removeItem(at: url)
            #expect(mkfifo(url.path, 0o600) == 0)
            let error = #expect(throws: (any Error).self) {
                try AdapterSet(PEFTDirectory(folder), for: tinyLayers(blocks: 1))
            }
            #expect(error.map { "\($0)".contains(name) } == true)
        }
    }

    /// Rank 60,000 on every layer of a large model would be more memory than the machine has, for a file of a few bytes.
    @Test func aRankThatTheFileDoesNotHoldIsRefusedFirst() throws {
        let found = try problems(
            configuration: #"{"peft_type": "LORA", "r": 60000, "lora_alpha": 4, "target_modules": ["q_proj"]}"#,
            tensors: [(qA, 2, 64), (qB, 64, 2)])
        #expect(found.map(\.text) == ["the rank is larger than any factor in the file"])
    }

    /// Engines that read α/r alone must find the scale that was trained: either `use_rslora` is said, or α is folded.
    @Test func rankStabilisationSurvivesTheExport() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("adapter")
            let configuration = AdapterConfiguration(
                rank: 4, alpha: 8, usesRankStabilisation: true, targets: .patterns(["q_proj"]))
            let set = try AdapterSet(configuration, for: tinyLayers(blocks: 1))
            set.initialise(seed: 1)
            try set.writePEFT(to: url, baseName: nil, provenance: AdapterProvenance())
            let back = try AdapterSet(PEFTDirectory(url), for: tinyLayers(blocks: 1))
            #expect(back.members.map(\.adapter.scale) == [4])
        }
    }

    @Test func aTransposedFactorIsNamed() throws {
        let found = try problems(tensors: [(qA, 64, 2), (qB, 64, 2)])
        #expect(found.map(\.text) == ["is transposed"])
    }

    @Test(arguments: [
        (#""use_qalora": true"#, "use_qalora"), (#""modules_to_save": ["lm_head"]"#, "modules_to_save"),
        (#""bias": "all""#, "bias"),
        (#""peft_type": "LOFT""#, "peft_type"), (#""init_lora_weights": "pissa_niter_4""#, "init_lora_weights"),
        (#""r": "8""#, "r"), (#""target_modules": 3"#, "target_modules"),
        (#""rank_pattern": {"q_proj": "x"}"#, "rank_pattern.q_proj"),
    ])
    func settingsThatCannotBeReproducedAreRefused(_ member: String, _ key: String) throws {
        let configuration =
            #"{"peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": ["q_proj"], "# + member + "}"
        let found = try problems(configuration: configuration, tensors: [(qA, 2, 64), (qB, 64, 2)])
        #expect(found.contains { $0.subject == key })
    }

    @Test func embeddingsAreRefused() throws {
        let found = try problems(tensors: [
            (qA, 2, 64), (qB, 64, 2), ("base_model.model.model.embed_tokens.lora_embedding_A", 2, 512),
        ])
        #expect(found.map(\.text) == ["is not supported"])
    }

    @Test func halfPrecisionFactorsAreRead() throws {
        try withTemporaryDirectory { folder in
            try writePEFT(folder, tensors: [])
            let weights = folder.appendingPathComponent("adapter_model.safetensors")
            try FileManager.default.removeItem(at: weights)
            let writer = try SafetensorsWriter(
                weights,
                entries: [
                    .init(name: qA, dtype: .f16, shape: [2, 64]), .init(name: qB, dtype: .bf16, shape: [64, 2]),
                ])
            try [Float16](repeating: 1.5, count: 128).withUnsafeBytes { try writer.write($0) }
            try [UInt16](repeating: 0xBF80, count: 128).withUnsafeBytes { try writer.write($0) }
            try writer.finish()
            let set = try AdapterSet(PEFTDirectory(folder), for: tinyLayers(blocks: 1))
            #expect(set.members[0].adapter.a.floats.allSatisfy { $0 == 1.5 })
            #expect(set.members[0].adapter.b.floats.allSatisfy { $0 == -1 })
        }
    }

    @Test func notANumberIsRefused() throws {
        let set = try AdapterSet(
            AdapterConfiguration(rank: 1, alpha: 1, targets: .patterns(["q_proj"])), for: tinyLayers(blocks: 1))
        let before = Array(set.slab.values)
        #expect(throws: AdapterError.self) {
            try set.load([
                (set.slab.slots[0].name, 1, 64, [Float](repeating: .nan, count: 64)),
                (set.slab.slots[1].name, 64, 1, [Float](repeating: 1, count: 64)),
            ])
        }
        #expect(Array(set.slab.values) == before)
    }

    @Test func aWrittenAdapterComesBackBitForBit() throws {
        let configuration = AdapterConfiguration(
            rank: 4, alpha: 6, dropout: 0.05, usesRankStabilisation: true,
            targets: .patterns(["model.layers.0.self_attn.q_proj", "mlp.*"]),
            rankOverrides: [.init(pattern: "q_proj", value: 2)], alphaOverrides: [.init(pattern: "up_proj", value: 1.5)]
        )
        let set = try AdapterSet(configuration, for: tinyLayers(blocks: 2))
        set.initialise(seed: 1)
        set.members[0].adapter.b.floats.update(repeating: 0.25)
        let provenance = AdapterProvenance(baseName: "base.gguf", baseDigest: "ab", baseQuantisation: "q4_1", steps: 3)
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("adapter")
            for _ in 0..<2 { try set.writePEFT(to: url, baseName: "base", provenance: provenance) }
            let directory = try PEFTDirectory(url)
            #expect(directory.provenance == provenance)
            #expect(directory.baseName == "base")
            let back = try AdapterSet(directory, for: tinyLayers(blocks: 2))
            #expect(back.members.map(\.path) == set.members.map(\.path))
            #expect(Array(back.slab.values) == Array(set.slab.values))
            #expect(back.members.map(\.adapter.scale) == set.members.map(\.adapter.scale))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["adapter"])
        }
    }

    @Test func aDirectoryOfOtherThingsIsLeftAlone() throws {
        let set = try AdapterSet(AdapterConfiguration(rank: 1, alpha: 1), for: tinyLayers(blocks: 1))
        try withTemporaryDirectory { folder in
            try Data("thesis".utf8).write(to: folder.appendingPathComponent("thesis.txt"))
            let error = #expect(throws: PlaceError.self) {
                try set.writePEFT(to: folder, baseName: nil, provenance: AdapterProvenance())
            }
            #expect(error?.inTheWay == folder.appendingPathComponent("thesis.txt").path)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["thesis.txt"])
        }
    }

    @Test func filesBesideTheAdapterAreKept() throws {
        let set = try AdapterSet(AdapterConfiguration(rank: 1, alpha: 1), for: tinyLayers(blocks: 1))
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("adapter")
            try set.writePEFT(to: url, baseName: nil, provenance: AdapterProvenance())
            let notes = url.appendingPathComponent("README.md")
            try Data("notes".utf8).write(to: notes)
            let before = try FileManager.default.contentsOfDirectory(atPath: url.path).sorted()
            let error = #expect(throws: PlaceError.self) {
                try set.writePEFT(to: url, baseName: nil, provenance: AdapterProvenance())
            }
            #expect(error?.inTheWay == notes.path)
            #expect(try String(contentsOf: notes, encoding: .utf8) == "notes")
            #expect(try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() == before)
        }
    }

    @Test func anAdapterOfPEFTIsRead() throws {
        let directory = try PEFTDirectory(TinyModel.lora.appendingPathComponent("init"))
        #expect(directory.provenance == nil)
        let set = try AdapterSet(directory, for: tinyLayers())
        #expect(set.members.count == TinyModel.linearLayers)
        #expect(set.members.allSatisfy { $0.adapter.scale == 2 && $0.adapter.rank == 4 })
        #expect(throws: AdapterError.self) { try AdapterSet(directory, for: tinyLayers(blocks: 2)) }
        #expect(throws: AdapterError.self) { try AdapterSet(directory, for: tinyLayers(blocks: 4)) }
    }
}
