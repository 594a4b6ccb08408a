import CKernels
public import Tensors

/// Sums, copies and searches: what needs no name of its own in a model.
public enum Elements {
    private static let grain = 1 << 15

    /// y += x
    public static func add(_ x: Matrix, into y: Matrix) {
        precondition(x.rows == y.rows && x.columns == y.columns)
        parallelRanges(x.count, grain: grain) { range in
            lathe_add(x.element(range.lowerBound), x.type.c, y.element(range.lowerBound), y.type.c, range.count)
        }
    }

    /// Adds `bias` `[1, C]` to each row of `matrix`.
    public static func addBias(_ bias: Matrix, to matrix: Matrix) {
        precondition(bias.count == matrix.columns)
        parallelRanges(matrix.rows, grain: matrix.rowGrain) { rows in
            for row in rows { lathe_add(bias.pointer, bias.type.c, matrix.row(row), matrix.type.c, matrix.columns) }
        }
    }

    /// `to` = `from`, converted where the types differ.
    public static func copy(_ from: Matrix, into to: Matrix) { Conversion.convert(from, into: to) }

    /// to[column, row] = from[row, column], of one type.
    public static func transpose(_ from: Matrix, into to: Matrix) {
        precondition(from.rows == to.columns && from.columns == to.rows && from.type == to.type)
        lathe_transpose(from.pointer, from.type.c, from.columns, from.rows, from.columns, to.pointer, to.columns)
    }

    /// Row `i` of `to` = row `indices[i]` of `from`.
    public static func gatherRows(_ from: Matrix, _ indices: UnsafeBufferPointer<Int32>, into to: Matrix) {
        precondition(to.rows == indices.count && to.columns == from.columns)
        parallelRanges(indices.count, grain: from.rowGrain) { rows in
            for row in rows {
                precondition(indices[row] >= 0 && Int(indices[row]) < from.rows)
                lathe_convert(from.row(Int(indices[row])), from.type.c, to.row(row), to.type.c, from.columns)
            }
        }
    }

    /// Row `indices[i]` of `to` += row `i` of `from`, in the order of `i`.
    public static func scatterAddRows(_ from: Matrix, _ indices: UnsafeBufferPointer<Int32>, into to: Matrix) {
        precondition(from.rows == indices.count && to.columns == from.columns)
        for row in 0..<indices.count {
            precondition(indices[row] >= 0 && Int(indices[row]) < to.rows)
            lathe_add(from.row(row), from.type.c, to.row(Int(indices[row])), to.type.c, from.columns)
        }
    }

    /// Column `to` of `y` = column `from` of `x`, of one type.
    static func copyColumn(_ from: Int, of x: Matrix, into to: Int, of y: Matrix) {
        precondition(x.rows == y.rows && x.type == y.type && from < x.columns && to < y.columns)
        let (size, steps) = (x.type.byteCount, (x.columns, y.columns))
        for row in 0..<x.rows {
            y.element(row * steps.1 + to).copyMemory(from: x.element(row * steps.0 + from), byteCount: size)
        }
    }

    /// tanh of each number of `matrix`, fp32, in its place.
    public static func tanh(_ matrix: Matrix) {
        precondition(matrix.type == .f32)
        guard let start = matrix.floats.baseAddress else { return }
        parallelRanges(matrix.count, grain: grain) { range in
            lathe_softcap(start + range.lowerBound, 1, range.count)
        }
    }

    /// The gradient `dx`, fp32, of what became `y` by `tanh`, in its place.
    public static func tanhBackward(_ y: Matrix, _ dx: Matrix) {
        precondition(y.type == .f32 && dx.type == .f32 && y.count == dx.count)
        guard let start = y.floats.baseAddress else { return }
        parallelRanges(y.count, grain: grain) { range in
            let i = range.lowerBound
            lathe_softcap_slopes(start + i, 1, dx.element(i), dx.type.c, range.count)
        }
    }

    /// matrix *= factor
    public static func scale(_ matrix: Matrix, by factor: Float) {
        parallelRanges(matrix.count, grain: grain) { range in
            lathe_scale(matrix.element(range.lowerBound), matrix.type.c, factor, range.count)
        }
    }

    /// Each row of `matrix` *= its factor.
    public static func scaleRows(_ matrix: Matrix, by factors: [Float]) {
        precondition(factors.count == matrix.rows)
        parallelRanges(matrix.rows, grain: matrix.rowGrain) { rows in
            for row in rows { lathe_scale(matrix.row(row), matrix.type.c, factors[row], matrix.columns) }
        }
    }

    /// Every number of `matrix` = `value`.
    public static func fill(_ matrix: Matrix, with value: Float = 0) {
        switch matrix.type {
        case .f32: matrix.floats.update(repeating: value)
        case .bf16:
            var (number, half) = (value, UInt16(0))
            lathe_convert(&number, LATHE_F32, &half, LATHE_BF16, 1)
            matrix.pointer.assumingMemoryBound(to: UInt16.self).update(repeating: half, count: matrix.count)
        }
    }

    /// Σ x², in a fixed order, in double.
    public static func sumOfSquares(_ numbers: UnsafeBufferPointer<Float>) -> Double {
        numbers.baseAddress.map { lathe_sum_of_squares($0, numbers.count) } ?? 0
    }

    /// Where the first NaN or infinity stands.
    public static func firstNonFinite(_ numbers: UnsafeBufferPointer<Float>) -> Int? {
        guard let base = numbers.baseAddress else { return nil }
        let index = lathe_first_non_finite(base, numbers.count)
        return index < 0 ? nil : index
    }

    /// Where the first largest number stands; nil where one is NaN or +∞, or none is finite.
    public static func firstLargest(_ numbers: UnsafeBufferPointer<Float>) -> Int? {
        guard let base = numbers.baseAddress else { return nil }
        let index = lathe_first_largest(base, numbers.count)
        return index < 0 ? nil : index
    }

    /// exp((x − `largest`) · `factor`) of each number.
    public static func exponentials(
        _ numbers: UnsafeBufferPointer<Float>, largest: Float, factor: Float,
        into results: UnsafeMutableBufferPointer<Float>
    ) {
        precondition(results.count == numbers.count)
        guard let from = numbers.baseAddress, let to = results.baseAddress else { return }
        lathe_exponentials(from, largest, factor, to, numbers.count)
    }
}
