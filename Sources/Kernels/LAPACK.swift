// The routines of LAPACK that are needed here, on row-major matrices. LAPACK's lie column by column: what it takes for a matrix
// is the transpose of ours, so that left and right change places and nothing is copied.

import COpenBLAS
public import Vocabulary
public import Tensors

/// A decomposition that LAPACK could not finish.
public struct DecompositionError: ClassifiedError {
    /// LAPACK's name of the routine.
    public let routine: String
    /// What it returned.
    public let code: Int

    public var kind: FailureKind { .internal }
    public var description: String { "\(routine) of LAPACK did not finish: it returned \(code)" }
}

enum LAPACK {
    /// M = left · diag(values) · right, values descending. M is lost.
    static func singularValues(
        of matrix: Matrix, values: UnsafeMutableBufferPointer<Float>, left: Matrix, right: Matrix
    ) throws(DecompositionError) {
        let count = min(matrix.rows, matrix.columns)
        precondition(values.count == count && left.columns == count && right.rows == count)
        var rows = blasint(matrix.columns), columns = blasint(matrix.rows), rank = blasint(count)
        var integers = [blasint](repeating: 0, count: 8 * max(count, 1))
        try run("sgesdd") { work, size, info in
            sgesdd_(
                "S", &rows, &columns, matrix.floatPointer, &rows, values.baseAddress, right.floatPointer, &rows,
                left.floatPointer, &rank, work, size, &integers, info, 1)
        }
    }

    /// M = L · Q: rows of M become orthonormal rows Q in its place, and L is returned `[rows, rows]`, lower triangular.
    /// - Precondition: there are no more rows than columns.
    static func orthonormaliseRows(_ matrix: Matrix) throws(DecompositionError) -> [Float] {
        precondition(matrix.rows <= matrix.columns)
        var long = blasint(matrix.columns), short = blasint(matrix.rows)
        var tau = [Float](repeating: 0, count: max(matrix.rows, 1))
        let numbers = matrix.floatPointer
        try run("sgeqrf") { work, size, info in sgeqrf_(&long, &short, numbers, &long, &tau, work, size, info) }
        var lower = [Float](repeating: 0, count: matrix.rows * matrix.rows)
        for row in 0..<matrix.rows {
            for column in 0...row { lower[row * matrix.rows + column] = numbers[row * matrix.columns + column] }
        }
        try run("sorgqr") { work, size, info in sorgqr_(&long, &short, &short, numbers, &long, tau, work, size, info) }
        return lower
    }

    /// Asks a routine how much room it wants, and gives it that.
    private static func run(
        _ name: String,
        _ routine: (UnsafeMutablePointer<Float>, UnsafePointer<blasint>, UnsafeMutablePointer<blasint>) -> Void
    ) throws(DecompositionError) {
        var wanted: Float = 0, question: blasint = -1, info: blasint = 0
        routine(&wanted, &question, &info)
        // Large sizes were rounded on their way through a float.
        var size = blasint(wanted.nextUp.rounded(.up))
        var work = [Float](repeating: 0, count: max(Int(size), 1))
        if info == 0 { routine(&work, &size, &info) }
        guard info == 0 else { throw DecompositionError(routine: name, code: Int(info)) }
    }
}

/// Orthonormal bases.
public enum OrthonormalRows {
    /// Makes the rows of `matrix` `[r, n]`, r ≤ n, orthonormal, in the order and with the signs of a QR decomposition of its
    /// transpose.
    public static func make(_ matrix: Matrix) throws(DecompositionError) { _ = try LAPACK.orthonormaliseRows(matrix) }
}
