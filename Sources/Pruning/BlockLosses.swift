// Which blocks cost least: taken out one after the other, each time the one without which the loss on rows is least.

public import Models
public import Tensors

/// A removal of blocks by what each costs.
public struct BlockLosses: Sendable, Equatable {
    /// A block that was taken out, and the loss without it and those before it.
    public struct Removal: Sendable, Equatable {
        public let block: Int
        public let loss: Double
    }

    /// In the order in which they went.
    public let removals: [Removal]

    /// Takes `count` blocks out of `model`, one after the other, by the mean loss of the targets of `batches`. Of blocks that cost
    /// the same the lowest goes.
    ///
    /// - Parameter onTrial: told how many of how many trials are done; what it throws ends the work.
    public init(
        _ model: LanguageModel, over batches: [TokenBatch], removing count: Int, workspace: Workspace,
        onTrial: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) throws {
        let layers = model.configuration.layers
        precondition((1..<layers).contains(count))
        guard batches.contains(where: { $0.targetCount > 0 }) else {
            throw PruningError("the rows", "no token of them carries loss")
        }
        let total = (0..<count).reduce(0) { $0 + layers - $1 } * batches.count
        var left = Array(0..<layers), removals: [Removal] = [], done = 0
        while removals.count < count {
            let losses = try Self.losses(model, batches, left, workspace) {
                done += $0
                try onTrial(done, total)
            }
            guard let place = losses.indices.min(by: { (losses[$0], $0) < (losses[$1], $1) }) else { break }
            removals.append(Removal(block: left.remove(at: place), loss: losses[place]))
        }
        self.removals = removals
    }

    /// The mean loss without each of the blocks `left` in turn.
    private static func losses(
        _ model: LanguageModel, _ batches: [TokenBatch], _ left: [Int], _ workspace: Workspace,
        _ onTrials: (Int) throws -> Void
    ) throws -> [Double] {
        var sums = [Double](repeating: 0, count: left.count)
        for batch in batches {
            try workspace.scoped {
                let x = workspace.matrix(rows: batch.rowCount, columns: model.configuration.width)
                let trial = workspace.matrix(rows: batch.rowCount, columns: model.configuration.width)
                try model.embed(batch, into: x, workspace: workspace)
                for (place, block) in left.enumerated() {
                    // What is below is the same for all blocks from here on.
                    trial.pointer.copyMemory(from: x.pointer, byteCount: x.byteCount)
                    for later in left[(place + 1)...] { model.run(block: later, batch, trial, workspace: workspace) }
                    sums[place] += try loss(model, batch, trial, workspace)
                    if place + 1 < left.count { model.run(block: block, batch, x, workspace: workspace) }
                    try onTrials(1)
                }
            }
        }
        let targets = batches.reduce(0) { $0 + $1.targetCount }
        return sums.map { $0 / Double(targets) }
    }

    /// The summed loss at the end of the stream `x`; infinite where the model without these blocks gives no number.
    private static func loss(
        _ model: LanguageModel, _ batch: TokenBatch, _ x: Matrix, _ workspace: Workspace
    ) throws -> Double {
        do {
            return try model.tokenLosses(batch, after: x, workspace: workspace).sums.reduce(0, +)
        } catch ModelError.nonFiniteLoss {
            return .infinity
        }
    }
}
