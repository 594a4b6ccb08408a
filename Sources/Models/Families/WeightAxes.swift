// What the rows and columns of weights stand for: for who leaves parts of a model out.

/// What there may be fewer of.
public enum WeightAxis: Sendable {
    /// A row a token.
    case tokens
    /// As many rows (or columns) a query head as a head is wide.
    case queryHeads
    /// The same of key and value heads.
    case keyHeads
    /// One an inner channel of the feed-forward network.
    case innerChannels
}

extension WeightNames {
    /// What the rows and columns of Hugging Face's `name` stand for; nil where that is the width of the stream or of a head. The
    /// numbers of a bias are rows.
    public func axes(of name: String) -> (rows: WeightAxis?, columns: WeightAxis?) {
        switch role(of: name) {
        case .embedding, .head: (.tokens, nil)
        case .query: (.queryHeads, nil)
        case .key, .value: (.keyHeads, nil)
        case .attentionOutput: (nil, .queryHeads)
        case .gate, .up, .plainUp: (.innerChannels, nil)
        case .down: (nil, .innerChannels)
        // Parts of one layer are not left out one by one.
        case nil, .queryKeyValue, .gateUp, .besideAttentionNorm, .besideFeedForwardNorm, .positionEmbedding,
            .typeEmbedding, .embeddingNorm, .finalNorm, .pooler,
            .attentionNorm, .queryNorm, .keyNorm, .attentionOutputNorm, .attentionStreamNorm, .feedForwardNorm,
            .feedForwardOutputNorm, .feedForwardStreamNorm, .router, .expertGate, .expertUp, .expertDown,
            .positionBias, .encoderPositionBias, .encoderNorm, .crossNorm, .crossQuery, .crossKey, .crossValue,
            .crossOutput:
            (nil, nil)
        }
    }
}

extension ModelConfiguration {
    /// How many tensors of Hugging Face's stand in GGUF's stack in which `name` has its part: as many as there are experts, or heads
    /// with a norm of their own.
    public func stackedParts(_ name: String) -> Int {
        let shape = blocks.first?.attention.shape
        return switch weightNames?.role(of: name) {
        case .expertGate, .expertUp, .expertDown: blocks.lazy.compactMap(\.feedForward.experts).first?.count ?? 0
        case .queryNorm: shape?.heads ?? 0
        case .keyNorm: shape?.groups ?? 0
        default: 1
        }
    }
}
