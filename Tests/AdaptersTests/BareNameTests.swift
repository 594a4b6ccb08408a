// PEFT's names of a module are those of the class that was adapted: of the bare model, or of it under a head.

import Adapters
import Foundation
import Models
import TestSupport
import Testing
import WeightFiles

@Suite struct BareNameTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lathe-\(UUID().uuidString)")
    private static let target = "encoder.layer.0.attention.self.query"

    /// An adapter of rank 1 on one layer, under the path `path`, as PEFT writes it.
    private func write(_ path: String) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let configuration = """
            {"peft_type": "LORA", "r": 1, "lora_alpha": 2, "target_modules": ["query"], "bias": "none",
             "task_type": "FEATURE_EXTRACTION"}
            """
        try configuration.write(
            to: folder.appendingPathComponent("adapter_config.json"), atomically: true, encoding: .utf8)
        let key = "base_model.model.\(path)"
        let header =
            #"{"\#(key).lora_A.weight":{"dtype":"F32","shape":[1,4],"data_offsets":[0,16]},"#
            + #""\#(key).lora_B.weight":{"dtype":"F32","shape":[2,1],"data_offsets":[16,24]}}"#
        var data = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
        data += Data(header.utf8)
        for number in [1, 2, 3, 4, 5, 6] as [Float] { withUnsafeBytes(of: number) { data += Data($0) } }
        try data.write(to: folder.appendingPathComponent("adapter_model.safetensors"))
    }

    @Test(arguments: [
        (target, target), (target, "bert.\(target)"), ("bert.\(target)", target), ("bert.\(target)", "bert.\(target)"),
    ])
    func bothNamesMeanTheModule(_ inFile: String, _ inModel: String) throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try write(inFile)
        let layers = [AdaptableLayer(path: inModel, inputSize: 4, outputSize: 2)]
        let set = try AdapterSet(PEFTDirectory(folder), for: layers)
        #expect(set.slab.slots.flatMap { $0.range.map { set.slab.values[$0] } } == [1, 2, 3, 4, 5, 6])
    }

    @Test func anotherModuleIsNotTaken() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try write("bert.model.\(Self.target)")
        let layers = [AdaptableLayer(path: Self.target, inputSize: 4, outputSize: 2)]
        #expect(throws: AdapterError.self) { try AdapterSet(PEFTDirectory(folder), for: layers) }
    }
}
