// How much inner channels and heads count: by what they say on rows, as Minitron has it (Muralidharan et al., "Compact Language Models
// via Pruning and Knowledge Distillation", 2024), or, without rows, by their weights.

internal import Kernels
public import Models
public import Tensors

/// How much the parts of some blocks count.
public struct PartImportance: Sendable {
    /// A number an inner channel, for each of the blocks in their order.
    public private(set) var channels: [[Double]]
    /// A number a query head.
    public private(set) var heads: [[Double]]

    /// By rows: of a channel the mean of what it says without its sign, of a head the mean length of what it says. What is gone already
    /// is left out.
    ///
    /// - Parameters:
    ///   - blocks: that the model has left.
    ///   - onBatch: told after each batch how many are done; what it throws ends the work.
    public init(
        _ model: LanguageModel, blocks: [Int], over batches: [TokenBatch], workspace: Workspace,
        onBatch: (Int) throws -> Void = { _ in }
    ) throws {
        self.init(model, blocks)
        let names = try model.names
        for (number, batch) in batches.enumerated() {
            try workspace.scoped {
                let x = workspace.matrix(rows: batch.rowCount, columns: model.configuration.width)
                try model.embed(batch, into: x, workspace: workspace)
                for (place, block) in blocks.enumerated() {
                    model.forward(block: block, batch, x, workspace: workspace) { input in
                        switch names.axes(of: input.layers[0].path + ".weight").columns {
                        case .innerChannels: Self.addMagnitudes(of: input.rows, to: &channels[place])
                        case .queryHeads: Self.addLengths(of: input.rows, to: &heads[place])
                        default: break
                        }
                    }
                }
            }
            try onBatch(number + 1)
        }
        let rows = Double(max(1, batches.reduce(0) { $0 + $1.rowCount }))
        channels = channels.map { $0.map { $0 / rows } }
        heads = heads.map { $0.map { $0 / rows } }
    }

    /// By weights: the product of the lengths of all that leads to a part and away from it. Of heads that share a key and a value,
    /// these count for each.
    public init(weightsOf model: LanguageModel, blocks: [Int], workspace: Workspace) throws {
        self.init(model, blocks)
        let names = try model.names
        let shape = model.configuration.blocks[0].attention.shape
        for (place, block) in blocks.enumerated() {
            channels[place] = channels[place].map { _ in 1 }
            heads[place] = heads[place].map { _ in 1 }
            for layer in model.linearLayers where names.block(of: layer.path + ".weight")?.number == block {
                let axes = names.axes(of: layer.path + ".weight")
                let lengths = WeightLengths(layer.weight, workspace)
                func multiply(_ values: inout [Double], by found: [Double], sharedBy count: Int = 1) {
                    for index in values.indices { values[index] *= found[index / count] }
                }
                switch (axes.rows, axes.columns) {
                case (.innerChannels, _): multiply(&channels[place], by: lengths.rows())
                case (_, .innerChannels): multiply(&channels[place], by: lengths.columns())
                case (.queryHeads, _): multiply(&heads[place], by: lengths.rows(together: shape.headWidth))
                case (_, .queryHeads): multiply(&heads[place], by: lengths.columns(together: shape.headWidth))
                case (.keyHeads, _):
                    multiply(
                        &heads[place], by: lengths.rows(together: shape.headWidth),
                        sharedBy: shape.heads / shape.groups)
                default: break
                }
            }
        }
    }

    private init(_ model: LanguageModel, _ blocks: [Int]) {
        channels = blocks.map { Array(repeating: 0, count: model.configuration.blocks[$0].feedForward.width) }
        heads = blocks.map { Array(repeating: 0, count: model.configuration.blocks[$0].attention.shape.heads) }
    }

    private static func addMagnitudes(of rows: Matrix, to sums: inout [Double]) {
        let numbers = rows.floats
        for row in 0..<rows.rows {
            for column in 0..<rows.columns { sums[column] += Double(abs(numbers[row * rows.columns + column])) }
        }
    }

    private static func addLengths(of rows: Matrix, to sums: inout [Double]) {
        let width = rows.columns / sums.count
        for row in 0..<rows.rows {
            let numbers = rows.rows(row..<row + 1).floats
            for head in sums.indices {
                let part = UnsafeBufferPointer(rebasing: numbers[head * width..<(head + 1) * width])
                sums[head] += Elements.sumOfSquares(part).squareRoot()
            }
        }
    }
}

extension LanguageModel {
    /// The names of the family's weights.
    fileprivate var names: WeightNames {
        get throws {
            guard let names = configuration.weightNames else {
                throw PruningError(configuration.family, "the parts of such models have no names here")
            }
            return names
        }
    }
}

/// How long rows and columns of a matrix are.
private struct WeightLengths {
    private let rowSquares: [Double]
    private let columnSquares: [Double]

    init(_ weight: FrozenTensor, _ workspace: Workspace) {
        let (rows, columns) = (weight.shape[0], weight.shape[1])
        var rowSquares: [Double] = [], columnSquares = [Double](repeating: 0, count: columns)
        for row in 0..<rows {
            workspace.scoped {
                let numbers = workspace.matrix(rows: 1, columns: columns)
                Widening.widen(weight, rows: row..<row + 1, into: numbers)
                rowSquares.append(Elements.sumOfSquares(UnsafeBufferPointer(numbers.floats)))
                for column in 0..<columns {
                    let number = Double(numbers.floats[column])
                    columnSquares[column] += number * number
                }
            }
        }
        (self.rowSquares, self.columnSquares) = (rowSquares, columnSquares)
    }

    func rows(together count: Int = 1) -> [Double] { Self.lengths(rowSquares, count) }
    func columns(together count: Int = 1) -> [Double] { Self.lengths(columnSquares, count) }

    private static func lengths(_ squares: [Double], _ count: Int) -> [Double] {
        stride(from: 0, to: squares.count, by: count).map { squares[$0..<$0 + count].reduce(0, +).squareRoot() }
    }
}
