import Adapters
import Foundation
import Models
import TestSupport
import Testing
import WeightFiles

/// Adapters loaded by PEFT, where a Python has it.
@Suite struct ForeignReaders {
    @Test(
        .needsPython("peft", "transformers"),
        arguments: [
            AdapterConfiguration(rank: 4, alpha: 8),
            AdapterConfiguration(
                rank: 8, alpha: 3, usesRankStabilisation: true,
                targets: .patterns(["layers.1.mlp.*", "model.layers.0.self_attn.q_proj"]),
                rankOverrides: [.init(pattern: "up_proj", value: 2)],
                alphaOverrides: [.init(pattern: "q_proj", value: 1.5)]),
            AdapterConfiguration(method: .dora, rank: 3, alpha: 8),
        ])
    func peftLoadsAnAdapter(configuration: AdapterConfiguration) throws {
        try withTemporaryDirectory { folder in
            let set = try AdapterSet(configuration, for: tinyLayers())
            let weights = try openWeights(TinyModel.base)
            set.initialise(
                seed: 3,
                on: try LanguageModel(
                    configuration: ModelConfiguration(of: weights), weights: weights, precision: .f32))
            for (index, member) in set.members.enumerated() {
                member.adapter.b.floats.update(repeating: Float(index + 1) / 64)
            }
            let url = folder.appendingPathComponent("adapter")
            let base = TinyModel.base.path
            try set.writePEFT(to: url, baseName: base, provenance: AdapterProvenance())
            // Every adapted module with its rank, scale, and the sums of its factors; warnings are errors.
            let program = """
                import sys, warnings
                warnings.simplefilter("error", UserWarning)
                import transformers, peft
                model = transformers.AutoModelForCausalLM.from_pretrained(sys.argv[2])
                model = peft.PeftModel.from_pretrained(model, sys.argv[1])
                for name, module in model.named_modules():
                    if isinstance(module, peft.tuners.lora.LoraLayer):
                        a, b = module.lora_A["default"].weight, module.lora_B["default"].weight
                        print(name.removeprefix("base_model.model."), module.r["default"],
                              f"{module.scaling['default']:.5f} {a.double().sum().item():.4f} {b.double().sum().item():.4f}"
                              + "".join(f" {m.weight.double().sum().item():.3f}" for m in module.lora_magnitude_vector.values()))
                """
            let (status, text) = try ReferencePython.run(
                with: ["peft", "transformers"], ["-c", program, url.path, base])
            #expect(status == 0)
            let expected = set.members.map { member in
                let sums = [member.adapter.a, member.adapter.b].map { $0.floats.reduce(0.0) { $0 + Double($1) } }
                let numbers = String(format: "%.5f %.4f %.4f", Double(member.adapter.scale), sums[0], sums[1])
                let own = member.adapter.own.map { $0.values.floats.reduce(0.0) { $0 + Double($1) } }
                return "\(member.path) \(member.adapter.rank) \(numbers)"
                    + own.map { String(format: " %.3f", $0) }.joined()
            }
            #expect(text.split(separator: "\n").map(String.init) == expected)
        }
    }
}
