// Names of weights are Hugging Face's; GGUF is the translated side. One two-way table per family.

public import Tensors

/// The translation of weight names between GGUF and Hugging Face for one family of models.
public struct NameTable: Sendable {
    /// GGUF's `general.architecture`.
    public let architecture: String
    private let once: [(gguf: String, huggingFace: String)]
    private let inLayer: [(gguf: String, huggingFace: String)]
    /// Whether the family's GGUF files hold the rows of Q and K in the order of interleaved halves.
    private let interleavesQueryAndKey: Bool

    /// The table of `architecture`, nil for families that are not known.
    public init?(architecture: String) {
        let modules = NameTable.decoderModules
        switch architecture {
        // SmolLM2, Mistral and all Llamas have the architecture "llama" in GGUF.
        case "llama": self.init(architecture, modules, interleavesQueryAndKey: true)
        case "qwen2": self.init(architecture, modules, interleavesQueryAndKey: false)
        case "qwen3":
            self.init(
                architecture, modules + [("attn_q_norm", "self_attn.q_norm"), ("attn_k_norm", "self_attn.k_norm")],
                interleavesQueryAndKey: false)
        default: return nil
        }
    }

    /// The architectures there are tables for.
    public static let architectures = ["llama", "qwen2", "qwen3"]

    private init(_ architecture: String, _ modules: [(String, String)], interleavesQueryAndKey: Bool) {
        self.architecture = architecture
        self.interleavesQueryAndKey = interleavesQueryAndKey
        once = [
            ("token_embd.weight", "model.embed_tokens.weight"), ("output_norm.weight", "model.norm.weight"),
            ("output.weight", "lm_head.weight"),
        ]
        inLayer = modules.flatMap { module in
            ["weight", "bias"].map { ("\(module.0).\($0)", "\(module.1).\($0)") }
        }
    }

    private static let decoderModules: [(String, String)] = [
        ("attn_norm", "input_layernorm"), ("attn_q", "self_attn.q_proj"), ("attn_k", "self_attn.k_proj"),
        ("attn_v", "self_attn.v_proj"), ("attn_output", "self_attn.o_proj"), ("ffn_norm", "post_attention_layernorm"),
        ("ffn_gate", "mlp.gate_proj"), ("ffn_up", "mlp.up_proj"), ("ffn_down", "mlp.down_proj"),
    ]

    /// The Hugging Face name of GGUF's `name`; nil for tensors that have none (`rope_freqs.weight`).
    public func huggingFaceName(_ name: String) -> String? {
        if let row = once.first(where: { $0.gguf == name }) { return row.huggingFace }
        guard let (layer, rest) = NameTable.split(name, after: "blk.") else { return nil }
        return inLayer.first { $0.gguf == rest }.map { "model.layers.\(layer).\($0.huggingFace)" }
    }

    /// The GGUF name of Hugging Face's `name`.
    public func ggufName(_ name: String) -> String? {
        if let row = once.first(where: { $0.huggingFace == name }) { return row.gguf }
        guard let (layer, rest) = NameTable.split(name, after: "model.layers.") else { return nil }
        return inLayer.first { $0.huggingFace == rest }.map { "blk.\(layer).\($0.gguf)" }
    }

    /// How GGUF orders the rows of Hugging Face's `name` (weights and biases of Q and K).
    public func rowOrder(_ name: String, heads: Int, keyValueHeads: Int) -> RowOrder {
        guard interleavesQueryAndKey, let (_, rest) = NameTable.split(name, after: "model.layers.") else {
            return .asStored
        }
        if rest.hasPrefix("self_attn.q_proj.") { return .interleavedHalves(heads: heads) }
        if rest.hasPrefix("self_attn.k_proj.") { return .interleavedHalves(heads: keyValueHeads) }
        return .asStored
    }

    /// Every pair of the table for a model of `layers` layers.
    public func pairs(layers: Int) -> [(gguf: String, huggingFace: String)] {
        once
            + (0..<layers).flatMap { layer in
                inLayer.map { ("blk.\(layer).\($0.gguf)", "model.layers.\(layer).\($0.huggingFace)") }
            }
    }

    /// The layer number after `prefix` and what follows it. Numbers are written in one way only: no sign, no leading zero.
    private static func split(_ name: String, after prefix: String) -> (layer: Int, rest: Substring)? {
        guard name.hasPrefix(prefix) else { return nil }
        let tail = name.dropFirst(prefix.count)
        guard let dot = tail.firstIndex(of: "."), let layer = Int(tail[..<dot]), layer >= 0,
            String(layer) == tail[..<dot]
        else { return nil }
        return (layer, tail[tail.index(after: dot)...])
    }
}
