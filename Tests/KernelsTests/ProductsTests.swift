import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct ProductsTests {
    static let rows = [1, 31, 32, 33, 257, 1000]

    /// left[rows, depth] · right[depth, columns] in double.
    private func reference(
        rows: Int, columns: Int, depth: Int, left: (Int, Int) -> Float, right: (Int, Int) -> Float
    ) -> [Double] {
        var result = [Double](repeating: 0, count: rows * columns)
        for i in 0..<rows {
            for k in 0..<depth {
                let a = Double(left(i, k))
                for j in 0..<columns { result[i * columns + j] += a * Double(right(k, j)) }
            }
        }
        return result
    }

    @Test(arguments: rows, [ElementType.f32, .bf16])
    func matchADoubleLoop(n: Int, type: ElementType) {
        for (wide, thin) in [(48, 16), (40, 7)] {
            let x = TestMatrix(random: n, wide, type: type, seed: 1)
            let w = TestMatrix(random: thin, wide, type: type, seed: 2)
            let dy = TestMatrix(random: n, thin, type: type, seed: 3)
            let xs = x.values, ws = w.values, dys = dy.values
            let bound = 2e-6

            let y = TestMatrix(random: n, thin, type: .f32, seed: 4), before = y.values
            Products.timesTransposed(x.matrix, w.matrix, into: y.matrix)
            let expected = reference(rows: n, columns: thin, depth: wide) {
                xs[$0 * wide + $1]
            } right: {
                ws[$1 * wide + $0]
            }
            #expect(relativeError(y.values.map(Double.init), expected) < bound)
            #expect(y.paddingIsIntact)

            let z = TestMatrix(before, n, thin, type: .f32)
            Products.timesTransposed(x.matrix, w.matrix, into: z.matrix, alpha: 0.5, accumulate: true)
            #expect(relativeError(z.values.map(Double.init), zip(before, expected).map { Double($0) + $1 / 2 }) < bound)
            #expect(z.paddingIsIntact)

            let dx = TestMatrix(random: n, wide, type: .f32, seed: 5)
            Products.times(dy.matrix, w.matrix, into: dx.matrix)
            let dxExpected = reference(rows: n, columns: wide, depth: thin) {
                dys[$0 * thin + $1]
            } right: {
                ws[$0 * wide + $1]
            }
            #expect(relativeError(dx.values.map(Double.init), dxExpected) < bound)
            #expect(dx.paddingIsIntact)

            if type == .bf16 {
                let half = TestMatrix(random: n, thin, type: .bf16, seed: 7)
                Products.timesTransposed(x.matrix, w.matrix, into: half.matrix)
                #expect(relativeError(half.values.map(Double.init), expected) < 4e-3)
                #expect(half.paddingIsIntact)
            }
        }
    }

    @Test(arguments: [ElementType.f32, .bf16])
    func sameBitsTwice(type: ElementType) {
        let x = TestMatrix(random: 333, 96, type: type, seed: 1), w = TestMatrix(random: 64, 96, type: type, seed: 2)
        let a = TestMatrix(random: 333, 64, type: .f32, seed: 3), b = TestMatrix(random: 333, 64, type: .f32, seed: 4)
        Products.timesTransposed(x.matrix, w.matrix, into: a.matrix)
        Products.timesTransposed(x.matrix, w.matrix, into: b.matrix)
        #expect(a.values.map(\.bitPattern) == b.values.map(\.bitPattern))
    }
}
