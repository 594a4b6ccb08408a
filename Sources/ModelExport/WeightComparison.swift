// The merged weights, read back, held against base + adapter: each must be that sum, rounded once to its type.

internal import Kernels
internal import Models
internal import Tensors
public import Vocabulary
public import WeightFiles

/// How many of a merged model's weights are what base + adapter, rounded to their type, come to.
///
/// A merge that only rounds has no stray weight, however coarse the type; one with a wrong factor has, however small the delta.
public struct WeightComparison: Sendable, Equatable {
    /// Weights that were compared.
    public var count: Int
    /// Weights that no rounding explains.
    public var strayCount: Int
    /// The first tensor with such a weight.
    public var firstStray: String?

    public init(count: Int, strayCount: Int = 0, firstStray: String? = nil) {
        self.count = count
        self.strayCount = strayCount
        self.firstStray = firstStray
    }
}

extension ModelMerger {
    /// Numbers of each side in memory at once, unless one row alone is longer.
    private static let comparedElements = 1 << 18

    /// Holds the weights of `merged` against those of the base with `deltas` added.
    ///
    /// - Parameters:
    ///   - format: in which `merged` was written.
    ///   - type: the type that was asked for.
    public func compare(
        _ deltas: [LowRankDelta], with merged: any WeightSource, as format: ModelFormat, type: WeightType
    ) throws -> WeightComparison {
        try compare(deltas, with: merged, as: format, options: ModelOutputOptions(type: type))
    }

    /// The same of what was written with `options`.
    ///
    /// Blocks of small whole numbers must have the bytes that base + adapter get when they are rounded once more.
    public func compare(
        _ deltas: [LowRankDelta], with merged: any WeightSource, as format: ModelFormat, options: ModelOutputOptions
    ) throws -> WeightComparison {
        var found = WeightComparison(count: 0)
        let plan = try plan(deltas, format, options), stream = TensorStream(base: base, plan: plan)
        for tensor in plan.tensors {
            if tensor.dtype.isQuantised {
                try compareBlocks(tensor, with: merged, stream, &found)
            } else {
                try compare(tensor, with: merged, &found)
            }
        }
        return found
    }

    private func compareBlocks(
        _ tensor: PlannedTensor, with source: any WeightSource, _ stream: TensorStream, _ found: inout WeightComparison
    ) throws {
        let written = try source.tensor(at: tensor.path, shape: tensor.shape), size = tensor.dtype.blockBytes
        defer { source.releasePages(of: tensor.path) }
        found.count += written.elementCount
        var strays = written.dtype == tensor.dtype ? 0 : written.elementCount, place = 0
        if strays == 0, let isSame = stream.written?.wrote(written.bytes, of: tensor.path) {
            strays = isSame ? 0 : written.elementCount
        } else if strays == 0 {
            _ = try stream.stream(tensor) { bytes in
                for block in stride(from: 0, to: bytes.count, by: size) {
                    let found = written.bytes[place + block..<place + block + size]
                    if !found.elementsEqual(bytes[block..<block + size]) { strays += tensor.dtype.blockElements }
                }
                place += bytes.count
            }
        }
        if strays > 0, found.firstStray == nil { found.firstStray = tensor.name }
        found.strayCount += strays
    }

    private func compare(_ tensor: PlannedTensor, with source: any WeightSource, _ found: inout WeightComparison) throws
    {
        let unmerged = TensorStream.inRows(try base.tensor(at: tensor.source), as: tensor.form)
        let merge = try MergeSource(unmerged, tensor.delta)
        let stored = merge.stored
        let written = try source.tensor(at: tensor.path, shape: tensor.shape)
        guard Widening.supports(stored.dtype) else { return }
        let merged = FrozenTensor(
            name: written.name, dtype: written.dtype, shape: stored.shape, storage: written.storage,
            byteOffset: written.byteOffset, form: written.form)
        defer {
            base.releasePages(of: tensor.source)
            source.releasePages(of: tensor.path)
        }
        let columns = TensorStream.columns(stored.shape)
        let rows = columns > 0 ? stored.elementCount / columns : 0
        let blockRows = max(1, Self.comparedElements / max(columns, 1))
        let workspace = Workspace()
        for start in stride(from: 0, to: rows, by: blockRows) {
            let range = start..<min(start + blockRows, rows)
            workspace.scoped {
                let block = { workspace.matrix(rows: range.count, columns: columns) }
                let (left, right, product) = (block(), block(), merge.delta.map { _ in block() })
                Widening.widen(stored, rows: range, into: left)
                Widening.widen(merged, rows: range, into: right)
                tensor.scaleBias(left, rows: range)
                let sum = ExpectedSum(left, merge.delta, range, product)
                let addsOne = merged.form == .plusOne && stored.form != .plusOne
                let stray = Self.strays(sum, right, rounding: Rounding(tensor.dtype, addsOne: addsOne))
                if stray > 0, found.firstStray == nil { found.firstStray = tensor.name }
                found.strayCount += stray
                found.count += range.count * columns
            }
            stored.dropPages(rows: range)
            merged.dropPages(rows: range)
        }
    }

    /// Weights of `merged` that lie outside what the sum, give or take the order in which fp32 adds, rounds to.
    private static func strays(_ expected: ExpectedSum, _ merged: Matrix, rounding: Rounding) -> Int {
        var count = 0
        for row in 0..<merged.rows {
            for column in 0..<merged.columns {
                let found = merged.floats[row * merged.columns + column]
                let (sum, reach) = expected[row, column]
                let isWithin = rounding(sum - reach) <= found && found <= rounding(sum + reach)
                if !isWithin { count += 1 }
            }
        }
        return count
    }
}

/// What rows of base + adapter come to, and how far the order in which fp32 adds may move that.
private struct ExpectedSum {
    private let base: Matrix
    /// What is added, or, where something is multiplied, the sum.
    private let product: Matrix?
    private let holdsSum: Bool
    private let slack: Slack?
    /// By what the sum is multiplied, and by which share that may be another in each row.
    private var factors: (values: ScalingFactors, slack: [Float])?

    /// The share by which the order of sums may move one.
    private static let share: Float = 0x1p-20

    /// - Parameter product: room of the size of `base`, where there is an adapter.
    init(_ base: Matrix, _ delta: LowRankDelta?, _ range: Range<Int>, _ product: Matrix?) {
        self.base = base
        self.product = product
        slack = delta.map { Slack($0, range) }
        holdsSum = delta?.scales ?? false
        guard let delta, let product else { return }
        delta.multiply(rows: range, into: product)
        guard let values = delta.factors(of: base, plus: product, firstRow: range.lowerBound) else { return }
        // Factors follow from all of a row, so they may be off by what the row may be off.
        let shares = (0..<base.rows).map { row in
            let squares = (0..<base.columns).reduce(into: (sum: Double(0), reach: Double(0))) { squares, column in
                let (number, reach) = unscaled(row, column)
                squares.sum += Double(number * number)
                squares.reach += Double(reach * reach)
            }
            return squares.sum > 0 ? Float((squares.reach / squares.sum).squareRoot()) + Self.share : 0
        }
        factors = (values, shares)
    }

    subscript(row: Int, column: Int) -> (sum: Float, reach: Float) {
        let (sum, reach) = unscaled(row, column)
        guard let factors else { return (sum, reach) }
        let factor = factors.values[row, column]
        return (factor * sum, abs(factor) * (reach + abs(sum) * factors.slack[row]))
    }

    private func unscaled(_ row: Int, _ column: Int) -> (sum: Float, reach: Float) {
        let place = row * base.columns + column
        let weight = base.floats[place]
        let sum = (product?.floats[place] ?? 0) + (holdsSum ? 0 : weight)
        return (sum, slack.map { (abs(weight) + $0.rows[row] * $0.columns[column]) * Self.share } ?? 0)
    }
}

/// What the terms of B·A come to at most, row by row and column by column: their product bounds what the order of sums changes.
private struct Slack {
    let rows: [Float]
    let columns: [Float]

    init(_ delta: LowRankDelta, _ range: Range<Int>) {
        var sums = (
            rows: [Float](repeating: 0, count: range.count), columns: [Float](repeating: 0, count: delta.inputSize)
        )
        delta.withFactors { a, b in
            let rank = a.rows
            sums.rows = range.map { row in
                abs(delta.scale) * (0..<rank).reduce(0) { $0 + abs(b.floats[row * rank + $1]) }
            }
            sums.columns = (0..<a.columns).map { column in
                (0..<rank).reduce(0) { max($0, abs(a.floats[$1 * a.columns + column])) }
            }
        }
        (rows, columns) = sums
    }
}

/// Rounds to the nearest number of a type, ties to even, by the rules of IEEE 754.
private struct Rounding {
    private let type: DType
    /// Whether it is the number plus one that is rounded.
    private let addsOne: Bool

    init(_ type: DType, addsOne: Bool = false) {
        self.type = type
        self.addsOne = addsOne
    }

    func callAsFunction(_ value: Float) -> Float { addsOne ? nearest(value + 1) - 1 : nearest(value) }

    private func nearest(_ value: Float) -> Float {
        switch type {
        case .bf16:
            let bits = value.bitPattern
            return Float(bitPattern: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) & 0xFFFF_0000)
        case .f16: return Float(Float16(value))
        default: return value
        }
    }
}
