// From named tensors to the parts of a model. Collects everything that is missing, mis-shaped or left over; fails once.

import Kernels
import Tensors
import Vocabulary
import WeightFiles

/// The parts of a decoder, found in a `WeightSource`.
struct ModelWeights {
    let input: InputEmbedding
    /// The embedding itself where the model is tied.
    let head: FrozenTensor
    let headBias: ConstantVector?
    let finalNorm: FinalNorm
    /// Nil where there is none.
    let pooler: LinearLayer?
    let top: TopLayers
    /// Nil where there is none.
    let encoder: TextEncoder?
    let blocks: [DecoderBlock]
    let norms: [BaseNorm]

    init(_ configuration: ModelConfiguration, from source: any WeightSource) throws {
        guard let names = configuration.weightNames else {
            throw ModelConfigurationError.unsupportedArchitecture(
                found: configuration.family, supported: ModelConfiguration.supportedFamilies)
        }
        var collector = WeightCollector(source, names, configuration)
        let (width, shape) = (configuration.width, [configuration.vocabularySize, configuration.width] as Shape)
        let input = collector.input(configuration.embedding, shape)
        let encoder = configuration.encoder.flatMap { collector.encoder($0, width: width) }
        let blocks = collector.stack(configuration.blocks, bias: .positionBias, width: width)
        let finalNorm = collector.norm(.finalNorm, ifThere: configuration.finalNorm, width)
        let head = configuration.isTied ? input?.tokens : collector.matrix(.head, shape)
        let headBias =
            configuration.head.hasBias
            ? collector.vector(names.path(.head) + ".bias", configuration.vocabularySize) : nil
        let pooler = collector.pooler(configuration, width)
        let top = collector.top(configuration, pooler ?? nil)
        try collector.finish(isTied: configuration.isTied)
        guard let input, let head, let finalNorm, let pooler, blocks.count == configuration.layers,
            encoder?.stack.blocks.count == configuration.encoder?.blocks.count
        else {
            preconditionFailure("a part is missing that no problem was recorded for")
        }
        self.input = input
        self.head = head
        self.headBias = headBias
        self.finalNorm = FinalNorm(norm: finalNorm)
        self.pooler = pooler
        self.top = top
        self.encoder = encoder
        self.blocks = blocks
        norms = collector.norms
    }
}

/// Asks for tensors one by one and remembers what was wrong.
struct WeightCollector {
    let source: any WeightSource
    let names: WeightNames
    private let configuration: ModelConfiguration
    var problems: [ModelLoadError.Problem] = []
    var wanted = Set<String>()
    /// Norms found, by their number.
    var norms: [BaseNorm] = []
    /// Linear layers found.
    private var layerCount = 0
    /// Whether layers are the encoder's.
    private(set) var isInEncoder = false
    /// What the blocks of the stack add to scores by distance.
    private var bias: PositionBiases?

    init(_ source: any WeightSource, _ names: WeightNames, _ configuration: ModelConfiguration) {
        (self.source, self.names, self.configuration) = (source, names, configuration)
    }

    mutating func matrix(_ role: WeightRole, _ shape: Shape) -> FrozenTensor? {
        tensor(names.path(role) + ".weight", shape)
    }

    mutating func tensor(_ path: String, _ shape: Shape) -> FrozenTensor? {
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

    /// - Parameter offset: what is added to each of Hugging Face's numbers.
    mutating func vector(_ path: String, _ count: Int, offset: Float = 0) -> ConstantVector? {
        guard let tensor = tensor(path, [count]) else { return nil }
        let values = Widening.floats(
            FrozenTensor(
                name: tensor.name, dtype: tensor.dtype, shape: tensor.shape, storage: tensor.storage,
                byteOffset: tensor.byteOffset))
        if let index = values.firstIndex(where: { !$0.isFinite }) {
            problems.append(.notFinite(path: path, index: index))
        }
        // In one sum: what is stored with 1 added and used with 1 added stays as it is stored.
        let added = offset - (tensor.form == .plusOne ? 1 : 0)
        // A vector's elements are the rows of its projection, so they come in the projection's order.
        return ConstantVector(values.indices.map { values[tensor.form.storedRow($0, of: count)] + added })
    }

    private mutating func layer(
        _ role: WeightRole, _ layer: Int?, expert: Int? = nil, _ inputSize: Int, _ outputSize: Int, hasBias: Bool,
        adapterPlace: AdapterPlace? = nil
    ) -> LinearLayer? {
        self.layer(
            at: names.path(role, layer: layer, expert: expert, inEncoder: isInEncoder), inputSize, outputSize,
            hasBias: hasBias, adapterPlace: adapterPlace ?? (names.hasAdapters(role) ? .module : .nowhere))
    }

    mutating func layer(
        at path: String, _ inputSize: Int, _ outputSize: Int, hasBias: Bool, adapterPlace: AdapterPlace,
        tasks: Set<TaskKind>? = nil
    ) -> LinearLayer? {
        let weight = tensor(path + ".weight", [outputSize, inputSize])
        let bias = hasBias ? vector(path + ".bias", outputSize) : nil
        guard let weight, hasBias == (bias != nil) else { return nil }
        defer { layerCount += 1 }
        return LinearLayer(
            path: path, number: layerCount, weight: weight, bias: bias, adapterPlace: adapterPlace, tasks: tasks,
            isBesideEncoder: names.hasEncoder)
    }

    /// The embedding with all that is added to it.
    /// - Parameter shape: of the tokens' table, `[V, C]`.
    mutating func input(_ spec: EmbeddingSpec, _ shape: Shape) -> InputEmbedding? {
        let width = shape[1], tokens = matrix(.embedding, shape)
        let positions = spec.positions.flatMap { matrix(.positionEmbedding, [$0.count, width]) }
        let types = spec.tokenTypes > 0 ? matrix(.typeEmbedding, [spec.tokenTypes, width]) : nil
        let norm = norm(.embeddingNorm, ifThere: spec.norm, width, isTrainable: false)
        guard let tokens, let norm, (positions != nil) == (spec.positions != nil),
            (types != nil) == (spec.tokenTypes > 0)
        else { return nil }
        return InputEmbedding(spec: spec, tokens: tokens, positions: positions, types: types, norm: norm)
    }

    /// How a sublayer joins the stream: nil where a norm was asked for and not found.
    private mutating func join(
        output: (role: WeightRole, spec: NormSpec?), stream: (role: WeightRole, spec: NormSpec?), scale: Float,
        layer: Int, _ width: Int
    ) -> ResidualJoin? {
        let outputNorm = norm(output.role, layer: layer, ifThere: output.spec, width)
        let streamNorm = norm(stream.role, layer: layer, ifThere: stream.spec, width)
        guard let outputNorm, let streamNorm else { return nil }
        return ResidualJoin(outputNorm: outputNorm, scale: scale, streamNorm: streamNorm)
    }

    mutating func encoder(_ spec: EncoderSpec, width: Int) -> TextEncoder? {
        isInEncoder = true
        let blocks = stack(spec.blocks, bias: .encoderPositionBias, width: width)
        isInEncoder = false
        guard let norm = norm(.encoderNorm, ifThere: spec.finalNorm, width) else { return nil }
        return TextEncoder(spec: spec, stack: BlockStack(blocks), finalNorm: FinalNorm(norm: norm))
    }

    /// The blocks of a stack, as many as were found whole.
    /// - Parameter role: of what they add to scores by distance, where they do.
    mutating func stack(_ specs: [BlockSpec], bias role: WeightRole, width: Int) -> [DecoderBlock] {
        bias = specs.first.flatMap { spec in
            spec.attention.bias.flatMap { bias in
                matrix(role, [bias.buckets, spec.attention.shape.heads]).map {
                    PositionBiases(buckets: $0, farthest: bias.farthest, mask: spec.attention.shape.mask)
                }
            }
        }
        return specs.enumerated().compactMap { block($1, layer: $0, width: width) }
    }

    private mutating func block(_ spec: BlockSpec, layer: Int, width: Int) -> DecoderBlock? {
        // Where both have a norm of their own side by side, these may be called otherwise.
        let isBeside = spec.isParallel && !spec.sharesNorm && names.has(.besideAttentionNorm)
        let attention = attention(
            spec.attention, norm: isBeside ? .besideAttentionNorm : .attentionNorm, layer, width)
        let cross = spec.crossAttention.flatMap { crossAttention($0, layer, width) }
        // Where the attention was not found, the norm is told of already.
        let norm: Norm?? =
            spec.sharesNorm
            ? .some(attention?.norm)
            : norm(
                isBeside ? .besideFeedForwardNorm : .feedForwardNorm, layer: layer, ifThere: spec.feedForward.norm,
                width)
        let feedForward: (any Sublayer)? =
            if let experts = spec.feedForward.experts {
                self.experts(experts, of: spec.feedForward, norm, layer, width)
            } else {
                self.feedForward(spec.feedForward, norm, layer, width)
            }
        guard let attention, let feedForward, (cross == nil) == (spec.crossAttention == nil) else { return nil }
        let between: [any Sublayer] = cross.map { [$0] } ?? []
        return DecoderBlock(
            spec.isParallel ? [ParallelSublayer([attention, feedForward])] : [attention] + between + [feedForward])
    }

    private mutating func crossAttention(
        _ spec: AttentionSpec, _ index: Int, _ width: Int
    ) -> CrossAttentionSublayer? {
        let shape = spec.shape
        let norm = norm(.crossNorm, layer: index, ifThere: spec.norm, width)
        let query = layer(.crossQuery, index, width, shape.queryWidth, hasBias: spec.hasInputBias)
        let key = layer(.crossKey, index, width, shape.keyValueWidth, hasBias: spec.hasInputBias)
        let value = layer(.crossValue, index, width, shape.keyValueWidth, hasBias: spec.hasInputBias)
        let output = layer(.crossOutput, index, shape.queryWidth, width, hasBias: spec.hasOutputBias)
        guard let norm, let query, let key, let value, let output else { return nil }
        return CrossAttentionSublayer(
            shape: shape, layer: index, norm: norm, join: ResidualJoin(scale: spec.residualScale), query: query,
            key: key, value: value, output: output)
    }

    private mutating func attention(
        _ spec: AttentionSpec, norm role: WeightRole, _ index: Int, _ width: Int
    ) -> AttentionSublayer? {
        let shape = spec.shape
        let norm = norm(role, layer: index, ifThere: spec.norm, width)
        let input = projection(
            spec.projection, [.query, .key, .value], fused: .queryKeyValue, index, width,
            [shape.queryWidth, shape.keyValueWidth, shape.keyValueWidth], hasBias: spec.hasInputBias)
        let queryNorm = headNorm(.queryNorm, index, spec, count: shape.heads)
        let keyNorm = headNorm(.keyNorm, index, spec, count: shape.groups)
        let output = layer(.attentionOutput, index, shape.queryWidth, width, hasBias: spec.hasOutputBias)
        let join = join(
            output: (.attentionOutputNorm, spec.outputNorm), stream: (.attentionStreamNorm, spec.streamNorm),
            scale: spec.residualScale, layer: index, width)
        guard let norm, let input, let queryNorm, let keyNorm, let output, let join else { return nil }
        return AttentionSublayer(
            shape: shape, layer: index, norm: norm, queryNorm: queryNorm, keyNorm: keyNorm,
            bias: spec.bias == nil ? nil : bias, join: join, input: input, output: output)
    }

    private mutating func feedForward(
        _ spec: FeedForwardSpec, _ norm: Norm??, _ index: Int, _ width: Int
    ) -> FeedForwardSublayer? {
        let input = projection(
            spec.projection, spec.isGated ? [.gate, .up] : [names.has(.plainUp) ? .plainUp : .up],
            fused: .gateUp, index, width,
            Array(repeating: spec.width, count: spec.isGated ? 2 : 1), hasBias: spec.hasBias)
        let down = layer(.down, index, spec.width, width, hasBias: spec.hasBias)
        let join = join(
            output: (.feedForwardOutputNorm, spec.outputNorm), stream: (.feedForwardStreamNorm, spec.streamNorm),
            scale: spec.residualScale, layer: index, width)
        guard let norm, let input, let down, let join else { return nil }
        return FeedForwardSublayer(
            norm: norm, join: join, activation: spec.activation, input: input, isGated: spec.isGated, down: down)
    }

    /// The layers of one input: one for each of `roles`, or one called `fused` for all.
    private mutating func projection(
        _ spec: ProjectionSpec, _ roles: [WeightRole], fused: WeightRole, _ index: Int, _ width: Int,
        _ parts: [Int], hasBias: Bool
    ) -> Projection? {
        switch spec {
        case .separate:
            let layers = zip(roles, parts).map { layer($0, index, width, $1, hasBias: hasBias) }
            let found = layers.compactMap { $0 }
            return found.count == parts.count ? Projection(separate: found) : nil
        case .fused(let blocks):
            return layer(fused, index, width, parts.reduce(0, +), hasBias: hasBias).map {
                Projection($0, parts: parts, blocks: blocks)
            }
        }
    }

    /// Where adapters stand on a layer that may be a part of a parameter.
    private func place(
        _ role: WeightRole, _ layer: Int, part: Int = 0, parts: Int = 1, rows: Range<Int>, rowCount: Int
    ) -> AdapterPlace {
        guard let parameter = names.parameter(role, layer: layer) else { return .module }
        return .parameter(
            ParameterPlace(
                module: parameter.module, name: parameter.name, part: part, parts: parts, rows: rows,
                rowCount: rowCount))
    }

    private mutating func experts(
        _ spec: ExpertsSpec, of network: FeedForwardSpec, _ norm: Norm??, _ index: Int, _ width: Int
    ) -> ExpertsSublayer? {
        let (inner, hasBias) = (network.width, network.hasBias)
        let router = layer(
            .router, index, width, spec.count, hasBias: false,
            adapterPlace: place(.router, index, rows: 0..<spec.count, rowCount: spec.count))
        let experts = (0..<spec.count).compactMap { expert -> Expert? in
            func place(_ role: WeightRole, _ rows: Range<Int>, of count: Int) -> AdapterPlace {
                self.place(role, index, part: expert, parts: spec.count, rows: rows, rowCount: count)
            }
            let gate = layer(
                .expertGate, index, expert: expert, width, inner, hasBias: hasBias,
                adapterPlace: place(.expertGate, 0..<inner, of: 2 * inner))
            let up = layer(
                .expertUp, index, expert: expert, width, inner, hasBias: hasBias,
                adapterPlace: place(.expertUp, inner..<2 * inner, of: 2 * inner))
            let down = layer(
                .expertDown, index, expert: expert, inner, width, hasBias: hasBias,
                adapterPlace: place(.expertDown, 0..<width, of: width))
            guard let gate, let up, let down else { return nil }
            return Expert(gate: gate, up: up, down: down)
        }
        let join = join(
            output: (.feedForwardOutputNorm, network.outputNorm), stream: (.feedForwardStreamNorm, network.streamNorm),
            scale: network.residualScale, layer: index, width)
        guard let norm, let router, let join, experts.count == spec.count else { return nil }
        return ExpertsSublayer(
            spec, norm: norm, join: join, router: router, experts: experts, activation: network.activation)
    }

    /// Throws if anything was wrong, or if the file holds tensors that nobody asked for.
    mutating func finish(isTied: Bool) throws {
        for path in source.paths
        where !wanted.contains(path) && !names.unread.contains(path) && !isHarmless(path, isTied: isTied) {
            problems.append(
                .unused(path: path, closest: problems.count < 20 ? closestName(to: path, among: wanted.sorted()) : nil))
        }
        // What GGUF holds beside the weights; the configuration has read it already.
        for name in source.otherNames where name != "rope_freqs.weight" {
            problems.append(.unused(path: name, closest: nil))
        }
        guard problems.isEmpty else { throw ModelLoadError(location: source.location, problems: problems) }
    }

    /// Tensors that are no part of what is computed: frequencies, masks and positions that follow from the configuration, which older tools
    /// wrote beside the weights, the head's second copy of a tied embedding, and heads that the configuration's notes name.
    private func isHarmless(_ path: String, isTied: Bool) -> Bool {
        names.isBuffer(path) || path.hasSuffix("embeddings.position_ids")
            || (isTied && path == names.head.map { $0 + ".weight" }) || names.isOfOtherHead(path)
            || configuration.isOfOwnHead(path)
    }
}
