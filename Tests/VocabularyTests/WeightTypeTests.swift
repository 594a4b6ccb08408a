// The names of types that a model can be written in.

import Testing
import Vocabulary

@Suite struct WeightTypeTests {
    /// Names that people type, and what they get.
    @Test(arguments: [
        ("auto", WeightType.auto), ("F32", .fp32), ("fp32", .fp32), ("f16", .fp16), ("FP16", .fp16), ("BF16", .bf16),
        ("bf16", .bf16), ("q8_0", .q8_0), ("Q4_K_M", .q4_K_M), ("q4_k_m", .q4_K_M), ("Q3_K_s", .q3_K_S),
        ("iq4_nl", .iq4_NL), ("IQ4_xs", .iq4_XS), ("q2_k", .q2_K),
    ])
    func lettersMayBeSmallOrCapital(_ name: String, _ type: WeightType) {
        #expect(WeightType(rawValue: name) == type)
    }

    @Test(arguments: ["", "q9", "Q4", "Q4_K", "q4-k-m", "fp8"]) func otherNamesAreNone(_ name: String) {
        #expect(WeightType(rawValue: name) == nil)
    }

    @Test(arguments: WeightType.allCases) func aTypeIsWrittenAsItIsRead(_ type: WeightType) {
        #expect(WeightType(rawValue: type.rawValue) == type)
        #expect(type.isQuantised == type.rawValue.contains("Q"))
    }

    @Test func onlyGGUFHoldsBlocks() {
        for type in WeightType.allCases {
            #expect(ExportFormat.gguf.holds(type))
            for format in ExportFormat.allCases where format != .gguf {
                #expect(format.holds(type) == !type.isQuantised)
            }
        }
    }
}
