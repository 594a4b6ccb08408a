// How much each column of each linear layer weighs: Σ x² over token rows.

import Kernels
public import Tensors

/// The sums of squares of what linear layers were given.
public struct InputSquares: Sendable {
    /// Paths of the layers that share the input, in network order.
    public let paths: [String]
    /// Σ x², a number a column.
    public let sums: [Double]
    /// The rows: of an expert's layers those that went to it.
    public let rows: Int
}

extension LanguageModel {
    /// The sums over all rows of `batches`, with the adapters that the model has: in network order, the same for the same
    /// batches whatever the threads.
    /// - Parameter onBatch: told after each batch how many are done; what it throws ends the work.
    public func inputSquares(
        of batches: [TokenBatch], workspace: Workspace, onBatch: (Int) throws -> Void = { _ in }
    ) throws -> [InputSquares] {
        var found: [(paths: [String], sums: [Double], rows: Int)] = []
        for (number, batch) in batches.enumerated() {
            var place = 0
            try layerInputs(batch, workspace: workspace) { input in
                if number == 0 {
                    found.append((input.layers.map(\.path), Array(repeating: 0, count: input.rows.columns), 0))
                }
                found[place].rows += input.rows.rows
                found[place].sums.withUnsafeMutableBufferPointer {
                    SecondMoments.addSquares(of: input.rows, to: $0)
                }
                place += 1
            }
            try onBatch(number + 1)
        }
        return found.map { InputSquares(paths: $0.paths, sums: $0.sums, rows: $0.rows) }
    }
}
