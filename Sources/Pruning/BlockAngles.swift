// Which run of blocks turns the residual stream least (Gromov et al., "The Unreasonable Ineffectiveness of the Deeper Layers", 2024).

internal import Foundation
public import Models
public import Tensors

/// How far the stream turns over each run of equally many blocks.
public struct BlockAngles: Sendable, Equatable {
    /// Blocks of a run.
    public let run: Int
    /// For the run from block i on: the angle between what enters it and what leaves it, as a share of a half turn, the mean over the
    /// rows that carry loss.
    public let angles: [Double]

    /// Of the runs that turn the stream least the lowest.
    public var least: Range<Int> {
        let start = angles.indices.min { (angles[$0], $0) < (angles[$1], $1) } ?? 0
        return start..<start + run
    }

    /// Measures on all rows of `batches` that carry loss.
    ///
    /// - Parameters:
    ///   - run: blocks that are to go.
    ///   - onBatch: told after each batch how many are done; what it throws ends the work.
    public init(
        _ model: LanguageModel, over batches: [TokenBatch], run: Int, workspace: Workspace,
        onBatch: (Int) throws -> Void = { _ in }
    ) throws {
        let layers = model.configuration.layers
        precondition((1..<layers).contains(run))
        var sums = [Double](repeating: 0, count: layers - run + 1)
        var count = 0
        for (number, batch) in batches.enumerated() {
            let rows = batch.targets.indices.filter { batch.targets[$0] >= 0 }
            try workspace.scoped {
                let streams = try Self.streams(model, batch, workspace)
                for start in sums.indices {
                    for row in rows { sums[start] += Self.angle(streams[start], streams[start + run], row: row) }
                }
            }
            count += rows.count
            try onBatch(number + 1)
        }
        guard count > 0 else { throw PruningError("the rows", "no token of them carries loss") }
        self.run = run
        angles = sums.map { $0 / Double(count) }
    }

    /// Bytes that the streams of `rows` rows take.
    public static func streamBytes(_ configuration: ModelConfiguration, rows: Int) -> Int {
        (configuration.layers + 1) * Workspace.byteCount(rows: rows, columns: configuration.width)
    }

    /// What enters each block, and what leaves the last, `[N, C]` each, in `workspace`.
    private static func streams(
        _ model: LanguageModel, _ batch: TokenBatch, _ workspace: Workspace
    ) throws -> [Matrix] {
        let streams = (0...model.configuration.layers).map { _ in
            workspace.matrix(rows: batch.rowCount, columns: model.configuration.width)
        }
        try model.embed(batch, into: streams[0], workspace: workspace)
        for block in 0..<model.configuration.layers {
            streams[block + 1].pointer.copyMemory(from: streams[block].pointer, byteCount: streams[block].byteCount)
            model.run(block: block, batch, streams[block + 1], workspace: workspace)
        }
        return streams
    }

    /// The angle between the same row of two streams, as a share of a half turn.
    private static func angle(_ left: Matrix, _ right: Matrix, row: Int) -> Double {
        let a = left.rows(row..<row + 1).floats, b = right.rows(row..<row + 1).floats
        var (product, squares) = (0.0, (0.0, 0.0))
        for index in a.indices {
            let (x, y) = (Double(a[index]), Double(b[index]))
            product += x * y
            squares.0 += x * x
            squares.1 += y * y
        }
        let cosine = product / (squares.0 * squares.1).squareRoot()
        // A row of zeros has no direction, and counts as one that has not turned.
        return cosine.isFinite ? acos(min(1, max(-1, cosine))) / .pi : 0
    }
}
