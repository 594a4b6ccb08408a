// Singular values and vectors: of a matrix, of a product of two factors, or of the strongest directions alone.

public import Tensors

/// M ≈ left · diag(values) · right, strongest direction first.
public struct SingularValues: Sendable {
    public let rows: Int
    public let columns: Int
    /// σ, descending.
    public let values: [Float]
    /// `[rows, count]`, orthonormal columns.
    public let left: [Float]
    /// `[count, columns]`, orthonormal rows.
    public let right: [Float]
    /// ‖M‖², which is Σσ² where no direction was left out.
    public let energy: Double

    public var count: Int { values.count }

    /// Σσ² of the first `count` directions.
    public func energy(of count: Int) -> Double {
        values.prefix(count).reduce(0) { $0 + Double($1) * Double($1) }
    }

    /// How many directions stand out of rounding: σ above the largest times an fp32 step for each row or column.
    public var rank: Int {
        let least = (values.first ?? 0) * Float(max(rows, columns)) * Float.ulpOfOne
        return values.prefix { $0 > least }.count
    }

    /// The strongest `rank` directions as B·A: B = left · diag(values) `[rows, rank]`, A = right `[rank, columns]`. Where there
    /// are fewer, zeros fill the rest.
    public func factors(rank: Int) -> (b: [Float], a: [Float]) {
        let kept = min(rank, count)
        var b = [Float](repeating: 0, count: rows * rank)
        for row in 0..<rows {
            for index in 0..<kept { b[row * rank + index] = left[row * count + index] * values[index] }
        }
        let a = Array(right[..<(kept * columns)]) + [Float](repeating: 0, count: (rank - kept) * columns)
        return (b, a)
    }
}

// MARK: - Ways to find them

extension SingularValues {
    /// All of a matrix's. `matrix` is lost.
    public init(consuming matrix: Matrix) throws(DecompositionError) {
        let count = min(matrix.rows, matrix.columns)
        let workspace = Workspace()
        defer { withExtendedLifetime(workspace) {} }
        let energy = Elements.sumOfSquares(UnsafeBufferPointer(matrix.floats))
        let values = workspace.matrix(rows: 1, columns: count)
        let left = workspace.matrix(rows: matrix.rows, columns: count)
        let right = workspace.matrix(rows: count, columns: matrix.columns)
        if count > 0 {
            try LAPACK.singularValues(of: matrix, values: values.floats, left: left, right: right)
        }
        self.init(values: values, left: left, right: right, energy: energy)
    }

    /// Those of B·A, `[rows, r]` · `[r, columns]`, in the space of the factors: the product is never formed.
    public init(ofProduct b: Matrix, _ a: Matrix) throws(DecompositionError) {
        precondition(b.columns == a.rows)
        let rank = a.rows
        let workspace = Workspace()
        defer { withExtendedLifetime(workspace) {} }
        guard rank <= b.rows, rank <= a.columns else {
            let product = workspace.matrix(rows: b.rows, columns: a.columns)
            Products.times(b, a, into: product)
            try self.init(consuming: product)
            return
        }
        // B = Q₁ᵀ·L₁ᵀ and A = L₂·Q₂ with orthonormal rows Q, so what remains to be decomposed is L₁ᵀ·L₂, `[r, r]`.
        let outer = workspace.transposed(b), inner = workspace.matrix(rows: rank, columns: a.columns)
        Elements.copy(a, into: inner)
        let outerScale = workspace.matrix(try LAPACK.orthonormaliseRows(outer), rows: rank, columns: rank)
        let innerScale = workspace.matrix(try LAPACK.orthonormaliseRows(inner), rows: rank, columns: rank)
        let core = workspace.matrix(rows: rank, columns: rank)
        Products.times(workspace.transposed(outerScale), innerScale, into: core)
        let small = try SingularValues(consuming: core)
        let left = workspace.matrix(rows: b.rows, columns: rank)
        Products.times(
            workspace.transposed(outer), workspace.matrix(small.left, rows: rank, columns: rank), into: left)
        let right = workspace.matrix(rows: rank, columns: a.columns)
        Products.times(workspace.matrix(small.right, rows: rank, columns: rank), inner, into: right)
        self.init(
            values: workspace.matrix(small.values, rows: 1, columns: rank), left: left, right: right,
            energy: small.energy)
    }

    /// The strongest `count` directions of `matrix`, found in a random subspace that powers of M·Mᵀ turn towards them (Halko,
    /// Martinsson and Tropp, 2011). What they miss is `energy - energy(of: count)`.
    /// - Parameter powers: how often M·Mᵀ is applied.
    public init(
        strongest count: Int, of matrix: Matrix, seed: UInt64, powers: Int = 4
    ) throws(DecompositionError) {
        let width = min(count + Self.spareDirections, min(matrix.rows, matrix.columns))
        let workspace = Workspace()
        defer { withExtendedLifetime(workspace) {} }
        let inner = workspace.matrix(rows: width, columns: matrix.columns)
        let outer = workspace.matrix(rows: width, columns: matrix.rows)
        let random = RandomStream(seed: seed, purpose: .probe)
        for index in inner.floats.indices {
            inner.floats[index] = Float(2 * random.uniform(stream: 0, index: UInt64(index)) - 1)
        }
        for _ in 0...powers {
            Products.timesTransposed(inner, matrix, into: outer)
            _ = try LAPACK.orthonormaliseRows(outer)
            Products.times(outer, matrix, into: inner)
        }
        let small = try SingularValues(consuming: inner)
        let left = workspace.matrix(rows: matrix.rows, columns: small.count)
        Products.times(
            workspace.transposed(outer), workspace.matrix(small.left, rows: width, columns: small.count), into: left)
        let whole = SingularValues(
            values: workspace.matrix(small.values, rows: 1, columns: small.count), left: left,
            right: workspace.matrix(small.right, rows: small.count, columns: matrix.columns),
            energy: Elements.sumOfSquares(UnsafeBufferPointer(matrix.floats)))
        self = whole.strongest(count)
    }

    /// Directions beyond those asked for that a random subspace has.
    private static let spareDirections = 16

    /// The strongest `count` directions: of all of them, where those are soon found, else in a random subspace. `matrix` is lost.
    public init(leading count: Int, consuming matrix: Matrix, seed: UInt64) throws(DecompositionError) {
        let short = min(matrix.rows, matrix.columns)
        if 2 * (count + Self.spareDirections) >= short || matrix.count <= Self.exactLimit / max(short, 1) {
            let all = try SingularValues(consuming: matrix)
            self = all.strongest(count)
        } else {
            try self.init(strongest: count, of: matrix, seed: seed)
        }
    }

    /// Multiplications up to which all directions are found: some tenths of a second on one core.
    private static let exactLimit = 1 << 28

    /// The same with signs that do not depend on how they were found: the largest number of each right direction is positive.
    public var withFixedSigns: SingularValues {
        var left = left, right = right
        for index in 0..<count {
            let row = right[index * columns..<(index + 1) * columns]
            guard let largest = row.max(by: { abs($0) < abs($1) }), largest < 0 else { continue }
            for place in row.indices { right[place] = -right[place] }
            for row in 0..<rows { left[row * count + index] = -left[row * count + index] }
        }
        return SingularValues(
            rows: rows, columns: columns, values: values, left: left, right: right, energy: energy)
    }

    private init(values: Matrix, left: Matrix, right: Matrix, energy: Double) {
        rows = left.rows
        columns = right.columns
        self.values = Array(values.floats)
        self.left = Array(left.floats)
        self.right = Array(right.floats)
        self.energy = energy
    }

    /// The first directions alone.
    private func strongest(_ kept: Int) -> SingularValues {
        let kept = min(kept, count)
        return SingularValues(
            rows: rows, columns: columns, values: Array(values[..<kept]),
            left: (0..<rows).flatMap { left[$0 * count..<$0 * count + kept] },
            right: Array(right[..<(kept * columns)]), energy: energy)
    }
}

extension Workspace {
    /// `numbers` as a matrix.
    fileprivate func matrix(_ numbers: [Float], rows: Int, columns: Int) -> Matrix {
        let copy = matrix(rows: rows, columns: columns)
        _ = copy.floats.update(from: numbers)
        return copy
    }

    /// A copy with rows for columns.
    fileprivate func transposed(_ original: Matrix) -> Matrix {
        let copy = matrix(rows: original.columns, columns: original.rows)
        let from = original.floats, to = copy.floats
        for row in 0..<original.rows {
            for column in 0..<original.columns {
                to[column * original.rows + row] = from[row * original.columns + column]
            }
        }
        return copy
    }
}
