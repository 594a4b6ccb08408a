// The parameters of a base that can be trained in its place, beside adapters: what they are called, and where they act.

import Kernels
public import Tensors

/// A weight or a bias of the base.
public struct BaseParameter: Sendable, Equatable {
    /// Where it acts in passes.
    enum Place: Sendable, Equatable {
        case tokens, positions, headBias
        /// Of tokens before each text that no text has.
        case virtualTokens
        /// Keys and values of such tokens, in all blocks.
        case prefix
        /// The embedding's own table where it is tied.
        case head(isTied: Bool)
        /// Of the linear layer of that number.
        case weight(Int), bias(Int)
        /// Of the norm of that number, to whose weight `offset` is added.
        case normWeight(Int, offset: Float), normBias(Int)
        /// Where nothing goes back to it.
        case untrained
    }

    /// The module's path: `model.embed_tokens`.
    public let module: String
    /// `weight` or `bias`.
    public let name: String
    public let rows: Int
    public let columns: Int
    /// Whether files hold it as `[columns]`, for its one row.
    public let isVector: Bool
    /// Whether Hugging Face's files hold it as `[columns, rows]`.
    public let isTransposed: Bool
    /// Of the embedding: the keys and values that rows have; nil where blocks differ in that, and of all else.
    public let keyValues: KeyValueSizes?
    let place: Place

    init(
        _ module: String, _ name: String, rows: Int = 1, columns: Int, isVector: Bool = false,
        isTransposed: Bool = false, keyValues: KeyValueSizes? = nil, _ place: Place
    ) {
        (self.module, self.name, self.rows, self.columns) = (module, name, rows, columns)
        (self.isVector, self.isTransposed, self.place) = (isVector, isTransposed, place)
        self.keyValues = keyValues
    }

    /// `model.embed_tokens.weight`.
    public var path: String { module + "." + name }
    /// Whether it can be trained in the base's place.
    public var isTrainable: Bool { place != .untrained }
    /// Whether it is the table in which tokens are looked up.
    public var isEmbedding: Bool { place == .tokens }
    /// Whether it is the weight of the head over the vocabulary.
    public var isHead: Bool { if case .head = place { true } else { false } }
    /// Whether it is the weight of a head that is the embedding.
    public var isTiedHead: Bool { place == .head(isTied: true) }
    /// Whether it is the bias of a linear layer.
    public var isBiasOfLayer: Bool { if case .bias = place { true } else { false } }
}

/// A norm of the base: what it is called, and what it has.
struct BaseNorm {
    let path: String
    /// Whether its gradients are known where it stands.
    let isTrainable: Bool
    /// What is added to Hugging Face's weight.
    let offset: Float
    let hasWeight: Bool
    /// Hugging Face's weight, before the offset.
    let stated: ConstantVector
    let norm: Norm
}

extension BaseParameter {
    /// The table of `count` tokens that stand before each text and that no text has, where this is the table of those that texts have.
    public func ofVirtualTokens(_ count: Int) -> BaseParameter {
        BaseParameter(module, "prompt_embeddings", rows: count, columns: columns, .virtualTokens)
    }

    /// The keys and values of `count` such tokens; nil where there is no such table.
    public func ofPrefix(_ count: Int) -> BaseParameter? {
        keyValues.map {
            BaseParameter(module, "prompt_embeddings", rows: count, columns: $0.columns, keyValues: $0, .prefix)
        }
    }
}

extension LanguageModel {
    /// The parameters of the model that can be trained beside adapters, in the order of the way up. Where it reads with an encoder
    /// there are none: nothing goes back to what both parts share.
    public var baseParameters: [BaseParameter] {
        let names = configuration.weightNames
        guard encoder == nil, let names else { return [] }
        var parameters = [
            BaseParameter(
                names.embedding, "weight", rows: configuration.vocabularySize, columns: configuration.width,
                keyValues: configuration.keyValueSizes, input.norm == nil ? .tokens : .untrained)
        ]
        if let table = input.positions {
            parameters.append(
                BaseParameter(
                    names.path(.positionEmbedding), "weight", rows: table.shape[0], columns: table.shape[1],
                    input.norm == nil ? .positions : .untrained))
        }
        for layer in linearLayers {
            let isTrainable = layer.adapterPlace == .module && layer.tasks == nil
            parameters.append(
                BaseParameter(
                    layer.path, "weight", rows: layer.outputSize, columns: layer.inputSize,
                    isTransposed: layer.weight.form == .transposed, isTrainable ? .weight(layer.number) : .untrained))
            guard layer.bias != nil else { continue }
            parameters.append(
                BaseParameter(
                    layer.path, "bias", columns: layer.outputSize, isVector: true,
                    isTrainable ? .bias(layer.number) : .untrained))
        }
        for (number, norm) in norms.enumerated() {
            let columns = norm.norm.weight.matrix.columns
            if norm.hasWeight {
                parameters.append(
                    BaseParameter(
                        norm.path, "weight", columns: columns, isVector: true,
                        norm.isTrainable ? .normWeight(number, offset: norm.offset) : .untrained))
            }
            guard norm.norm.bias != nil else { continue }
            parameters.append(
                BaseParameter(
                    norm.path, "bias", columns: columns, isVector: true,
                    norm.isTrainable ? .normBias(number) : .untrained))
        }
        guard configuration.writesText else { return parameters }
        let head = names.head ?? Self.headPath
        parameters.append(
            BaseParameter(
                head, "weight", rows: configuration.vocabularySize, columns: configuration.width,
                .head(isTied: configuration.isTied)))
        if headBias != nil {
            parameters.append(
                BaseParameter(head, "bias", columns: configuration.vocabularySize, isVector: true, .headBias))
        }
        return parameters
    }

    /// Copies the base's own numbers of `parameter` into `values`, as Hugging Face has them.
    /// - Parameter tokens: the rows that are wanted, of a table; nil: all.
    public func read(_ parameter: BaseParameter, tokens: [Int32]? = nil, into values: Matrix) {
        switch parameter.place {
        case .tokens: read(input.tokens, tokens, into: values)
        case .positions: if let table = input.positions { read(table, tokens, into: values) }
        case .head: read(storedHead, tokens, into: values)
        case .headBias: if let headBias { Elements.copy(headBias.matrix, into: values) }
        case .weight(let number): read(linearLayers[number].weight, nil, into: values)
        case .bias(let number): if let bias = linearLayers[number].bias { Elements.copy(bias, into: values) }
        case .normWeight(let number, _): Elements.copy(norms[number].stated.matrix, into: values)
        case .normBias(let number):
            if let bias = norms[number].norm.bias { Elements.copy(bias.matrix, into: values) }
        case .virtualTokens, .prefix, .untrained: preconditionFailure("the base has no \(parameter.path)")
        }
    }

    private func read(_ table: FrozenTensor, _ tokens: [Int32]?, into values: Matrix) {
        guard let tokens else { return Widening.widen(table, into: values) }
        tokens.withUnsafeBufferPointer { Widening.gather(table, rows: $0, into: values) }
    }
}
