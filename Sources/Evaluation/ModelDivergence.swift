// How far a model's predictions lie from those of a reference, target token by target token.

public import Datasets
import Kernels
public import Models
import Objectives
public import Tensors
public import Vocabulary

/// The predictions of two models on the same rows.
public struct ModelDivergence: Sendable {
    /// The names of what is summed of each example beside the loss.
    public static let divergence = "divergence"
    public static let sameChoice = "same_choice"

    /// The reference's losses, example by example.
    public private(set) var reference = HeldOutScores(rows: [])
    /// The other's, with the divergences of its predictions and with the tokens for which both make the same first
    /// choice.
    public private(set) var other = HeldOutScores(rows: [])
    /// Of every target token, in their order.
    public private(set) var divergences: [Double] = []

    /// Tokens of the vocabulary whose logits are in memory at once.
    private static let tile = 1536

    /// Compares the predictions of `other` with those of `reference` on the target tokens of `examples`.
    ///
    /// - Parameters:
    ///   - rowLimit: token rows in one batch, at most; a longer example stands alone.
    ///   - onProgress: told after each batch how much is done; what it throws ends the comparison.
    /// - Throws: `DivergenceError` where a prediction is not finite.
    public init(
        of other: any LogitSource, from reference: any LogitSource, on examples: any ExampleSource,
        vocabularySize: Int, rowLimit: Int, workspace: Workspace,
        onProgress: (_ done: EvaluationProgress) throws -> Void = { _ in }
    ) throws {
        var rows: (reference: [NamedSums], other: [NamedSums]) = ([], [])
        var tokens = 0
        for range in Self.batches(of: examples, rowLimit) {
            let batch = TokenBatch(examples: try range.map { try examples.example($0) }.map { ($0.ids, $0.isTarget) })
            let found = try Self.comparisons(
                other, reference, batch, range, vocabularySize: vocabularySize, workspace)
            divergences += found.map(\.divergence)
            var left = found[...]
            for index in range {
                let own = left.prefix(examples.targetCount(index))
                left = left.dropFirst(own.count)
                try Self.requireFinite(own, examples.place(index))
                rows.reference.append(
                    NamedSums(loss: own.reduce(0) { $0 + $1.referenceLoss }, weight: own.count))
                rows.other.append(
                    NamedSums(
                        loss: own.reduce(0) { $0 + $1.otherLoss }, weight: own.count,
                        [
                            Self.divergence: own.reduce(0) { $0 + $1.divergence },
                            Self.sameChoice: Double(own.count { $0.hasSameChoice }),
                        ]))
            }
            tokens += batch.rowCount
            try onProgress(EvaluationProgress(examples: range.upperBound, tokens: tokens))
        }
        (self.reference, self.other) = (HeldOutScores(rows: rows.reference), HeldOutScores(rows: rows.other))
    }

    /// The divergence that the given share of the tokens does not pass; nil where there are none.
    public func quantile(_ share: Double) -> Double? {
        divergences.isEmpty ? nil : Quantile.of(share, sorted: divergences.sorted())
    }

    /// Workspace bytes that a comparison takes on batches of `rows` token rows.
    public static func predictedBytes(_ model: LanguageModel, rows: Int) -> Int {
        let shape = model.configuration, tile = min(tile, shape.vocabularySize)
        let states = 2 * Workspace.byteCount(rows: rows, columns: shape.width)
        let tiles =
            2 * Workspace.byteCount(rows: rows, columns: tile)
            + Panels.byteCount(depth: shape.width, columns: tile, type: .f32)
        return states + max(tiles, model.predictedEvaluationBytes(rows: rows, type: .f32, streamed: true))
    }

    /// Neighbouring examples with at most so many tokens together.
    private static func batches(of examples: any ExampleSource, _ rowLimit: Int) -> [Range<Int>] {
        var batches: [Range<Int>] = []
        var rows = 0
        for index in 0..<examples.count {
            let count = examples.tokenCount(index)
            if let last = batches.last, rows + count <= rowLimit {
                batches[batches.count - 1] = last.lowerBound..<index + 1
                rows += count
            } else {
                batches.append(index..<index + 1)
                rows = count
            }
        }
        return batches
    }

    private static func comparisons(
        _ other: any LogitSource, _ reference: any LogitSource, _ batch: TokenBatch, _ examples: Range<Int>,
        vocabularySize: Int, _ workspace: Workspace
    ) throws -> [PredictionComparison] {
        try workspace.scoped {
            let left = try reference.reader(batch, examples: examples, workspace: workspace)
            let right = try other.reader(batch, examples: examples, workspace: workspace)
            let targets = batch.targets.filter { $0 >= 0 }
            var rows = PredictionRows(targets: targets)
            for start in stride(from: 0, to: vocabularySize, by: tile) {
                let tokens = start..<min(start + tile, vocabularySize)
                try workspace.scoped {
                    func logits(_ read: LogitReader) throws -> Matrix {
                        let logits = workspace.matrix(rows: targets.count, columns: tokens.count)
                        try read(tokens, logits)
                        return logits
                    }
                    rows.add(reference: try logits(left), other: try logits(right), firstToken: start)
                }
            }
            return rows.comparisons(isLogProbability: reference.isLogProbability)
        }
    }

    private static func requireFinite(_ tokens: ArraySlice<PredictionComparison>, _ place: RowPlace) throws {
        for token in tokens {
            guard token.referenceLoss.isFinite else { throw DivergenceError(side: .reference, place: place) }
            guard token.otherLoss.isFinite, token.divergence.isFinite else {
                throw DivergenceError(side: .other, place: place)
            }
        }
    }
}

/// A model predicts what is no number.
public struct DivergenceError: ClassifiedError {
    /// Which of the two.
    public enum Side: String, Sendable {
        case reference
        case other = "written model"
    }

    public let side: Side
    /// The row at which it does.
    public let place: RowPlace

    public var kind: FailureKind { .badInput }
    public var description: String { "\(place): what the \(side.rawValue) predicts is no number" }
}
