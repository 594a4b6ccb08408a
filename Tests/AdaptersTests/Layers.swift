import Adapters
import Foundation
import JSON
import TestSupport
import WeightFiles

/// The linear layers of TinyModel: Llama with blocks of width 64, 8 heads over 4 key heads, MLP width 128.
func tinyLayers(blocks: Int = TinyModel.blocks) -> [AdaptableLayer] {
    (0..<blocks).flatMap { block in
        [
            ("self_attn.q_proj", 64, 64), ("self_attn.k_proj", 64, 32), ("self_attn.v_proj", 64, 32),
            ("self_attn.o_proj", 64, 64), ("mlp.gate_proj", 64, 128), ("mlp.up_proj", 64, 128),
            ("mlp.down_proj", 128, 64),
        ].map { AdaptableLayer(path: "model.layers.\(block).\($0.0)", inputSize: $0.1, outputSize: $0.2) }
    }
}

/// Writes a PEFT directory by hand, so that it can be wrong.
func writePEFT(
    _ url: URL,
    configuration: String = #"{"peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": ["q_proj"]}"#,
    tensors: [(name: String, rows: Int, columns: Int)]
) throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    try Data(configuration.utf8).write(to: url.appendingPathComponent("adapter_config.json"))
    let writer = try SafetensorsWriter(
        url.appendingPathComponent("adapter_model.safetensors"),
        entries: tensors.map { .init(name: $0.name, dtype: .f32, shape: [$0.rows, $0.columns]) })
    for tensor in tensors { try writer.write([Float](repeating: 0.5, count: tensor.rows * tensor.columns)) }
    try writer.finish()
}
