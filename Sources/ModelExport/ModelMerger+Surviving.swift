// Surviving shares of a written model: each changed tensor is rounded once more without its change, and compared
// block by block.

internal import Kernels
internal import Tensors
public import WeightFiles

extension ModelMerger {
    /// What of `deltas` is in the weights of `written`, tensor by tensor in the order written.
    ///
    /// Memory is one written tensor and a few blocks.
    /// - Parameters:
    ///   - format: in which it was written.
    ///   - options: with which it was written.
    public func survivingShares(
        of deltas: [LowRankDelta], in written: any WeightSource, as format: ModelFormat, options: ModelOutputOptions
    ) throws -> [TensorShare] {
        let plan = try self.plan(deltas, format, options)
        let stream = TensorStream(base: base, plan: plan)
        return try plan.tensors.compactMap { tensor in
            guard let delta = tensor.delta else { return nil }
            defer {
                base.releasePages(of: tensor.source)
                written.releasePages(of: tensor.path)
            }
            let found = try written.tensor(at: tensor.path, shape: tensor.shape)
            let share = try ChangeMeter(delta).share(
                base: base.tensor(at: tensor.source), unchanged: unchanged(tensor, stream), written: found)
            return TensorShare(
                path: tensor.path, type: written.typeName(at: tensor.path) ?? found.dtype.rawValue, share: share)
        }
    }

    /// What the base's tensor becomes where the same rounding meets no change.
    private func unchanged(_ tensor: PlannedTensor, _ stream: TensorStream) throws -> FrozenTensor {
        let stored = try base.tensor(at: tensor.source)
        if stored.dtype == tensor.dtype { return stored }
        let storage = try Storage(byteCount: tensor.byteCount) { bytes in
            var offset = 0
            _ = try stream.stream(tensor.withoutChange) { block in
                UnsafeMutableRawBufferPointer(rebasing: bytes[offset..<offset + block.count]).copyMemory(from: block)
                offset += block.count
            }
        }
        return FrozenTensor(
            name: tensor.path, dtype: tensor.dtype, shape: tensor.shape, storage: storage, byteOffset: 0,
            form: tensor.form)
    }
}

extension PlannedTensor {
    /// The same, of the base alone.
    fileprivate var withoutChange: PlannedTensor {
        PlannedTensor(
            path: path, name: name, source: source, shape: shape, dtype: dtype, form: form, delta: nil,
            importance: importance)
    }
}

/// Holds what was written of one tensor against its change.
private struct ChangeMeter {
    private let delta: LowRankDelta

    /// Numbers of each side in memory at once, unless one row alone is longer.
    private static let blockElements = 1 << 18

    init(_ delta: LowRankDelta) { self.delta = delta }

    func share(base: FrozenTensor, unchanged: FrozenTensor, written: FrozenTensor) throws -> SurvivingShare {
        let isProduct = !delta.scales && delta.method.folding == nil
        let merge = try isProduct ? nil : MergeSource(base, delta)
        let rows = base.shape[0], columns = base.shape[1], workspace = Workspace()
        let blockRows = max(1, Self.blockElements / max(columns, 1))
        var measure = isProduct ? Measure.factors(FactorMeter(delta)) : .whole(SurvivingShare())
        for start in stride(from: 0, to: rows, by: blockRows) {
            let range = start..<min(start + blockRows, rows)
            workspace.scoped {
                let block = { workspace.matrix(rows: range.count, columns: columns) }
                let (difference, other) = (block(), block())
                Widening.widen(written, rows: range, into: difference)
                Widening.widen(unchanged, rows: range, into: other)
                Elements.scale(other, by: -1)
                Elements.add(other, into: difference)
                switch measure {
                case .factors(let meter): meter.add(difference, rows: range, workspace)
                case .whole(var share):
                    share += wholeShare(difference, change: change(of: base, merge, rows: range, other, block()))
                    measure = .whole(share)
                }
            }
            base.dropPages(rows: range)
            written.dropPages(rows: range)
        }
        switch measure {
        case .factors(let meter): return meter.share
        case .whole(var share):
            // Of a change that is no product of two factors, its own direction is all that is looked at.
            share.found = share.change > 0 ? share.kept * share.kept / share.change : 0
            return share
        }
    }

    private enum Measure {
        case factors(FactorMeter)
        case whole(SurvivingShare)
    }

    /// Δ of the rows `range`.
    private func change(
        of base: FrozenTensor, _ merge: MergeSource?, rows range: Range<Int>, _ merged: Matrix, _ room: Matrix
    ) -> Matrix {
        Widening.widen(merge?.stored ?? base, rows: range, into: merged)
        if let delta = merge?.delta { _ = delta.merge(rows: range, into: merged, using: room) }
        Widening.widen(base, rows: range, into: room)
        Elements.scale(room, by: -1)
        Elements.add(room, into: merged)
        return merged
    }

    private func wholeShare(_ difference: Matrix, change: Matrix) -> SurvivingShare {
        var share = SurvivingShare()
        share.change = Elements.sumOfSquares(UnsafeBufferPointer(change.floats))
        share.kept = zip(difference.floats, change.floats).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        return share
    }
}

/// The share of a change that is scale · B·A, all from matrices of the adapter's rank: X = Bᵀ E Aᵀ, and the Gram
/// matrices of the factors. ⟨E, Δ⟩ is scale · tr X, and ‖P E‖² is ‖L⁻¹ X M⁻ᵀ‖², where L Lᵀ = BᵀB and M Mᵀ = A Aᵀ.
private final class FactorMeter {
    private let delta: LowRankDelta
    private let buffers = Workspace()
    /// X.
    private let sums: Matrix

    init(_ delta: LowRankDelta) {
        self.delta = delta
        sums = buffers.matrix(rows: delta.rank, columns: delta.rank)
        Elements.fill(sums)
    }

    /// Takes in E's rows `range`.
    func add(_ difference: Matrix, rows range: Range<Int>, _ workspace: Workspace) {
        let products = workspace.matrix(rows: range.count, columns: delta.rank)
        delta.withFactors { a, b in
            Products.timesTransposed(difference, a, into: products)
            GradientProduct.run([
                GradientProduct(b.rows(range), count: delta.rank, products, addedTo: sums, .fewByMany)
            ])
        }
    }

    var share: SurvivingShare {
        let rank = delta.rank, scale = Double(delta.scale)
        let gramA = buffers.matrix(rows: rank, columns: rank), gramB = buffers.matrix(rows: rank, columns: rank)
        Elements.fill(gramB)
        delta.withFactors { a, b in
            Products.timesTransposed(a, a, into: gramA)
            GradientProduct.run([GradientProduct(b, count: rank, b, addedTo: gramB, .fewByMany)])
        }
        var share = SurvivingShare()
        share.change = scale * scale * zip(gramA.floats, gramB.floats).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        share.kept = scale * (0..<rank).reduce(0) { $0 + Double(sums.floats[$1 * rank + $1]) }
        let left = TriangularFactor(gramB).solved(sums.floats.map(Double.init))
        let both = TriangularFactor(gramA).solved(Self.transposed(left, rank))
        share.found = both.reduce(0) { $0 + $1 * $1 }
        return share
    }

    private static func transposed(_ numbers: [Double], _ size: Int) -> [Double] {
        (0..<size * size).map { numbers[$0 % size * size + $0 / size] }
    }
}

/// L with L Lᵀ = G + a little on G's diagonal, so that factors with fewer directions than their rank have one too.
private struct TriangularFactor {
    private let size: Int
    private var numbers: [Double]

    /// What is added, as a share of the largest number of the diagonal.
    private static let ridge = 1e-6

    init(_ gram: Matrix) {
        size = gram.rows
        numbers = gram.floats.map(Double.init)
        let most = (0..<size).reduce(0.0) { max($0, numbers[$1 * size + $1]) }
        let least = max(most * Self.ridge, .leastNormalMagnitude)
        for column in 0..<size {
            var pivot = numbers[column * size + column] + least
            for k in 0..<column { pivot -= numbers[column * size + k] * numbers[column * size + k] }
            let root = max(pivot, least).squareRoot()
            numbers[column * size + column] = root
            for row in column + 1..<max(size, column + 1) {
                var sum = numbers[row * size + column]
                for k in 0..<column { sum -= numbers[row * size + k] * numbers[column * size + k] }
                numbers[row * size + column] = sum / root
            }
        }
    }

    /// L⁻¹ · `right`, a matrix of the same size.
    func solved(_ right: [Double]) -> [Double] {
        var result = right
        for row in 0..<size {
            for k in 0..<row {
                let factor = numbers[row * size + k]
                for column in 0..<size { result[row * size + column] -= factor * result[k * size + column] }
            }
            for column in 0..<size { result[row * size + column] /= numbers[row * size + row] }
        }
        return result
    }
}
