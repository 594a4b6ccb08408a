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
        case .gate, .up: (.innerChannels, nil)
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
