import CKernels
import Kernels
import Tensors
import TestSupport
import Testing

/// Each instruction set against the scalar twin: same sizes, same starts off a cache line, NaN and infinity included.
@Suite struct ParityTests {
    static let sets: [lathe_isa] = [LATHE_AVX2, LATHE_AVX512].filter { $0.rawValue <= lathe_processor_isa().rawValue }
    static let counts = [0, 1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 577, 1023]
    static let types: [lathe_type] = [LATHE_F32, LATHE_BF16]

    /// Runs `body` on the scalar twin, then on `set`.
    func both<Result>(_ set: lathe_isa, _ body: () -> Result) -> (twin: Result, variant: Result) {
        defer { lathe_override_isa(-1) }
        lathe_override_isa(Int32(LATHE_SCALAR.rawValue))
        let twin = body()
        lathe_override_isa(Int32(set.rawValue))
        return (twin, body())
    }

    /// Both NaN, or equal, or within `bound` relative to `size`.
    func close(_ left: [Float], _ right: [Float], _ bound: Float, size: Float = 1) -> Bool {
        left.count == right.count
            && zip(left, right).allSatisfy { a, b in
                (a.isNaN && b.isNaN) || a == b || abs(a - b) <= bound * max(size, abs(b))
            }
    }

    func type(_ c: lathe_type) -> ElementType { c == LATHE_F32 ? .f32 : .bf16 }
    func bound(_ c: lathe_type) -> Float { c == LATHE_F32 ? 2e-6 : 0.008 }

    func input(_ count: Int, _ c: lathe_type, seed: UInt64, size: Float = 1, special: Bool = false)
        -> TestMatrix
    {
        var values = randomFloats(count, seed: seed, size: size)
        if special, count > 6 { (values[2], values[4], values[count - 1]) = (.nan, .infinity, -.infinity) }
        return TestMatrix(values, 1, count, type: type(c), misalignment: 1)
    }

    @Test(arguments: sets) func conversion(set: lathe_isa) {
        for count in Self.counts {
            let floats = input(count, LATHE_F32, seed: 1, size: 3e38, special: true)
            let small = input(count, LATHE_F32, seed: 1, size: 7e-5, special: true)
            let (twin, variant) = both(set) {
                let half = TestMatrix(1, count, type: .bf16, misalignment: 3),
                    back = TestMatrix(1, count, misalignment: 1)
                lathe_convert(floats.matrix.pointer, LATHE_F32, half.matrix.pointer, LATHE_BF16, count)
                lathe_convert(half.matrix.pointer, LATHE_BF16, back.matrix.pointer, LATHE_F32, count)
                let f16 = UnsafeMutablePointer<UInt16>.allocate(capacity: count + 1)
                defer { f16.deallocate() }
                lathe_f32_to_f16(small.matrix.floats.baseAddress, f16, count)
                let again = TestMatrix(1, count)
                lathe_f16_to_f32(f16, again.matrix.floats.baseAddress, count)
                #expect(half.paddingIsIntact && back.paddingIsIntact && again.paddingIsIntact)
                return back.values + again.values
            }
            #expect(twin.map(\.bitPattern) == variant.map(\.bitPattern))
        }
    }

    @Test(arguments: sets, types) func activations(set: lathe_isa, c: lathe_type) {
        let plain = [
            (lathe_silu_forward, lathe_silu_backward), (lathe_gelu_forward, lathe_gelu_backward),
            (lathe_gelu_tanh_forward, lathe_gelu_tanh_backward), (lathe_quick_gelu_forward, lathe_quick_gelu_backward),
            (lathe_relu_forward, lathe_relu_backward), (lathe_squared_relu_forward, lathe_squared_relu_backward),
        ]
        for (count, (forward, backward)) in Self.counts.flatMap({ count in plain.map { (count, $0) } }) {
            let x = input(count, c, seed: 1, size: 20, special: true), dy = input(count, c, seed: 3)
            let (twin, variant) = both(set) {
                let y = TestMatrix(1, count, type: type(c), misalignment: 1), dx = TestMatrix(1, count, type: type(c))
                forward(x.matrix.pointer, c, y.matrix.pointer, c, count)
                backward(dy.matrix.pointer, c, x.matrix.pointer, c, dx.matrix.pointer, c, count)
                #expect(y.paddingIsIntact && dx.paddingIsIntact)
                return y.values + dx.values
            }
            #expect(close(variant, twin, bound(c)))
        }
    }

    @Test(arguments: sets, types) func gates(set: lathe_isa, c: lathe_type) {
        let gates = [
            (lathe_silu_gated_forward, lathe_silu_gated_backward),
            (lathe_gelu_gated_forward, lathe_gelu_gated_backward),
            (lathe_gelu_tanh_gated_forward, lathe_gelu_tanh_gated_backward),
            (lathe_quick_gelu_gated_forward, lathe_quick_gelu_gated_backward),
            (lathe_relu_gated_forward, lathe_relu_gated_backward),
            (lathe_squared_relu_gated_forward, lathe_squared_relu_gated_backward),
        ]
        for (count, (forward, backward)) in Self.counts.flatMap({ count in gates.map { (count, $0) } }) {
            let gate = input(count, c, seed: 1, size: 20, special: true), up = input(count, c, seed: 2)
            let dy = input(count, c, seed: 3)
            let (twin, variant) = both(set) {
                let y = TestMatrix(1, count, type: type(c), misalignment: 1)
                let dg = TestMatrix(1, count, type: type(c)), du = TestMatrix(1, count, type: type(c), misalignment: 1)
                forward(gate.matrix.pointer, up.matrix.pointer, y.matrix.pointer, c, c, count)
                backward(
                    dy.matrix.pointer, c, gate.matrix.pointer, up.matrix.pointer, c, dg.matrix.pointer,
                    du.matrix.pointer, c, count)
                #expect(y.paddingIsIntact && dg.paddingIsIntact && du.paddingIsIntact)
                return y.values + dg.values + du.values
            }
            #expect(close(variant, twin, bound(c)))
        }
    }

    /// Heads of which all numbers turn, and of which 6 stay, in both kinds of pairs.
    @Test(arguments: sets, types) func rotary(set: lathe_isa, c: lathe_type) {
        for (count, isInterleaved) in Self.counts.flatMap({ count in [false, true].map { (count, $0) } })
        where count > 0 {
            let angles = input(count * 2, LATHE_F32, seed: 4), positions: [Int32] = [1, 0]
            for still in [0, 6] {
                let (twin, variant) = both(set) {
                    let width = 2 * count + still
                    let x = TestMatrix(random: 2, 3 * width, type: type(c), seed: 5, misalignment: 1)
                    var shape = lathe_rotary_shape(
                        rows: 2, heads: 3, width: width, turned: 2 * count, interleaved: isInterleaved, type: c)
                    lathe_rotary(
                        &shape, x.matrix.pointer, positions, angles.matrix.floats.baseAddress,
                        angles.matrix.floats.baseAddress, -1)
                    #expect(x.paddingIsIntact)
                    return x.values
                }
                #expect(close(variant, twin, bound(c)))
            }
        }
    }

    @Test(arguments: sets) func divergence(set: lathe_isa) {
        for count in Self.counts where count > 0 {
            for special in [false, true] {
                let p = input(count, LATHE_F32, seed: 1, size: 20), q = input(count, LATHE_F32, seed: 2, size: 20)
                if special { q.matrix.floats[count / 2] = .nan }
                let (twin, variant) = both(set) {
                    var tile = lathe_divergence_tile()
                    lathe_divergence(p.matrix.floats.baseAddress, q.matrix.floats.baseAddress, count, &tile)
                    return [
                        tile.largest_p, tile.largest_q, Float(tile.sum_p), Float(tile.sum_q), Float(tile.weighted),
                    ]
                }
                let known = special ? [0, 2] : Array(0..<5)
                #expect(close(known.map { twin[$0] }, known.map { variant[$0] }, 1e-5, size: 40))
                #expect(variant[3].isNaN == special && variant[4].isNaN == special && twin[4].isNaN == special)
            }
        }
    }

    /// Each kind of mixture, with the loss of the label and without it.
    @Test(arguments: sets, [0, 0.25, 1] as [Float]) func distillationRow(set: lathe_isa, teacherShare: Float) {
        for count in Self.counts.dropFirst() {
            for labelWeight in [0, 0.3] as [Float] {
                let teacher = input(count, LATHE_F32, seed: 2, size: 9)
                let (twin, variant) = both(set) {
                    let student = input(count, LATHE_F32, seed: 1, size: 9)
                    var row = lathe_distillation_row()
                    row.student = student.matrix.floats.baseAddress
                    row.teacher = UnsafePointer(teacher.matrix.floats.baseAddress)
                    (row.count, row.scale) = (count, 0.5)
                    (row.teacher_share, row.teacher_weight, row.student_weight) = (teacherShare, 0.75, 0.25)
                    row.student_log_sum = Float(lathe_log_sum(row.student, count, 0.5, &row.student_largest))
                    row.teacher_log_sum = Float(lathe_log_sum(row.teacher, count, 0.5, &row.teacher_largest))
                    row.label_log_sum = Float(lathe_log_sum(row.student, count, 1, &row.label_largest))
                    var loss = 0.0, slopes = 0.0
                    lathe_distillation_sums(&row, &loss, &slopes)
                    lathe_distillation_gradient(&row, Float(slopes), 2, labelWeight)
                    #expect(student.paddingIsIntact)
                    return [Float(loss), Float(slopes), row.student_log_sum, row.label_log_sum] + student.values
                }
                #expect(close(variant, twin, 4e-6))
            }
        }
    }

    @Test(arguments: sets, types) func softmaxTile(set: lathe_isa, c: lathe_type) {
        for count in Self.counts.dropFirst() {
            for special in [false, true] {
                let logits = input(count, LATHE_F32, seed: 1, size: 40, special: special)
                let (twin, variant) = both(set) {
                    let exps = TestMatrix(1, count, type: type(c), misalignment: 1)
                    var largest: Float = 0, sum: Float = 0, again: Float = 0
                    lathe_softmax_tile(
                        logits.matrix.floats.baseAddress, count, exps.matrix.pointer, c, &largest, &sum)
                    lathe_softmax_tile(logits.matrix.floats.baseAddress, count, nil, c, &largest, &again)
                    #expect(exps.paddingIsIntact && sum.isNaN == (special && count > 6))
                    #expect(sum.isNaN == again.isNaN && (sum.isNaN || sum == again))
                    return [largest, sum] + exps.values
                }
                #expect(close(variant, twin, bound(c)))
            }
        }
    }

    @Test(arguments: sets, types) func elements(set: lathe_isa, c: lathe_type) {
        for count in Self.counts {
            let x = input(count, c, seed: 1, special: true), y = input(count, LATHE_F32, seed: 2)
            let gradients = input(count, LATHE_F32, seed: 3)
            let (twin, variant) = both(set) {
                let sum = TestMatrix(y.values, 1, count, type: type(c), misalignment: 1),
                    drop = TestMatrix(1, count, type: type(c))
                lathe_add(x.matrix.pointer, c, sum.matrix.pointer, c, count)
                lathe_scale(sum.matrix.pointer, c, -0.3, count)
                lathe_dropout(x.matrix.pointer, drop.matrix.pointer, c, c, 0, count, 1 << 30, 4 / 3, 7, 9, 4)
                // Cut anywhere, the mask is the same.
                let cut = TestMatrix(1, count, type: type(c)), first = count / 3
                lathe_dropout(x.matrix.pointer, cut.matrix.pointer, c, c, 0, first, 1 << 30, 4 / 3, 7, 9, 4)
                let size = c == LATHE_F32 ? 4 : 2
                lathe_dropout(
                    x.matrix.pointer + first * size, cut.matrix.pointer + first * size, c, c, UInt64(first),
                    count - first, 1 << 30, 4 / 3, 7, 9, 4)
                #expect(close(cut.values, drop.values, 0))
                let v = TestMatrix(y.values, 1, count), m = TestMatrix(y.values, 1, count)
                let s = TestMatrix(y.values.map(abs), 1, count, misalignment: 1)
                var settings = lathe_adamw(
                    gradient_scale: 0.7, decay: 0.99, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step_size: 0.01,
                    root_correction: 0.3)
                lathe_adamw_step(
                    &settings, v.matrix.floats.baseAddress, gradients.matrix.floats.baseAddress,
                    m.matrix.floats.baseAddress, s.matrix.floats.baseAddress, count)
                let w = TestMatrix(y.values, 1, count, misalignment: 1), momentum = TestMatrix(y.values, 1, count)
                var lion = lathe_lion(
                    gradient_scale: 0.7, decay: 0.99, learning_rate: 0.01, beta1: 0.9, rest1: 0.1, beta2: 0.99,
                    rest2: 0.01)
                lathe_lion_step(
                    &lion, w.matrix.floats.baseAddress, gradients.matrix.floats.baseAddress,
                    momentum.matrix.floats.baseAddress, count)
                #expect(sum.paddingIsIntact && drop.paddingIsIntact && v.paddingIsIntact && s.paddingIsIntact)
                #expect(w.paddingIsIntact)
                return sum.values + drop.values + v.values + m.values + s.values + w.values + momentum.values
            }
            // One rounding an operation on every set: the same bits.
            #expect(close(variant, twin, 0))
            let (dot, other) = both(set) {
                lathe_dot(y.matrix.floats.baseAddress, gradients.matrix.floats.baseAddress, count)
            }
            #expect(close([other], [dot], 1e-5))
        }
    }

    @Test(arguments: sets, types) func columnFactors(set: lathe_isa, c: lathe_type) {
        for count in Self.counts {
            let x = input(count, c, seed: 1, special: true), start = input(count, c, seed: 2)
            let factors = input(count, LATHE_F32, seed: 3), bias = input(count, LATHE_F32, seed: 4)
            let base = input(count, LATHE_F32, seed: 5), a = input(3 * count, LATHE_F32, seed: 6)
            let weight = input(count, LATHE_F32, seed: 7)
            let (twin, variant) = both(set) {
                let bare = TestMatrix(1, count, type: type(c), misalignment: 1)
                let full = TestMatrix(1, count, misalignment: 1)
                let product = TestMatrix(start.values, 1, count, type: type(c), misalignment: 1)
                lathe_scale_columns(
                    x.matrix.pointer, c, factors.matrix.floats.baseAddress, nil, nil, bare.matrix.pointer, c, count)
                lathe_scale_columns(
                    x.matrix.pointer, c, factors.matrix.floats.baseAddress, bias.matrix.floats.baseAddress,
                    base.matrix.floats.baseAddress, full.matrix.pointer, LATHE_F32, count)
                lathe_multiply_columns(
                    x.matrix.pointer, factors.matrix.floats.baseAddress, product.matrix.pointer, c, count)
                #expect(bare.paddingIsIntact && full.paddingIsIntact && product.paddingIsIntact)
                return bare.values + full.values + product.values
            }
            // One rounding an operation on every set: the same bits.
            #expect(close(variant, twin, 0))
            let (norm, other) = both(set) {
                lathe_row_norm(
                    weight.matrix.floats.baseAddress, [0.5, -2, 0.25], a.matrix.floats.baseAddress, 3, count)
            }
            #expect(close([other], [norm], 1e-5))
        }
    }

    @Test(arguments: sets, types) func blockSums(set: lathe_isa, c: lathe_type) {
        for blocks in [0, 1, 3, 18] {
            let x = input(blocks * 32, c, seed: 1)
            let (twin, variant) = both(set) {
                let sums = TestMatrix(1, blocks, type: type(c), misalignment: 1)
                lathe_block_sums(x.matrix.pointer, c, blocks, sums.matrix.pointer)
                #expect(sums.paddingIsIntact)
                return sums.values
            }
            #expect(close(variant, twin, bound(c), size: 6))
        }
    }

    @Test(arguments: sets) func blockMasses(set: lathe_isa) {
        for count in Self.counts {
            let x = input(count, LATHE_F32, seed: 1, size: 9)
            let blocks = BlockMasses.blockCount(count)
            let (twin, variant) = both(set) {
                let largest = TestMatrix(1, blocks, misalignment: 1), masses = TestMatrix(1, blocks, misalignment: 3)
                lathe_block_largest(x.matrix.floats.baseAddress, count, largest.matrix.floats.baseAddress)
                lathe_block_masses(
                    x.matrix.floats.baseAddress, count, 8, 0.7, masses.matrix.floats.baseAddress)
                #expect(largest.paddingIsIntact && masses.paddingIsIntact)
                return [largest.values, masses.values]
            }
            #expect(variant[0] == twin[0])
            #expect(close(variant[1], twin[1], 2e-6, size: 0))
            for (block, start) in stride(from: 0, to: count, by: BlockMasses.blockSize).enumerated() {
                let numbers = x.values[start..<min(start + BlockMasses.blockSize, count)]
                #expect(twin[0][block] == numbers.max())
            }
        }
    }

    @Test(arguments: sets, types) func attention(set: lathe_isa, c: lathe_type) {
        // How far a query sees: all before it, 19 or 99 places back, and both ways.
        for (queries, keys, width, before, after) in [
            (1, 1, 8, 999, 0), (5, 5, 8, 999, 0), (64, 64, 64, 999, 0), (65, 65, 12, 999, 0), (130, 130, 64, 19, 0),
            (3, 70, 128, 999, 0), (90, 200, 33, 99, 0), (100, 100, 80, 999, 0), (70, 70, 16, 999, 999),
            (150, 150, 24, 9, 9), (80, 33, 8, 999, 999),
        ] where c == LATHE_F32 || width % 2 == 0 {
            for (softcap, hasBias) in [(0, false), (1.5, false), (0, true)] as [(Float, Bool)] {
                let shape = shape(queries, keys, width, (before, after), softcap: softcap, c)
                let bias = hasBias ? input(2 * (2 * 300 - 1), LATHE_F32, seed: 6, size: 2) : nil
                let (twin, variant) = both(set) { attention(shape, bias) }
                // In bf16 the variants round probabilities for their products.
                for (one, other) in zip(variant, twin) {
                    #expect(relativeError(one, other) < (c == LATHE_F32 ? 4e-6 : 1e-2))
                }
            }
        }
    }

    private func shape(
        _ queries: Int, _ keys: Int, _ width: Int, _ reach: (before: Int, after: Int), softcap: Float, _ c: lathe_type
    ) -> lathe_attention_shape {
        var shape = lathe_attention_shape()
        (shape.queries, shape.keys, shape.position, shape.width) = (queries, keys, max(0, keys - queries), width)
        (shape.before, shape.after) = reach
        (shape.query_stride, shape.output_stride, shape.key_stride) = (2 * width, 2 * width, width)
        (shape.lse_stride, shape.scale, shape.softcap) = (2, 0.3, softcap)
        (shape.type, shape.output_type) = (c, LATHE_F32)
        return shape
    }

    /// Both directions of two heads over the same numbers; backward of the first of them.
    private func attention(_ given: lathe_attention_shape, _ bias: TestMatrix?) -> [[Float]] {
        var shape = given
        let (queries, keys, width, c) = (given.queries, given.keys, given.width, given.type)
        (shape.bias, shape.bias_stride) = (
            bias.flatMap { $0.matrix.floats.baseAddress.map { UnsafePointer($0 + 299) } }, 599
        )
        let q = input(queries * 2 * width, c, seed: 1, size: 2), k = input(keys * width, c, seed: 2, size: 2)
        let v = input(keys * width, c, seed: 3), dO = input(queries * 2 * width, c, seed: 4)
        let given = input(queries * 2 * width, c, seed: 5)
        let o = TestMatrix(queries, 2 * width, misalignment: 1), lse = TestMatrix(queries, 2)
        let dq = TestMatrix(queries, 2 * width), dk = TestMatrix(keys, width), dv = TestMatrix(keys, width)
        lathe_attention_forward(
            &shape, 2, q.matrix.pointer, k.matrix.pointer, v.matrix.pointer, o.matrix.pointer,
            lse.matrix.floats.baseAddress)
        lathe_attention_backward(
            &shape, dO.matrix.pointer, q.matrix.pointer, k.matrix.pointer, v.matrix.pointer, given.matrix.pointer,
            lse.matrix.floats.baseAddress, dq.matrix.floats.baseAddress, dk.matrix.floats.baseAddress,
            dv.matrix.floats.baseAddress, width)
        let isIntact = [o, lse, dq, dk, dv].allSatisfy { $0.paddingIsIntact }
        #expect(isIntact)
        // The other head's gradients are not written.
        let written = (0..<queries).flatMap { dq.values[$0 * 2 * width..<$0 * 2 * width + width] }
        return [o, lse, dk, dv].map(\.values) + [written]
    }
}
