// A Llama whose rows fill super-blocks of 256, made as a test needs it.

import Foundation
import Tensors
import Testing
import WeightFiles

/// A random model of eight layers of width 256 with an MLP of 512 and 64 tokens, as a GGUF file in fp32.
enum WideLlama {
    static let layers = 8, width = 256, inner = 512, tokens = 64, heads = 8

    /// Writes the model to `file`.
    ///
    /// - Parameters:
    ///   - keyHeads: 8, or fewer that share.
    ///   - hasHead: whether the head is a tensor of its own.
    ///   - scale: what all matrices are multiplied with.
    static func write(to file: URL, keyHeads: Int = 2, hasHead: Bool = false, scale: Float = 0.05) throws {
        let entries = entries(keyHeads: keyHeads, hasHead: hasHead)
        let writer = try GGUFWriter(file, metadata: metadata(keyHeads: keyHeads), entries: entries)
        for (number, entry) in entries.enumerated() {
            let stream = RandomStream(seed: UInt64(number), purpose: .probe)
            let count = try #require(entry.shape.elementCount)
            let floats = (0..<count).map { index in
                entry.shape.rank == 1 ? 1 : Float(stream.uniform(stream: 3, index: UInt64(index)) - 0.5) * scale
            }
            try floats.withUnsafeBytes { try writer.write($0) }
        }
        try FileManager.default.moveItem(at: writer.finish(), to: file)
    }

    private static func metadata(keyHeads: Int) -> [(key: String, value: GGUFValue)] {
        [
            ("general.architecture", .string(Array("llama".utf8))),
            ("llama.block_count", .uint32(UInt32(layers))), ("llama.context_length", .uint32(128)),
            ("llama.embedding_length", .uint32(UInt32(width))), ("llama.feed_forward_length", .uint32(UInt32(inner))),
            ("llama.attention.head_count", .uint32(UInt32(heads))),
            ("llama.attention.head_count_kv", .uint32(UInt32(keyHeads))),
            ("llama.attention.layer_norm_rms_epsilon", .float32(1e-5)), ("llama.rope.freq_base", .float32(10_000)),
            ("llama.vocab_size", .uint32(UInt32(tokens))), ("general.file_type", .uint32(0)),
        ]
    }

    private static func entries(keyHeads: Int, hasHead: Bool) -> [TensorEntry] {
        let keys = width / heads * keyHeads
        func matrix(_ name: String, _ rows: Int, _ columns: Int) -> TensorEntry {
            TensorEntry(name: name + ".weight", dtype: .f32, shape: [rows, columns])
        }
        func vector(_ name: String) -> TensorEntry {
            TensorEntry(name: name + ".weight", dtype: .f32, shape: [width])
        }
        var entries = [matrix("token_embd", tokens, width)]
        for layer in 0..<layers {
            let block = "blk.\(layer)."
            entries += [
                vector(block + "attn_norm"), matrix(block + "attn_q", width, width),
                matrix(block + "attn_k", keys, width), matrix(block + "attn_v", keys, width),
                matrix(block + "attn_output", width, width), vector(block + "ffn_norm"),
                matrix(block + "ffn_gate", inner, width), matrix(block + "ffn_up", inner, width),
                matrix(block + "ffn_down", width, inner),
            ]
        }
        entries.append(vector("output_norm"))
        if hasHead { entries.append(matrix("output", tokens, width)) }
        return entries
    }
}
