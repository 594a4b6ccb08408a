import Adapters
import Models
import TestSupport
import Testing
import WeightFiles

/// Trained matrices by pattern.
@Suite struct SlotPatterns {
    @Test func patternsMeanNamesAndModules() throws {
        let folder = try HuggingFaceDirectory(TinyModel.base)
        let model = try LanguageModel(
            configuration: ModelConfiguration(huggingFace: folder.configuration), weights: folder, precision: .f32)
        let set = try AdapterSet(
            AdapterConfiguration(rank: 2, alpha: 2, targets: .patterns(["q_proj", "v_proj"])), for: model)
        let all = set.slab.slots
        #expect(try set.slots("lora_B") == all.filter { $0.name.hasSuffix("lora_B.weight") })
        #expect(try set.slots("lora_B.weight") == set.slots("lora_B"))
        #expect(try set.slots("q_proj") == all.filter { $0.name.contains(".q_proj.") })
        #expect(try set.slots("layers.0.*") == all.filter { $0.name.contains(".layers.0.") })
        #expect(
            try set.slots(#".*\.v_proj\.lora_A\.weight"#) == all.filter { $0.name.hasSuffix("v_proj.lora_A.weight") })
        #expect(try set.slots("k_proj").isEmpty && !set.slots("q_proj").isEmpty)
        // What training keeps for itself is none of them.
        let budgeted = try AdapterSet(
            AdapterConfiguration(method: .adalora, rank: 2, alpha: 2, targets: .patterns(["q_proj"])), for: model)
        #expect(try budgeted.slots("lora_A_sensitivity").isEmpty)
        #expect(try budgeted.slots("q_proj").count == 3 * budgeted.members.count)
        #expect(throws: AdapterError.self) { try set.slots("(") }
        let own = Array(set.slab.values)
        set.whileHolding(own.map { $0 + 1 }) { #expect(set.slab.values[0] == own[0] + 1) }
        #expect(Array(set.slab.values) == own)
    }
}
