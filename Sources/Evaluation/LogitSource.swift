// Where the predictions come from that two models are compared by: a model that is run, or a file that keeps what one
// predicted.

import Kernels
public import Models
public import Tensors

/// Gives the logits of rows, one part of the vocabulary after the other.
public protocol LogitSource {
    /// Whether its numbers are logarithms of probabilities, of which those that count for nothing may be left out.
    var isLogProbability: Bool { get }

    /// Makes ready for the rows of `batch` that carry loss, in their order.
    ///
    /// - Parameters:
    ///   - examples: the numbers that the batch's examples have among all.
    ///   - workspace: holds what the reader reads, until the end of the enclosing scope.
    /// - Returns: puts the logits of some tokens, `[rows, tokens]`, into a matrix.
    func reader(_ batch: TokenBatch, examples: Range<Int>, workspace: Workspace) throws -> LogitReader
}

/// Puts the logits of the tokens of a range into a matrix `[rows, tokens]`, fp32.
public typealias LogitReader = (_ tokens: Range<Int>, _ logits: Matrix) throws -> Void

/// A model with the adapters that it has.
public struct ModelLogits: LogitSource {
    public let isLogProbability = false
    private let model: LanguageModel

    public init(_ model: LanguageModel) { self.model = model }

    public func reader(_ batch: TokenBatch, examples: Range<Int>, workspace: Workspace) throws -> LogitReader {
        let states = workspace.matrix(
            rows: batch.targetCount, columns: model.configuration.width, type: model.precision)
        try model.pass(batch, workspace: workspace).run { Elements.copy($0.hidden, into: states) }
        // What acts on the model now acts on its head, too, when the states are read.
        let adapters = model.adapters
        return { [model] tokens, logits in
            let others = model.adapters
            model.adapters = adapters
            defer { model.adapters = others }
            model.logits(of: states, tokens: tokens, into: logits, workspace: workspace)
        }
    }
}
