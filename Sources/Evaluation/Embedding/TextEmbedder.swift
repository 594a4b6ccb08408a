// Texts to vectors: cut into tokens, sorted by length into batches without padding, read, pooled, brought to length 1.

public import Models
public import Tensors
public import Tokenizers
public import Vocabulary

/// Makes vectors of texts, `[n, d]`, in the order in which they are given.
///
/// A text's vector depends on the text alone, bit for bit, whatever is read beside it. It is for one thread at a time.
public final class TextEmbedder {
    public let model: LanguageModel
    public let settings: SentenceSettings
    /// d.
    public let width: Int
    /// The most tokens that are read of a text, those put around it included.
    public let mostTokens: Int
    /// Texts so far of which not all was read.
    public private(set) var cutTexts = 0
    private let tokenizer: Tokenizer
    private let workspace: Workspace

    /// Rows that are read together, but for a longer text.
    public static let rowsAtOnce = 2_048

    /// - Parameters:
    ///   - width: how many of a vector's numbers are kept, the first; nil for all.
    ///   - mostTokens: of a text, where it is fewer than the model and the settings allow.
    /// - Throws: `EmbeddingError` for a width that the model does not have, or no room for a token of text.
    public init(
        _ model: LanguageModel, _ tokenizer: Tokenizer, _ settings: SentenceSettings, width: Int? = nil,
        mostTokens: Int? = nil, workspace: Workspace = Workspace()
    ) throws(EmbeddingError) {
        let own = model.configuration.width
        if let width, !(1...own).contains(width) { throw .width(width, own: own) }
        let limits = [mostTokens, settings.mostTokens, model.configuration.contextLength].compactMap { $0 }
        let around = tokenizer.tokensAround
        let most = limits.min() ?? model.configuration.contextLength
        guard most > around.before.count + around.after.count else {
            throw .noRoom(mostTokens: most, around: around.before.count + around.after.count)
        }
        self.model = model
        self.tokenizer = tokenizer
        self.settings = settings
        self.width = width ?? own
        self.mostTokens = most
        self.workspace = workspace
    }

    /// Workspace bytes that it needs, whatever the texts are.
    public var predictedBytes: Int {
        model.predictedPoolingBytes(rows: max(Self.rowsAtOnce, mostTokens), settings.pooling)
    }

    /// The tokens of `text` as they are read, and whether that is all of it.
    public func tokens(of text: String) -> (ids: [Int32], isWhole: Bool) {
        settings.tokens(of: text, tokenizer, most: mostTokens)
    }

    /// The vectors of `texts`, in their order.
    /// - Throws: `ModelError` for a token that the model does not have, `EmbeddingError` for a text without a token and a vector that
    ///   is not finite.
    public func vectors(of texts: [String]) throws -> [[Float]] {
        try vectors(
            ofTokens: texts.map { text in
                let (read, isWhole) = tokens(of: text)
                if !isWhole { cutTexts += 1 }
                return read
            })
    }

    /// The vectors of texts whose tokens are `ids`, as they are read, in their order.
    /// - Throws: as `vectors(of:)`.
    public func vectors(ofTokens ids: [[Int32]]) throws -> [[Float]] {
        if let empty = ids.firstIndex(where: \.isEmpty) { throw EmbeddingError.empty(text: empty) }
        var vectors = [[Float]](repeating: [], count: ids.count)
        // Of equal lengths in the order given: the same texts are read together however sorting is done.
        let order = ids.indices.sorted { (ids[$0].count, $0) < (ids[$1].count, $1) }
        var start = 0
        while start < order.count {
            var end = start, rows = 0
            while end < order.count, end == start || rows + ids[order[end]].count <= Self.rowsAtOnce {
                rows += ids[order[end]].count
                end += 1
            }
            let numbers = order[start..<end]
            for (number, vector) in zip(numbers, try read(numbers.map { ids[$0] })) {
                guard vector.allSatisfy(\.isFinite) else { throw EmbeddingError.notFinite(text: number) }
                vectors[number] = vector
            }
            start = end
        }
        return vectors
    }

    private func read(_ texts: [[Int32]]) throws -> [[Float]] {
        let batch = TokenBatch(texts: texts, reads: settings.pooling.reads)
        return try model.pass(batch, workspace: workspace).run { rows in
            rows.withWorkspace { workspace in
                let pooled = workspace.matrix(rows: texts.count, columns: model.configuration.width)
                rows.pool(settings.pooling, into: pooled)
                return texts.indices.map { finished(Array(pooled.rows($0..<$0 + 1).floats.prefix(width))) }
            }
        }
    }

    /// The vector with a length of 1, where that is wanted; one of zeros stays.
    private func finished(_ vector: [Float]) -> [Float] {
        guard settings.isNormalized else { return vector }
        let length = vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        return vector.map { Float(Double($0) / max(length, 1e-12)) }
    }
}

extension SentenceSettings {
    /// The tokens of `text` as they are read for its vector, at most `most`, and whether that is all of it.
    /// - Precondition: `most` leaves room beside the tokens that the tokenizer puts around a text.
    public func tokens(of text: String, _ tokenizer: Tokenizer, most: Int) -> (ids: [Int32], isWhole: Bool) {
        var text = prompt + text
        if lowercases { text = text.lowercased() }
        let ids = tokenizer.encode(text, addSpecialTokens: false).ids, around = tokenizer.tokensAround
        let room = most - around.before.count - around.after.count
        return (around.before + ids.prefix(room) + around.after, ids.count <= room)
    }
}

/// Why texts do not become vectors.
public enum EmbeddingError: ClassifiedError, Equatable {
    case width(Int, own: Int)
    case noRoom(mostTokens: Int, around: Int)
    case empty(text: Int)
    case notFinite(text: Int)

    public var kind: FailureKind { .badInput }

    public var description: String {
        switch self {
        case .width(let width, let own): "vectors of \(width) numbers, where the model's have \(own)"
        case .noRoom(let most, let around):
            "\(most) tokens of a text, \(around) of which the tokenizer puts around it: raise data.max_length"
        case .empty(let text): "text \(text) has no token"
        case .notFinite(let text): "the vector of text \(text) is not finite: numbers of the model are too large"
        }
    }
}
