// What is trained beside adapters: numbers in the place of the base's own, with their gradients. Passes ask here, by the place where
// a number acts.

import Kernels
public import Tensors

/// Parameters of a base that are trained in its place.
public final class TrainedParts {
    /// A parameter with its numbers.
    public struct Part {
        let parameter: BaseParameter
        let matrix: TrainedMatrix
        /// The tokens whose rows of a table alone are trained, in the numbers' order; nil: all of the parameter.
        let tokens: [Int32]?
        /// Whether the rows are those of the head, too: where it is the embedding.
        let isTied: Bool

        /// - Precondition: the parameter can be trained, and the numbers are as many as it asks for.
        public init(
            _ parameter: BaseParameter, _ matrix: TrainedMatrix, tokens: [Int32]? = nil, isTied: Bool = false
        ) {
            precondition(parameter.isTrainable && matrix.values.columns == parameter.columns)
            precondition(matrix.values.rows == tokens?.count ?? parameter.rows)
            (self.parameter, self.matrix, self.tokens, self.isTied) = (parameter, matrix, tokens, isTied)
        }
    }

    /// All of a weight.
    struct Whole {
        /// A view of the numbers, for products and look-ups.
        let tensor: FrozenTensor
        let gradients: Matrix
    }

    /// Some rows of a table.
    struct Rows {
        let tokens: [Int32]
        /// The row of each token.
        let places: [Int32: Int32]
        let matrix: TrainedMatrix

        init(_ tokens: [Int32], _ matrix: TrainedMatrix) {
            self.tokens = tokens
            self.matrix = matrix
            places = Dictionary(uniqueKeysWithValues: zip(tokens, (0..<Int32(tokens.count))))
        }
    }

    /// Holds the numbers.
    private let slab: ParameterSlab
    private(set) var embedding: Whole?
    private(set) var positions: Whole?
    private(set) var embeddingRows: Rows?
    /// Those of tokens that stand before each text, which have the ids after the vocabulary's.
    private(set) var prompt: Rows?
    /// Keys and values of such tokens.
    private(set) var prefix: TrainedPrefix?
    private(set) var head: Whole?
    private(set) var headRows: Rows?
    private(set) var headBias: TrainedMatrix?
    private var weights: [Int: Whole] = [:]
    private var biases: [Int: TrainedMatrix] = [:]
    private var norms: [Int: TrainedNorm] = [:]

    /// - Parameters:
    ///   - slab: holds the numbers of `parts`.
    ///   - vocabularySize: V of the model.
    public init(_ parts: [Part], of slab: ParameterSlab, vocabularySize: Int) {
        self.slab = slab
        for part in parts {
            let rows = part.tokens.map { Rows($0, part.matrix) }
            switch part.parameter.place {
            case .tokens:
                if let rows {
                    embeddingRows = rows
                    if part.isTied { headRows = rows }
                } else {
                    embedding = whole(part)
                }
            case .virtualTokens: prompt = Rows(Self.tokens(part, after: vocabularySize), part.matrix)
            case .prefix:
                prefix = TrainedPrefix(tokens: Self.tokens(part, after: vocabularySize), matrix: part.matrix)
            case .positions: positions = whole(part)
            case .head: if let rows { headRows = rows } else { head = whole(part) }
            case .headBias: headBias = part.matrix
            case .weight(let number): weights[number] = whole(part)
            case .bias(let number): biases[number] = part.matrix
            case .normWeight(let number, let offset): norm(number).setWeight(part.matrix, offset: offset)
            case .normBias(let number): norm(number).bias = part.matrix
            case .untrained: preconditionFailure("\(part.parameter.path) is not trained")
            }
        }
    }

    /// Ids for the rows of `part`, which no text has.
    private static func tokens(_ part: Part, after vocabularySize: Int) -> [Int32] {
        (0..<part.parameter.rows).map { Int32(vocabularySize + $0) }
    }

    private func norm(_ number: Int) -> TrainedNorm {
        let norm = norms[number] ?? TrainedNorm(slab)
        norms[number] = norm
        return norm
    }

    private func whole(_ part: Part) -> Whole {
        let values = part.matrix.values
        // The view lives no longer than the slab, which is held here.
        let storage = Storage(bytes: UnsafeRawBufferPointer(start: values.pointer, count: values.byteCount)) {}
        return Whole(
            tensor: FrozenTensor(
                name: part.parameter.path, dtype: .f32, shape: [values.rows, values.columns], storage: storage,
                byteOffset: 0),
            gradients: part.matrix.gradients)
    }

    /// Another number whenever the numbers were changed.
    var revision: Int { slab.revision }

    /// Whether anything is trained on which the first rows of the stream depend.
    var trainsInput: Bool { embedding != nil || positions != nil || !inputRows.isEmpty }

    /// Tokens before each text, which have the ids after the vocabulary's.
    var virtualTokens: [Int32] { prompt?.tokens ?? prefix?.tokens ?? [] }

    /// Rows that take the place of those of the embedding.
    var inputRows: [Rows] { [embeddingRows, prompt].compactMap { $0 } }

    /// Whether the gradient of what `block` reads is needed for its own norms.
    func trainsNorms(of block: DecoderBlock) -> Bool {
        !norms.isEmpty && block.norms.contains { $0.number.map { norms[$0] != nil } ?? false }
    }

    /// Whether anything of `block` is trained.
    func trains(_ block: DecoderBlock) -> Bool {
        prefix != nil || trainsNorms(of: block)
            || block.linearLayers.contains { weights[$0.number] != nil || biases[$0.number] != nil }
    }

    /// The weight that is trained in the place of the layer's; nil where none is.
    func weight(of layer: LinearLayer) -> Whole? { weights.isEmpty ? nil : weights[layer.number] }

    /// The bias that is trained in the place of the layer's; nil where none is.
    func bias(of layer: LinearLayer) -> TrainedMatrix? { biases.isEmpty ? nil : biases[layer.number] }

    /// The norm with what is trained of it.
    /// - Parameter measures: whether only memory is counted, and no number is looked at.
    func norm(_ norm: Norm, measures: Bool) -> Norm {
        guard let number = norm.number, let trained = norms[number] else { return norm }
        return norm.with(trained, measures: measures)
    }
}
