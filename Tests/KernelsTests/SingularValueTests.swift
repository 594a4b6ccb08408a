// Singular values against what defines them: orthonormal vectors whose sum gives the matrix again.

import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct SingularValueTests {
    /// `rows` × `columns` numbers between -1 and 1.
    private func numbers(_ rows: Int, _ columns: Int, seed: UInt64) -> [Float] {
        let random = RandomStream(seed: seed, purpose: .probe)
        return (0..<rows * columns).map { Float(2 * random.uniform(stream: 1, index: UInt64($0)) - 1) }
    }

    /// Runs `body` on a copy of `numbers` as a matrix.
    private func with<Result>(
        _ numbers: [Float], _ rows: Int, _ columns: Int, _ body: (Matrix) throws -> Result
    ) throws -> Result {
        var copy = numbers
        return try copy.withUnsafeMutableBytes { bytes in
            try body(Matrix(pointer: #require(bytes.baseAddress), rows: rows, columns: columns, type: .f32))
        }
    }

    private func product(_ left: [Float], _ right: [Float], inner: Int) -> [Double] {
        let width = right.count / inner
        return (0..<left.count / inner).flatMap { row in
            (0..<width).map { column in
                (0..<inner).reduce(0.0) { $0 + Double(left[row * inner + $1]) * Double(right[$1 * width + column]) }
            }
        }
    }

    private func expectOrthonormal(_ found: SingularValues) {
        let leftRows = (0..<found.count).flatMap { index in
            (0..<found.rows).map { found.left[$0 * found.count + index] }
        }
        for (vectors, width) in [(leftRows, found.rows), (found.right, found.columns)] {
            for first in 0..<found.count {
                for second in 0...first {
                    let dot = (0..<width).reduce(0.0) {
                        $0 + Double(vectors[first * width + $1]) * Double(vectors[second * width + $1])
                    }
                    #expect(abs(dot - (first == second ? 1 : 0)) < 1e-4)
                }
            }
        }
        #expect(zip(found.values, found.values.dropFirst()).allSatisfy { $0 >= $1 && $1 >= 0 })
    }

    @Test(arguments: [(7, 12), (12, 7), (9, 9), (1, 5), (5, 1)])
    func theyGiveTheMatrixAgain(_ rows: Int, _ columns: Int) throws {
        let matrix = numbers(rows, columns, seed: 1)
        let found = try with(matrix, rows, columns) { try SingularValues(consuming: $0) }
        #expect(found.count == min(rows, columns) && found.rank == found.count)
        expectOrthonormal(found)
        let (b, a) = found.factors(rank: found.count)
        #expect(maximumDifference(product(b, a, inner: found.count), matrix.map(Double.init)) < 1e-5)
        let energy = matrix.reduce(0.0) { $0 + Double($1) * Double($1) }
        #expect(abs(found.energy - energy) < 1e-5 * energy)
        #expect(abs(found.energy(of: found.count) - energy) < 1e-4 * energy)
    }

    /// The largest is known where a matrix is: σ of diag(3, 2) are 3 and 2.
    @Test func theyAreThoseOfADiagonal() throws {
        let found = try with([0, 2, 0, -3, 0, 0], 2, 3) { try SingularValues(consuming: $0) }
        #expect(maximumDifference(found.values, [3, 2]) < 1e-6)
    }

    @Test(arguments: [(40, 30, 4), (30, 40, 8), (6, 40, 9)])
    func aProductsAreThoseOfItsMatrix(_ rows: Int, _ columns: Int, _ rank: Int) throws {
        let b = numbers(rows, rank, seed: 2), a = numbers(rank, columns, seed: 3)
        let found = try with(b, rows, rank) { b in
            try with(a, rank, columns) { try SingularValues(ofProduct: b, $0) }
        }
        let matrix = product(b, a, inner: rank)
        let whole = try with(matrix.map { Float($0) }, rows, columns) { try SingularValues(consuming: $0) }
        #expect(found.rank == min(rank, rows))
        #expect(maximumDifference(found.values.prefix(found.rank), whole.values.prefix(found.rank)) < 1e-4)
        expectOrthonormal(found)
        let factors = found.factors(rank: rank + 3)
        #expect(maximumDifference(product(factors.b, factors.a, inner: rank + 3), matrix) < 1e-4)
    }

    /// Of dependent and empty factors too.
    @Test func aProductOfDependentRowsHasFewerDirections() throws {
        let row = numbers(1, 20, seed: 4)
        let a = row + row.map { -2 * $0 } + [Float](repeating: 0, count: 20)
        let found = try with(numbers(15, 3, seed: 5), 15, 3) { b in
            try with(a, 3, 20) { try SingularValues(ofProduct: b, $0) }
        }
        #expect(found.rank == 1)
        let none = try with([Float](repeating: 0, count: 45), 15, 3) { b in
            try with(a, 3, 20) { try SingularValues(ofProduct: b, $0) }
        }
        #expect(none.rank == 0 && none.energy == 0)
    }

    /// Directions of a falling strength, as those of a trained change: the random subspace finds the first as exactly, and
    /// says what it leaves.
    @Test func theStrongestAreFound() throws {
        let (rows, columns, inner) = (80, 120, 60)
        var b = numbers(rows, inner, seed: 6)
        for index in b.indices { b[index] *= 1 / Float(index % inner + 1) }
        let matrix = product(b, numbers(inner, columns, seed: 7), inner: inner).map { Float($0) }
        let whole = try with(matrix, rows, columns) { try SingularValues(consuming: $0) }
        let found = try with(matrix, rows, columns) { try SingularValues(strongest: 8, of: $0, seed: 1) }
        #expect(found.count == 8)
        expectOrthonormal(found)
        #expect(maximumDifference(found.values, whole.values.prefix(8)) < 1e-3)
        let left = found.energy - found.energy(of: 8), best = whole.energy - whole.energy(of: 8)
        #expect(abs(left - best) < 1e-3 * found.energy)
        let again = try with(matrix, rows, columns) { try SingularValues(strongest: 8, of: $0, seed: 1) }
        #expect(again.left == found.left && again.right == found.right)
    }
}
