import CKernels
import Tensors
import TestSupport
import Testing

/// Norms of rows, and the cap of logits.
extension ParityTests {
    @Test(arguments: sets, types) func norm(set: lathe_isa, c: lathe_type) {
        for columns in Self.counts.dropFirst() {
            for special in [false, true] {
                let rows = 3
                let x = input(rows * columns, c, seed: 1, special: special), dy = input(rows * columns, c, seed: 2)
                let w = input(columns, LATHE_F32, seed: 3)
                let (twin, variant) = both(set) {
                    let y = TestMatrix(rows, columns, type: type(c), misalignment: 1), r = TestMatrix(rows, 1)
                    let dx = TestMatrix(random: rows, columns, type: type(c), seed: 4)
                    lathe_rmsnorm_forward(
                        x.matrix.pointer, c, w.matrix.floats.baseAddress, 1e-5, y.matrix.pointer, c,
                        r.matrix.floats.baseAddress, rows, columns)
                    lathe_rmsnorm_backward(
                        dy.matrix.pointer, c, x.matrix.pointer, c, w.matrix.floats.baseAddress,
                        r.matrix.floats.baseAddress,
                        dx.matrix.pointer, c, true, rows, columns)
                    #expect(y.paddingIsIntact && dx.paddingIsIntact)
                    return y.values + r.values + dx.values
                }
                #expect(close(variant, twin, bound(c) * 4))
            }
        }
    }

    @Test(arguments: sets, types) func layerNorms(set: lathe_isa, c: lathe_type) {
        for (columns, hasBias) in Self.counts.flatMap({ count in [(count, false), (count, true)] }) where columns > 0 {
            let rows = 2
            let x = TestMatrix(random: rows, columns, type: type(c), seed: 1, misalignment: 1)
            let dy = TestMatrix(random: rows, columns, type: type(c), seed: 2, misalignment: 1)
            let w = TestMatrix(random: 1, columns, seed: 3, misalignment: 1)
            let b = TestMatrix(random: 1, columns, seed: 5, misalignment: 1)
            let bias = hasBias ? b.matrix.floats.baseAddress : nil
            let (twin, variant) = both(set) {
                let y = TestMatrix(rows, columns, type: type(c), misalignment: 1), s = TestMatrix(rows, 2)
                let again = TestMatrix(rows, columns, type: type(c), misalignment: 1)
                let dx = TestMatrix(random: rows, columns, type: type(c), seed: 4)
                lathe_layernorm_forward(
                    x.matrix.pointer, c, w.matrix.floats.baseAddress, bias, 1e-2, y.matrix.pointer, c,
                    s.matrix.floats.baseAddress, rows, columns)
                lathe_layernorm_apply(
                    x.matrix.pointer, c, w.matrix.floats.baseAddress, bias, s.matrix.floats.baseAddress,
                    again.matrix.pointer, c, rows, columns)
                lathe_layernorm_backward(
                    dy.matrix.pointer, c, x.matrix.pointer, c, w.matrix.floats.baseAddress,
                    s.matrix.floats.baseAddress, dx.matrix.pointer, c, true, rows, columns)
                #expect(y.paddingIsIntact && again.paddingIsIntact && dx.paddingIsIntact && s.paddingIsIntact)
                #expect(y.values == again.values)
                return y.values + s.values + dx.values
            }
            #expect(close(variant, twin, bound(c) * 4))
        }
    }

    @Test(arguments: sets, types) func softcap(set: lathe_isa, c: lathe_type) {
        for count in Self.counts {
            for special in [false, true] {
                let x = input(count, LATHE_F32, seed: 1, size: 90, special: special), dy = input(count, c, seed: 2)
                let (twin, variant) = both(set) {
                    let y = TestMatrix(x.values, 1, count, misalignment: 1)
                    let dx = TestMatrix(dy.values, 1, count, type: type(c), misalignment: 1)
                    lathe_softcap(y.matrix.floats.baseAddress, 30, count)
                    let capped = y.values
                    // A logit that is left out is at −∞, and has no slope.
                    if special, count > 6 { y.matrix.floats[count - 1] = -.infinity }
                    lathe_softcap_slopes(y.matrix.floats.baseAddress, 30, dx.matrix.pointer, c, count)
                    #expect(y.paddingIsIntact && dx.paddingIsIntact)
                    if special, count > 6 { #expect(dx.values[count - 1] == 0 && capped[4] == 30) }
                    return capped + dx.values
                }
                #expect(close(variant, twin, bound(c) * 4))
            }
        }
    }
}
