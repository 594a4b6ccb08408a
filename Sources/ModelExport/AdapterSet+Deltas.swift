// From adapters, attached or in a PEFT directory, to what a merge adds.

public import Adapters
public import Foundation
public import WeightFiles

extension AdapterSet {
    /// ΔW of every member, in network order.
    public var lowRankDeltas: [LowRankDelta] { members.map { LowRankDelta(path: $0.path, $0.adapter) } }
}

extension AdaptableLayer {
    private static let projections = [
        "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj",
        "mlp.down_proj",
    ]

    /// The linear layers of the decoder in `base`, in network order, the head last. Nothing is loaded.
    public static func layers(of base: any WeightSource) -> [AdaptableLayer] {
        var layers: [AdaptableLayer] = []
        func append(_ path: String, weight: String) -> Bool {
            guard let shape = base.shape(at: weight + ".weight"), shape.rank == 2 else { return false }
            layers.append(AdaptableLayer(path: path, inputSize: shape[1], outputSize: shape[0]))
            return true
        }
        var number = 0
        while true {
            let found = projections.map {
                append("model.layers.\(number).\($0)", weight: "model.layers.\(number).\($0)")
            }
            guard found.contains(true) else { break }
            number += 1
        }
        // A tied head may have an adapter of its own: the merge then unties it.
        _ = append("lm_head", weight: "lm_head") || append("lm_head", weight: "model.embed_tokens")
        return layers
    }
}

extension ModelMerger {
    /// Merges the adapter in the PEFT directory `adapter` and writes the folder `output`.
    public func merge(
        peft adapter: URL, into output: URL, options: ModelOutputOptions = ModelOutputOptions()
    ) throws -> MergeResult {
        let set = try AdapterSet(PEFTDirectory(adapter), for: AdaptableLayer.layers(of: base))
        return try merge(set.lowRankDeltas, expectedPaths: set.coverage.matched, into: output, options: options)
    }
}
