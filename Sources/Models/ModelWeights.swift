// From named tensors to the parts of a model. Collects everything that is missing, mis-shaped or left over; fails once.

import Kernels
import Tensors
import WeightFiles

/// The parts of a decoder, found in a `WeightSource`.
struct ModelWeights {
    let embedding: FrozenTensor
    /// The embedding itself where the model is tied.
    let head: FrozenTensor
    let finalNorm: Norm
    let blocks: [DecoderBlock]

    init(_ configuration: ModelConfiguration, from source: any WeightSource) throws {
        var collector = WeightCollector(source)
        let shape: Shape = [configuration.vocabularySize, configuration.width]
        let embedding = collector.matrix("model.embed_tokens.weight", shape)
        let blocks = (0..<configuration.layers).compactMap { layer in
            collector.block(layer, configuration)
        }
        let finalNorm = collector.norm("model.norm.weight", configuration.width, configuration)
        let head = configuration.isTied ? embedding : collector.matrix("lm_head.weight", shape)
        try collector.finish(isTied: configuration.isTied)
        guard let embedding, let head, let finalNorm, blocks.count == configuration.layers else {
            preconditionFailure("a part is missing that no problem was recorded for")
        }
        self.embedding = embedding
        self.head = head
        self.finalNorm = finalNorm
        self.blocks = blocks
    }
}

/// Asks for tensors one by one and remembers what was wrong.
private struct WeightCollector {
    let source: any WeightSource
    var problems: [ModelLoadError.Problem] = []
    var wanted = Set<String>()
    /// Linear layers found.
    private var layerCount = 0

    init(_ source: any WeightSource) { self.source = source }

    mutating func matrix(_ path: String, _ shape: Shape) -> FrozenTensor? {
        wanted.insert(path)
        guard let found = source.shape(at: path) else {
            // One closest name a tensor costs a look at every name; where a whole model is missing nobody reads them all.
            problems.append(
                .missing(path: path, closest: problems.count < 20 ? closestName(to: path, among: source.paths) : nil))
            return nil
        }
        guard found == shape else {
            problems.append(.wrongShape(path: path, expected: shape.description, found: found.description))
            return nil
        }
        do {
            let tensor = try source.tensor(at: path)
            guard Widening.supports(tensor.dtype) else {
                problems.append(.unreadable(path: path, reason: "\(tensor.dtype.rawValue) is no type of weights"))
                return nil
            }
            guard tensor.dtype.byteCount(elements: shape.sizes.last ?? 1) != nil else {
                problems.append(
                    .unreadable(path: path, reason: "its rows do not fill blocks of \(tensor.dtype.rawValue)"))
                return nil
            }
            return tensor
        } catch {
            problems.append(.unreadable(path: path, reason: "\(error)"))
            return nil
        }
    }

    mutating func vector(_ path: String, _ count: Int) -> ConstantVector? {
        guard let tensor = matrix(path, [count]) else { return nil }
        let values = Widening.floats(
            FrozenTensor(
                name: tensor.name, dtype: tensor.dtype, shape: tensor.shape, storage: tensor.storage,
                byteOffset: tensor.byteOffset))
        if let index = values.firstIndex(where: { !$0.isFinite }) {
            problems.append(.notFinite(path: path, index: index))
        }
        // A vector's elements are the rows of its projection, so they come in the projection's order.
        return ConstantVector(values.indices.map { values[tensor.rowOrder.storedRow($0, of: count)] })
    }

    mutating func layer(_ path: String, _ outputSize: Int, _ inputSize: Int, hasBias: Bool) -> LinearLayer? {
        let weight = matrix(path + ".weight", [outputSize, inputSize])
        let bias = hasBias ? vector(path + ".bias", outputSize) : nil
        guard let weight, hasBias == (bias != nil) else { return nil }
        defer { layerCount += 1 }
        return LinearLayer(path: path, number: layerCount, weight: weight, bias: bias)
    }

    mutating func norm(_ path: String, _ count: Int, _ shape: ModelConfiguration) -> Norm? {
        vector(path, count).map { Norm(weight: $0, epsilon: shape.normEpsilon) }
    }

    mutating func block(_ index: Int, _ shape: ModelConfiguration) -> DecoderBlock? {
        let attention = attention(index, shape), feedForward = feedForward(index, shape)
        guard let attention, let feedForward else { return nil }
        return DecoderBlock([attention, feedForward])
    }

    private mutating func attention(_ index: Int, _ shape: ModelConfiguration) -> AttentionSublayer? {
        let block = "model.layers.\(index).", path = block + "self_attn."
        let norm = norm(block + "input_layernorm.weight", shape.width, shape)
        let query = layer(path + "q_proj", shape.queryWidth, shape.width, hasBias: shape.hasAttentionBias)
        let key = layer(path + "k_proj", shape.keyValueWidth, shape.width, hasBias: shape.hasAttentionBias)
        let value = layer(path + "v_proj", shape.keyValueWidth, shape.width, hasBias: shape.hasAttentionBias)
        let queryNorm = shape.hasQueryKeyNorm ? self.norm(path + "q_norm.weight", shape.headWidth, shape) : nil
        let keyNorm = shape.hasQueryKeyNorm ? self.norm(path + "k_norm.weight", shape.headWidth, shape) : nil
        let output = layer(path + "o_proj", shape.width, shape.queryWidth, hasBias: shape.hasOutputBias)
        guard let norm, let query, let key, let value, let output, shape.hasQueryKeyNorm == (queryNorm != nil),
            shape.hasQueryKeyNorm == (keyNorm != nil)
        else { return nil }
        return AttentionSublayer(
            shape: shape.attention(layer: index), layer: index, norm: norm, queryNorm: queryNorm, keyNorm: keyNorm,
            query: query, key: key, value: value, output: output)
    }

    private mutating func feedForward(_ index: Int, _ shape: ModelConfiguration) -> FeedForwardSublayer? {
        let block = "model.layers.\(index).", path = block + "mlp."
        let norm = norm(block + "post_attention_layernorm.weight", shape.width, shape)
        let gate = layer(path + "gate_proj", shape.mlpWidth, shape.width, hasBias: shape.hasMLPBias)
        let up = layer(path + "up_proj", shape.mlpWidth, shape.width, hasBias: shape.hasMLPBias)
        let down = layer(path + "down_proj", shape.width, shape.mlpWidth, hasBias: shape.hasMLPBias)
        guard let norm, let gate, let up, let down else { return nil }
        return FeedForwardSublayer(norm: norm, gate: gate, up: up, down: down)
    }

    /// Throws if anything was wrong, or if the file holds tensors that nobody asked for.
    mutating func finish(isTied: Bool) throws {
        for path in source.paths where !wanted.contains(path) && !Self.isHarmless(path, isTied: isTied) {
            problems.append(
                .unused(path: path, closest: problems.count < 20 ? closestName(to: path, among: wanted.sorted()) : nil))
        }
        // What GGUF holds beside the weights; the configuration has read it already.
        for name in (source as? GGUFWeights)?.otherNames ?? [] where name != "rope_freqs.weight" {
            problems.append(.unused(path: name, closest: nil))
        }
        guard problems.isEmpty else { throw ModelLoadError(location: source.location, problems: problems) }
    }

    /// Tensors that older tools wrote beside the weights: frequencies that follow from the configuration, and the head's
    /// second copy of a tied embedding.
    private static func isHarmless(_ path: String, isTied: Bool) -> Bool {
        path.hasSuffix(".rotary_emb.inv_freq") || (isTied && path == "lm_head.weight")
    }
}
