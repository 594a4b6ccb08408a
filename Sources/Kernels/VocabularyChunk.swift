import CKernels
import Foundation
import Tensors

/// Some rows against the whole vocabulary, a tile of it at a time.
struct VocabularyChunk {
    private let hidden: Matrix
    private let head: LogitHead
    private let tokens: SparseRows
    /// The number of the chunk's first row in `tokens`.
    private let firstRow: Int
    private let scale: Float
    /// exp(logit − the tile's largest) times the slope of the head's cap, 0 for tokens that are looked at by name: `[rows, width]` a
    /// tile, one tile after the other. Nil where there is no backward.
    private let exps: Matrix?
    /// The largest logit of each tile but for the tokens by name, and the sum of its exps, `[rows, tiles]`; once a row is finished,
    /// what its exps are multiplied by stands in the place of the largest.
    private let largest: Matrix
    private let sums: Matrix
    private let tiles: Int
    /// Of the tokens by name: logits, then log-probabilities.
    private let logs: UnsafeMutableBufferPointer<Double>
    /// Slopes by log-probabilities, then by logits.
    private let slopes: UnsafeMutableBufferPointer<Double>
    /// Whether an earlier token of its tile is as likely as the row's first.
    private let hasEarlierEqual: UnsafeMutableBufferPointer<Bool>

    /// Holds memory until `close`.
    init(
        _ hidden: Matrix, _ head: LogitHead, _ tokens: SparseRows, firstRow: Int, scale: Float, keepingExps: Bool,
        _ workspace: Workspace
    ) {
        (self.hidden, self.head, self.tokens, self.firstRow, self.scale) = (hidden, head, tokens, firstRow, scale)
        tiles = (head.rows + TokenOutcomes.tileWidth - 1) / TokenOutcomes.tileWidth
        // Odd tiles of bf16 are multiplied in pairs: a number more than the vocabulary has.
        exps =
            keepingExps
            ? workspace.matrix(
                rows: hidden.rows, columns: Panels.paddedDepth(head.rows, hidden.type), type: hidden.type) : nil
        largest = workspace.matrix(rows: hidden.rows, columns: tiles)
        sums = workspace.matrix(rows: hidden.rows, columns: tiles)
        let count = tokens.starts[firstRow + hidden.rows] - tokens.starts[firstRow]
        logs = .allocate(capacity: count)
        slopes = .allocate(capacity: count)
        hasEarlierEqual = .allocate(capacity: hidden.rows)
        logs.initialize(repeating: 0)
        slopes.initialize(repeating: 0)
        hasEarlierEqual.initialize(repeating: false)
    }

    func close() {
        logs.deallocate()
        slopes.deallocate()
        hasEarlierEqual.deallocate()
    }

    /// The vocabulary's part in tile `tile`.
    private func range(_ tile: Int) -> Range<Int> {
        tile * TokenOutcomes.tileWidth..<min((tile + 1) * TokenOutcomes.tileWidth, head.rows)
    }

    private func exps(_ tile: Int) -> Matrix? {
        let range = range(tile)
        return exps.map {
            Matrix(
                pointer: $0.element(range.lowerBound * hidden.rows), rows: hidden.rows,
                columns: Panels.paddedDepth(range.count, hidden.type), type: hidden.type)
        }
    }

    // MARK: Tokens by name

    /// The places of row `row` in `logs` and `slopes`.
    private func places(_ row: Int) -> Range<Int> {
        let first = tokens.starts[firstRow], entries = tokens.entries(firstRow + row)
        return entries.lowerBound - first..<entries.upperBound - first
    }

    /// Runs `body` with the place of each token of row `row` that lies in `range`, and with its number there.
    private func forEachToken(_ row: Int, in range: Range<Int>, _ body: (_ place: Int, _ column: Int) -> Void) {
        let first = tokens.starts[firstRow], entries = tokens.entries(firstRow + row)
        var low = entries.lowerBound, high = entries.upperBound
        while low < high {
            let middle = (low + high) / 2
            if Int(tokens.columns[middle]) < range.lowerBound { low = middle + 1 } else { high = middle }
        }
        while low < entries.upperBound, range.contains(Int(tokens.columns[low])) {
            body(low - first, Int(tokens.columns[low]) - range.lowerBound)
            low += 1
        }
    }

    // MARK: Forward

    func forward(_ workspace: Workspace) {
        for tile in 0..<tiles { workspace.scoped { forward(tile, workspace) } }
    }

    /// One tile's logits and exps.
    private func forward(_ tile: Int, _ workspace: Workspace) {
        let range = range(tile), exps = exps(tile)
        let source = PanelSource(head.weight, rows: range, .transposed, type: hidden.type, in: workspace)
        let panels = Panels.pack([source])[0]
        let scratch = RowScratch(columns: range.count, type: .f32, in: workspace)
        RowBlock.forEach(of: hidden.rows) { block in
            let logits = scratch[block]
            head.multiply(hidden.rows(block.rows), panels, tokens: range, factor: scale, into: logits)
            for (index, row) in block.rows.enumerated() {
                summarise(logits.rows(index..<index + 1).floats, row, tile, range, into: exps)
            }
        }
    }

    /// Takes the tokens by name out of a row's tile; what is left is summed up.
    private func summarise(
        _ logits: UnsafeMutableBufferPointer<Float>, _ row: Int, _ tile: Int, _ range: Range<Int>, into exps: Matrix?
    ) {
        var firstColumn: Int?
        let firstPlace = places(row).lowerBound
        forEachToken(row, in: range) { place, column in
            logs[place] = Double(logits[column])
            logits[column] = -.infinity
            if place == firstPlace { firstColumn = column }
        }
        let (most, total) = (largest.floatPointer + row * tiles + tile, sums.floatPointer + row * tiles + tile)
        lathe_softmax_tile(logits.baseAddress, range.count, exps?.row(row), hidden.type.c, most, total)
        if let exps, let base = logits.baseAddress {
            head.multiplyBySlopes(exps.row(row), hidden.type, base, factor: scale, count: range.count)
        }
        let padding = exps.map { $0.columns - range.count } ?? 0
        if padding > 0, let exps {
            memset(exps.element(row * exps.columns + range.count), 0, padding * hidden.type.byteCount)
        }
        guard let firstColumn else { return }
        let logit = Float(logs[firstPlace])
        hasEarlierEqual[row] = logit == most.pointee && logits[..<firstColumn].contains(logit)
    }

    /// Puts a row's tiles together, in double, and asks `rule` for slopes.
    func finish(_ row: Int, _ rule: (TokenOutcomes.Row) -> Double) {
        let tops = largest.rows(row..<row + 1).floats, totals = sums.rows(row..<row + 1).floats
        let logs = UnsafeMutableBufferPointer(rebasing: logs[places(row)])
        let slopes = UnsafeMutableBufferPointer(rebasing: slopes[places(row)])
        let isFirstChoice = isFirstChoice(row, tops, logs)
        let capSlopes = exps == nil ? [] : logs.map { head.slope(at: $0, factor: scale) }
        let named = logs.indices.max { logs[$0] < logs[$1] }
        let top = tops.reduce(named.map { logs[$0] } ?? -.infinity) { max($0, Double($1)) }
        let rest = totals.indices.reduce(0.0) { $0 + Double(totals[$1]) * exp(Double(tops[$1]) - top) }
        // A token that is nearly certain keeps its digits: what is added to 1 is added up first.
        let isNamed = named.map { logs[$0] == top } ?? false
        let others = logs.indices.reduce(rest) { isNamed && $1 == named ? $0 : $0 + exp(logs[$1] - top) }
        let logSum = isNamed ? log1p(others) : log(others)
        for index in logs.indices { logs[index] = (logs[index] - top) - logSum }
        let restSlope = rule(
            TokenOutcomes.Row(
                index: firstRow + row, logProbabilities: UnsafeBufferPointer(logs),
                restLogProbability: log(rest) - logSum, isFirstChoice: isFirstChoice, slopes: slopes))
        guard exps != nil else { return }
        let total = slopes.reduce(restSlope, +)
        for index in tops.indices {
            let log = Double(tops[index]) - top
            // A share of the rest, and not of all: p_r itself may be too small to divide by.
            let ofRest = restSlope == 0 ? 0 : restSlope * exp(log) / rest
            tops[index] = Float(ofRest - total * exp(log - logSum))
        }
        for index in slopes.indices {
            let slope = slopes[index]
            slopes[index] = (-slope * expm1(logs[index]) - exp(logs[index]) * (total - slope)) * capSlopes[index]
        }
    }

    /// Whether no token is more likely than the row's first, and none before it as likely. Of the logits, before they are changed.
    private func isFirstChoice(
        _ row: Int, _ tops: UnsafeMutableBufferPointer<Float>, _ logits: UnsafeMutableBufferPointer<Double>
    ) -> Bool {
        guard let first = tokens.columns(firstRow + row).first, let logit = logits.first, logit.isFinite,
            logits.allSatisfy({ $0 <= logit })
        else { return false }
        let home = Int(first) / TokenOutcomes.tileWidth
        return tops.indices.allSatisfy { tile in
            let top = Double(tops[tile])
            return top < logit || (top == logit && (tile > home || tile == home && !hasEarlierEqual[row]))
        }
    }

    // MARK: Backward

    func backward(into dHidden: Matrix, isAdded: Bool, _ workspace: Workspace) {
        let sums = head.gradient.isEmpty ? nil : HeadSums(head, hidden, factor: scale, workspace)
        for tile in 0..<tiles {
            guard let gradients = exps(tile) else { preconditionFailure("the exps were not kept") }
            let range = range(tile)
            workspace.scoped {
                let source = PanelSource(head.weight, rows: range, .plain, type: hidden.type, in: workspace)
                let panels = Panels.pack([source])[0]
                RowBlock.forEach(of: hidden.rows) { block in
                    for row in block.rows {
                        let factor = largest.floatPointer[row * tiles + tile]
                        lathe_scale(gradients.row(row), gradients.type.c, factor, range.count)
                        forEachToken(row, in: range) { place, column in
                            var value = Float(slopes[place])
                            let number = gradients.element(row * gradients.columns + column)
                            lathe_convert(&value, LATHE_F32, number, gradients.type.c, 1)
                        }
                    }
                    let sum = dHidden.rows(block.rows)
                    Products.sum(
                        [Term(gradients.rows(block.rows), panels)], into: sum, alpha: head.alpha(scale),
                        base: tile == 0 && !isAdded ? nil : sum)
                }
                sums?.take(gradients, tokens: range)
            }
        }
        sums?.finish()
    }
}
