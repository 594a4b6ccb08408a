import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct RowNormTests {
    /// Rows of a weight, with and without what is added, against sums in double.
    @Test(arguments: [(1, 1, 1), (7, 5, 2), (70, 130, 3), (33, 64, 16)])
    func normsAreThoseOfTheSum(_ rows: Int, _ columns: Int, _ rank: Int) {
        let weight = TestMatrix(random: rows, columns, seed: 1), a = TestMatrix(random: rank, columns, seed: 2)
        let b = TestMatrix(random: rows, rank, seed: 3), norms = TestMatrix(1, rows), bare = TestMatrix(1, rows)
        RowNorms.compute(
            RowLayout(weight.matrix), plus: .init(b: b.matrix, a: a.matrix, scale: 1.5), into: norms.matrix)
        RowNorms.compute(RowLayout(weight.matrix), into: bare.matrix)
        for row in 0..<rows {
            var (plain, sum) = (0.0, 0.0)
            for column in 0..<columns {
                let number = Double(weight.values[row * columns + column])
                let added = (0..<rank).reduce(0.0) {
                    $0 + 1.5 * Double(b.values[row * rank + $1]) * Double(a.values[$1 * columns + column])
                }
                plain += number * number
                sum += (number + added) * (number + added)
            }
            #expect(abs(Double(norms.values[row]) - sum.squareRoot()) < 1e-5 * sum.squareRoot())
            #expect(abs(Double(bare.values[row]) - plain.squareRoot()) < 1e-5 * plain.squareRoot())
        }
        #expect(norms.paddingIsIntact && bare.paddingIsIntact)
    }

    @Test func rowsAndColumnsAreScaled() {
        let x = TestMatrix([1, 2, 3, 4, 5, 6], 2, 3), y = TestMatrix(2, 3), rows = TestMatrix(x.values, 2, 3)
        let factors = TestMatrix([2, -1, 0.5], 1, 3), bias = TestMatrix([10, 20, 30], 1, 3)
        ColumnFactors.scale(x.matrix, by: factors.matrix, bias: bias.matrix, base: x.matrix, into: y.matrix)
        #expect(y.values == [13, 20, 34.5, 22, 20, 39])
        ColumnFactors.multiply(y.matrix, by: x.matrix, factors.matrix)
        #expect(y.values == [26, -40, 51.75, 176, -100, 117])
        Elements.scaleRows(rows.matrix, by: [2, -1])
        #expect(rows.values == [2, 4, 6, -4, -5, -6])
    }
}
