import CKernels
import Kernels
import Tensors
import TestSupport
import Testing

/// Products through panels against a loop in double, on every instruction set.
@Suite struct PanelTests {
    static let sets: [lathe_isa] = [LATHE_SCALAR, LATHE_AVX2, LATHE_AVX512].filter {
        $0.rawValue <= lathe_processor_isa().rawValue
    }
    static let types: [ElementType] = [.f32, .bf16]

    /// The panels of `matrix`, read as `reading` says.
    private func panels(_ matrix: Matrix, _ reading: PanelSource.Reading, _ type: ElementType, _ workspace: Workspace)
        -> Panels
    {
        Panels.pack([PanelSource(RowLayout(matrix), reading, type: type, in: workspace)])[0]
    }

    /// A row-major matrix whose rows are as long as panels of `type` want them, zeros after `columns`.
    private func left(_ rows: Int, _ columns: Int, _ type: ElementType, seed: UInt64) -> TestMatrix {
        let padded = Panels.paddedDepth(columns, type), numbers = randomFloats(rows * columns, seed: seed)
        let values = (0..<rows).flatMap { row in
            numbers[row * columns..<(row + 1) * columns] + Array(repeating: 0, count: padded - columns)
        }
        return TestMatrix(values, rows, padded, type: type, misalignment: 1)
    }

    @Test(arguments: sets, types) func sums(set: lathe_isa, type: ElementType) {
        lathe_override_isa(Int32(set.rawValue))
        defer { lathe_override_isa(-1) }
        for (rows, depth, columns) in [
            (1, 1, 1), (5, 3, 16), (6, 64, 64), (7, 33, 65), (13, 576, 130), (64, 16, 48), (121, 70, 96), (20, 5, 33),
        ] {
            let workspace = Workspace()
            let x = left(rows, depth, type, seed: 1), z = left(rows, 3, type, seed: 2)
            let w = TestMatrix(random: columns, depth, type: type, seed: 3)
            let b = TestMatrix(random: 3, columns, type: type, seed: 4)
            let bias = TestMatrix(random: 1, columns, seed: 5), base = TestMatrix(random: rows, columns, seed: 6)
            let terms = [
                Term(x.matrix, panels(w.matrix, .transposed, type, workspace)),
                Term(z.matrix, panels(b.matrix, .plain, type, workspace)),
            ]
            let (xs, zs, ws, bs) = (x.doubles, z.doubles, w.doubles, b.doubles)
            let (biases, bases) = (bias.doubles, base.doubles)
            var expected: [Double] = []
            for row in 0..<rows {
                for column in 0..<columns {
                    var sum = 0.0
                    for k in 0..<depth { sum += xs[row * x.matrix.columns + k] * ws[column * depth + k] }
                    for k in 0..<3 { sum += zs[row * z.matrix.columns + k] * bs[k * columns + column] }
                    expected.append(0.5 * sum + biases[column] + bases[row * columns + column])
                }
            }
            for output in Self.types {
                let y = TestMatrix(rows, columns, type: output, misalignment: 1)
                Products.sum(terms, into: y.matrix, alpha: 0.5, bias: bias.matrix, base: base.matrix)
                #expect(relativeError(y.doubles, expected) < (output == .f32 ? 2e-6 : 4e-3))
                #expect(y.paddingIsIntact)
                // A row does not depend on the rows it comes with.
                let some = rows / 3..<rows, part = TestMatrix(some.count, columns, type: output)
                Products.sum(
                    [Term(x.matrix.rows(some), terms[0].panels), Term(z.matrix.rows(some), terms[1].panels)],
                    into: part.matrix, alpha: 0.5, bias: bias.matrix, base: base.matrix.rows(some))
                // (An override holds for the test's own thread alone, so only the widest set is the same on all.)
                let isSame = part.values == Array(y.values[(some.lowerBound * columns)...])
                #expect(isSame || set != lathe_processor_isa())
            }
            // In place.
            Products.sum(terms, into: base.matrix, alpha: 0.5, bias: bias.matrix, base: base.matrix)
            #expect(relativeError(base.doubles, expected) < 2e-6)
        }
    }

    @Test(arguments: sets, types) func notANumberStays(set: lathe_isa, type: ElementType) {
        lathe_override_isa(Int32(set.rawValue))
        defer { lathe_override_isa(-1) }
        let workspace = Workspace()
        var values = randomFloats(8 * 40, seed: 1)
        (values[3 * 40 + 7], values[5 * 40 + 39]) = (.nan, .infinity)
        let x = TestMatrix(values, 8, 40, type: type), w = TestMatrix(random: 70, 40, type: type, seed: 2)
        let y = TestMatrix(8, 70)
        Products.sum([Term(x.matrix, panels(w.matrix, .transposed, type, workspace))], into: y.matrix)
        for row in 0..<8 {
            let numbers = y.values[row * 70..<(row + 1) * 70]
            #expect(numbers.allSatisfy { row == 3 ? $0.isNaN : (row == 5 ? !$0.isFinite : $0.isFinite) })
        }
    }

    @Test(arguments: sets, types) func gradients(set: lathe_isa, type: ElementType) {
        lathe_override_isa(Int32(set.rawValue))
        defer { lathe_override_isa(-1) }
        for (rows, few, many) in [(1, 1, 1), (2, 3, 33), (63, 16, 192), (64, 19, 65), (257, 4, 200)] {
            let stride = few + few % 2
            let z = TestMatrix(random: rows, stride, type: type, seed: 1),
                x = TestMatrix(random: rows, many, type: type, seed: 2)
            let a = TestMatrix(random: few, many, seed: 3), b = TestMatrix(random: many, few, seed: 4)
            let (zs, xs, before) = (z.doubles, x.doubles, (a.doubles, b.doubles))
            GradientProduct.run([
                GradientProduct(z.matrix, count: few, x.matrix, addedTo: a.matrix, .fewByMany),
                GradientProduct(z.matrix, count: few, x.matrix, addedTo: b.matrix, .manyByFew),
            ])
            var expected = before
            for i in 0..<few {
                for j in 0..<many {
                    let sum = (0..<rows).reduce(0.0) { $0 + zs[$1 * stride + i] * xs[$1 * many + j] }
                    expected.0[i * many + j] += sum
                    expected.1[j * few + i] += sum
                }
            }
            #expect(relativeError(a.doubles, expected.0) < 2e-6 && relativeError(b.doubles, expected.1) < 2e-6)
            #expect(a.paddingIsIntact && b.paddingIsIntact)
        }
    }

    /// Of more columns than a thread lays out at once, each sum is that of its columns alone.
    @Test(arguments: types) func gradientsOfManyByMany(type: ElementType) {
        let (rows, few, many) = (33, 132, 200)
        let z = TestMatrix(random: rows, few, type: type, seed: 1)
        let x = TestMatrix(random: rows, many, type: type, seed: 2)
        let a = TestMatrix(random: few, many, seed: 3), b = TestMatrix(random: many, few, seed: 4)
        let (before, other) = (a.values, b.values)
        GradientProduct.run([
            GradientProduct(z.matrix, count: few, x.matrix, addedTo: a.matrix, .fewByMany),
            GradientProduct(z.matrix, count: few, x.matrix, addedTo: b.matrix, .manyByFew),
        ])
        for i in 0..<few {
            let column = TestMatrix((0..<rows).map { z.values[$0 * few + i] }, rows, 1, type: type)
            let ownBefore = Array(before[i * many..<(i + 1) * many])
            let ownOther = (0..<many).map { other[$0 * few + i] }
            let own = TestMatrix(ownBefore, 1, many), ownColumn = TestMatrix(ownOther, many, 1)
            GradientProduct.run([
                GradientProduct(column.matrix, count: 1, x.matrix, addedTo: own.matrix, .fewByMany),
                GradientProduct(column.matrix, count: 1, x.matrix, addedTo: ownColumn.matrix, .manyByFew),
            ])
            #expect(own.values == Array(a.values[i * many..<(i + 1) * many]), "row \(i)")
            #expect(ownColumn.values == (0..<many).map { b.values[$0 * few + i] }, "column \(i)")
        }
        #expect(a.paddingIsIntact && b.paddingIsIntact)
    }

    @Test(arguments: sets, types) func transposes(set: lathe_isa, type: ElementType) {
        lathe_override_isa(Int32(set.rawValue))
        defer { lathe_override_isa(-1) }
        for (rows, columns) in [(1, 1), (16, 16), (32, 64), (33, 70), (64, 80), (5, 130)] {
            let x = TestMatrix(random: rows, columns, type: type, seed: 1), y = TestMatrix(columns, rows, type: type)
            lathe_transpose(
                x.matrix.pointer, type == .f32 ? LATHE_F32 : LATHE_BF16, columns, rows, columns, y.matrix.pointer, rows)
            let (xs, ys) = (x.values, y.values)
            #expect(y.paddingIsIntact)
            #expect(
                (0..<columns).allSatisfy { column in
                    (0..<rows).allSatisfy { ys[column * rows + $0] == xs[$0 * columns + column] }
                })
        }
    }
}
