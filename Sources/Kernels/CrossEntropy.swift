import CKernels
import Foundation
public import Tensors

/// The vocabulary projection and its loss in one: logits live only for a block of rows and a tile of the vocabulary, and what
/// backward needs of them, exp(logit − the tile's largest), for a chunk of rows in the type of products. Never for all `[M, V]`.
///
/// Legend: M rows that carry loss, C width, V vocabulary.
public enum CrossEntropy {
    /// The most bytes of exps at once.
    private static let chunkBytes = 48 << 20
    /// Columns of a tile: with a block of rows its logits stay in the second-level cache.
    static let tileWidth = 1536

    /// Rows in one chunk.
    public static func chunkRows(vocabulary: Int, type: ElementType) -> Int {
        let rows = chunkBytes / (type.byteCount * max(vocabulary, 1))
        return max(RowBlock.height, rows / RowBlock.height * RowBlock.height)
    }

    /// Bytes taken from the workspace by `rows` rows.
    public static func workspaceBytes(rows: Int, width: Int, vocabulary: Int, type: ElementType, backward: Bool) -> Int
    {
        let tile = min(vocabulary, tileWidth), tiles = (vocabulary + tileWidth - 1) / tileWidth
        let chunk = min(rows, chunkRows(vocabulary: vocabulary, type: type))
        let panels = max(
            Panels.byteCount(depth: width, columns: tile, type: type),
            Panels.byteCount(depth: tile, columns: width, type: type))
        let exps = backward ? Workspace.byteCount(rows: chunk, columns: tiles * tile, type: type) : 0
        return exps + panels + RowScratch.byteCount(columns: tile, type: .f32)
            + 2 * Workspace.byteCount(rows: chunk, columns: tiles)
    }

    /// - Parameters:
    ///   - hidden: `[M, C]`, in the type of products.
    ///   - head: `[V, C]`.
    ///   - losses: −log softmax(logits)[target], one a row.
    ///   - isCorrect: whether the target is the most likely token, the first of equals.
    public static func forward(
        _ hidden: Matrix, head: RowLayout, targets: UnsafeBufferPointer<Int32>,
        losses: UnsafeMutableBufferPointer<Float>, isCorrect: UnsafeMutableBufferPointer<Bool>?, workspace: Workspace
    ) {
        check(hidden, head, targets, losses, isCorrect)
        inChunks(hidden, head, backward: false, workspace) { rows, chunk in
            chunk.runForward(targets, losses, isCorrect, first: rows.lowerBound, workspace)
        }
    }

    /// As `forward`, and `dHidden` `[M, C]` fp32 = d(Σ weight · loss) / d`hidden`, a weight a row.
    public static func forwardBackward(
        _ hidden: Matrix, head: RowLayout, targets: UnsafeBufferPointer<Int32>,
        losses: UnsafeMutableBufferPointer<Float>, isCorrect: UnsafeMutableBufferPointer<Bool>?,
        weights: UnsafeBufferPointer<Float>, into dHidden: Matrix, workspace: Workspace
    ) {
        check(hidden, head, targets, losses, isCorrect)
        precondition(weights.count == hidden.rows)
        precondition(dHidden.rows == hidden.rows && dHidden.columns == hidden.columns && dHidden.type == .f32)
        inChunks(hidden, head, backward: true, workspace) { rows, chunk in
            chunk.runForward(targets, losses, isCorrect, first: rows.lowerBound, workspace)
            chunk.runBackward(
                targets, losses, weights, first: rows.lowerBound, into: dHidden.rows(rows), workspace)
        }
    }

    private static func inChunks(
        _ hidden: Matrix, _ head: RowLayout, backward: Bool, _ workspace: Workspace,
        _ body: (_ rows: Range<Int>, _ chunk: VocabularyChunk) -> Void
    ) {
        let height = chunkRows(vocabulary: head.rows, type: hidden.type)
        for start in stride(from: 0, to: hidden.rows, by: height) {
            let rows = start..<min(start + height, hidden.rows)
            workspace.scoped {
                body(rows, VocabularyChunk(hidden.rows(rows), head, keepingExps: backward, workspace))
            }
        }
    }

    private static func check(
        _ hidden: Matrix, _ head: RowLayout, _ targets: UnsafeBufferPointer<Int32>,
        _ losses: UnsafeMutableBufferPointer<Float>, _ isCorrect: UnsafeMutableBufferPointer<Bool>?
    ) {
        precondition(hidden.columns == head.columns && head.rows > 0)
        precondition(targets.count == hidden.rows && losses.count == hidden.rows)
        precondition(isCorrect.map { $0.count == hidden.rows } ?? true)
        for target in targets {
            precondition(target >= 0 && Int(target) < head.rows, "target \(target) of \(head.rows)")
        }
    }
}

/// Some rows against the whole vocabulary, a tile of it at a time.
private struct VocabularyChunk {
    let hidden: Matrix
    let head: RowLayout
    /// exp(logit − the tile's largest): `[rows, width]` a tile, one tile after the other. Nil where there is no backward.
    let exps: Matrix?
    /// The largest logit of each tile and the sum of its exps, `[rows, tiles]`.
    let largest: Matrix
    let sums: Matrix
    let tiles: Int

    init(_ hidden: Matrix, _ head: RowLayout, keepingExps: Bool, _ workspace: Workspace) {
        self.hidden = hidden
        self.head = head
        tiles = (head.rows + CrossEntropy.tileWidth - 1) / CrossEntropy.tileWidth
        // Odd tiles of bf16 are multiplied in pairs: a number more than the vocabulary has.
        exps =
            keepingExps
            ? workspace.matrix(
                rows: hidden.rows, columns: Panels.paddedDepth(head.rows, hidden.type), type: hidden.type) : nil
        largest = workspace.matrix(rows: hidden.rows, columns: tiles)
        sums = workspace.matrix(rows: hidden.rows, columns: tiles)
    }

    /// The vocabulary's part in tile `tile`.
    private func range(_ tile: Int) -> Range<Int> {
        tile * CrossEntropy.tileWidth..<min((tile + 1) * CrossEntropy.tileWidth, head.rows)
    }

    private func exps(_ tile: Int) -> Matrix? {
        let range = range(tile)
        return exps.map {
            Matrix(
                pointer: $0.element(range.lowerBound * hidden.rows), rows: hidden.rows,
                columns: Panels.paddedDepth(range.count, hidden.type), type: hidden.type)
        }
    }

    func runForward(
        _ targets: UnsafeBufferPointer<Int32>, _ losses: UnsafeMutableBufferPointer<Float>,
        _ isCorrect: UnsafeMutableBufferPointer<Bool>?, first: Int, _ workspace: Workspace
    ) {
        for tile in 0..<tiles {
            workspace.scoped { runForward(tile, targets, losses, isCorrect, first: first, workspace) }
        }
        for row in 0..<hidden.rows { finish(row, targets, losses, isCorrect, first: first) }
    }

    /// One tile's logits and exps; a row whose target is in it leaves the target's logit in `losses` and, in `isCorrect`, whether
    /// it is the tile's first largest.
    private func runForward(
        _ tile: Int, _ targets: UnsafeBufferPointer<Int32>, _ losses: UnsafeMutableBufferPointer<Float>,
        _ isCorrect: UnsafeMutableBufferPointer<Bool>?, first: Int, _ workspace: Workspace
    ) {
        let range = range(tile), exps = exps(tile)
        let panels = Panels.pack([PanelSource(head, rows: range, .transposed, type: hidden.type, in: workspace)])[0]
        let scratch = RowScratch(columns: range.count, type: .f32, in: workspace)
        let (mosts, totals) = (largest.floatPointer, sums.floatPointer)
        RowBlock.forEach(of: hidden.rows) { block in
            let logits = scratch[block]
            Products.sum([Term(hidden.rows(block.rows), panels)], into: logits)
            for (index, row) in block.rows.enumerated() {
                let numbers = logits.rows(index..<index + 1).floats, place = row * tiles + tile
                let padding = exps.map { $0.columns - range.count } ?? 0
                lathe_softmax_tile(
                    numbers.baseAddress, range.count, exps?.row(row), hidden.type.c, mosts + place, totals + place)
                if padding > 0, let exps {
                    memset(exps.element(row * exps.columns + range.count), 0, padding * hidden.type.byteCount)
                }
                let target = Int(targets[first + row])
                guard range.contains(target) else { continue }
                let logit = numbers[target - range.lowerBound]
                losses[first + row] = logit
                isCorrect?[first + row] =
                    logit == mosts[place] && !numbers[..<(target - range.lowerBound)].contains(logit)
            }
        }
    }

    /// Puts a row's tiles together, in double.
    private func finish(
        _ row: Int, _ targets: UnsafeBufferPointer<Int32>, _ losses: UnsafeMutableBufferPointer<Float>,
        _ isCorrect: UnsafeMutableBufferPointer<Bool>?, first: Int
    ) {
        let mosts = largest.rows(row..<row + 1).floats, totals = sums.rows(row..<row + 1).floats
        let most = mosts.max() ?? 0
        let sum = (0..<tiles).reduce(0.0) { $0 + Double(totals[$1]) * exp(Double(mosts[$1]) - Double(most)) }
        let loss = log(sum) + Double(most) - Double(losses[first + row])
        losses[first + row] = Float(loss)
        if let isCorrect {
            let tile = Int(targets[first + row]) / CrossEntropy.tileWidth
            isCorrect[first + row] =
                isCorrect[first + row] && loss.isFinite && mosts[tile] == most && !mosts[..<tile].contains(most)
        }
        // From here on: what turns a tile's exps into probabilities.
        for index in mosts.indices { mosts[index] = Float(exp(Double(mosts[index]) - Double(most)) / sum) }
    }

    func runBackward(
        _ targets: UnsafeBufferPointer<Int32>, _ losses: UnsafeMutableBufferPointer<Float>,
        _ weights: UnsafeBufferPointer<Float>, first: Int, into dHidden: Matrix, _ workspace: Workspace
    ) {
        for tile in 0..<tiles {
            guard let gradients = exps(tile) else { preconditionFailure("the exps were not kept") }
            let range = range(tile)
            workspace.scoped {
                let panels = Panels.pack([PanelSource(head, rows: range, .plain, type: hidden.type, in: workspace)])[0]
                RowBlock.forEach(of: hidden.rows) { block in
                    for row in block.rows {
                        let weight = weights[first + row]
                        let factor = largest.floatPointer[row * tiles + tile] * weight
                        lathe_scale(gradients.row(row), gradients.type.c, factor, range.count)
                        let target = Int(targets[first + row])
                        guard range.contains(target) else { continue }
                        var value = (Float(exp(-Double(losses[first + row]))) - 1) * weight
                        let place = row * gradients.columns + target - range.lowerBound
                        lathe_convert(&value, LATHE_F32, gradients.element(place), gradients.type.c, 1)
                    }
                    let sum = dHidden.rows(block.rows)
                    Products.sum([Term(gradients.rows(block.rows), panels)], into: sum, base: tile == 0 ? nil : sum)
                }
            }
        }
    }
}
