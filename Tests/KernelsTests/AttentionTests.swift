import CKernels
import Foundation
import Kernels
import Tensors
import TestSupport
import Testing

/// Attention under every kind of rule against plain loops in double, both ways and as generation sees it.
@Suite struct AttentionTests {
    /// Scores capped, biased, behind either mask, with and without a window.
    static let rules: [AttentionRule] =
        [AttentionMask.causal, .bidirectional].flatMap { mask in
            [nil, 3].flatMap { window in
                [
                    AttentionRule(heads: 4, groups: 2, scale: 0.7, mask: mask, window: window),
                    AttentionRule(heads: 4, groups: 2, scale: 0.7, softcap: 1.5, mask: mask, window: window),
                    AttentionRule(heads: 4, groups: 2, scale: 0.7, mask: mask, window: window, bias: bias(mask)),
                    AttentionRule(
                        heads: 4, groups: 1, scale: 0.7, softcap: 2, mask: mask, window: window, bias: bias(mask)),
                ]
            }
        }

    private static func bias(_ mask: AttentionMask) -> PositionBias {
        PositionBias(
            buckets: TestMatrix(random: 8, 4, seed: 9, size: 2).matrix, farthest: 20, mask: mask, positions: 30)
    }

    private static let width = 5

    /// What attention gives: softmax over what each query sees, by the rule's own words.
    private func reference(
        _ rule: AttentionRule, _ q: [Double], _ k: [Double], _ v: [Double], _ bounds: [Int], _ keyBounds: [Int]
    ) -> [Double] {
        let (heads, groups, width) = (rule.heads, rule.groups, Self.width)
        var o = [Double](repeating: 0, count: q.count)
        func sees(_ i: Int, _ j: Int) -> Bool {
            switch rule.mask {
            case .causal: j <= i && (rule.window.map { i - j < $0 } ?? true)
            case .bidirectional: rule.window.map { abs(i - j) <= $0 } ?? true
            }
        }
        for example in bounds.indices.dropLast() {
            let (start, keyStart) = (bounds[example], keyBounds[example])
            for i in 0..<bounds[example + 1] - start {
                for head in 0..<heads {
                    let row = ((start + i) * heads + head) * width
                    func key(_ j: Int) -> Int { ((keyStart + j) * groups + head / (heads / groups)) * width }
                    let seen = (0..<keyBounds[example + 1] - keyStart).filter { sees(i, $0) }
                    let weights = seen.map { j in
                        let dot = (0..<width).reduce(0) { $0 + q[row + $1] * k[key(j) + $1] } * Double(rule.scale)
                        let score = rule.softcap.map { Double($0) * tanh(dot / Double($0)) } ?? dot
                        return exp(score + (rule.bias.map { Double($0[head: head, distance: j - i]) } ?? 0))
                    }
                    let total = weights.reduce(0, +)
                    for (j, weight) in zip(seen, weights) {
                        for d in 0..<width { o[row + d] += weight / total * v[key(j) + d] }
                    }
                }
            }
        }
        return o
    }

    /// Forward and backward of the kernels against the reference and its differences.
    private func check(_ rule: AttentionRule, bounds: [Int], keyBounds: [Int]?) throws -> (q: TestMatrix, o: TestMatrix)
    {
        let (heads, groups, width) = (rule.heads, rule.groups, Self.width)
        let n = try #require(bounds.last), m = try #require((keyBounds ?? bounds).last)
        let q = TestMatrix(random: n, heads * width, seed: 1, size: 2)
        let k = TestMatrix(random: m, groups * width, seed: 2, size: 2)
        let v = TestMatrix(random: m, groups * width, seed: 3), dO = TestMatrix(random: n, heads * width, seed: 4)
        let o = TestMatrix(n, heads * width), lse = TestMatrix(n, heads)
        let dq = TestMatrix(n, heads * width), dk = TestMatrix(m, groups * width), dv = TestMatrix(m, groups * width)
        let (keyShares, valueShares) = (TestMatrix(m, heads * width), TestMatrix(m, heads * width))
        Attention.forward(
            rule, q: q.matrix, k: k.matrix, v: v.matrix, bounds: bounds, keyBounds: keyBounds, into: o.matrix,
            logSumExp: lse.matrix)
        Attention.backward(
            rule, dO.matrix, q: q.matrix, k: k.matrix, v: v.matrix, o: o.matrix, logSumExp: lse.matrix, bounds: bounds,
            keyBounds: keyBounds, into: dq.matrix, dk: [keyShares.matrix], dv: [valueShares.matrix])
        Attention.sumOverGroup([keyShares.matrix], rows: 0..<m, groups: groups, headWidth: width, into: dk.matrix)
        Attention.sumOverGroup([valueShares.matrix], rows: 0..<m, groups: groups, headWidth: width, into: dv.matrix)
        func forward(_ q: [Double], _ k: [Double], _ v: [Double]) -> [Double] {
            reference(rule, q, k, v, bounds, keyBounds ?? bounds)
        }
        let (qs, ks, vs) = (q.doubles, k.doubles, v.doubles)
        #expect(relativeError(o.doubles, forward(qs, ks, vs)) < 2e-6)
        #expect(relativeError(dq.doubles, differences(qs, dO.doubles) { forward($0, ks, vs) }) < 8e-6)
        #expect(relativeError(dk.doubles, differences(ks, dO.doubles) { forward(qs, $0, vs) }) < 8e-6)
        #expect(relativeError(dv.doubles, differences(vs, dO.doubles) { forward(qs, ks, $0) }) < 8e-6)
        try checkGeneration(rule, (q, k, v, o), bounds: bounds, keyBounds: keyBounds)
        return (q, o)
    }

    /// The last example again, as generation sees it: two new positions over a cache, then each alone.
    private func checkGeneration(
        _ rule: AttentionRule, _ rows: (q: TestMatrix, k: TestMatrix, v: TestMatrix, o: TestMatrix), bounds: [Int],
        keyBounds: [Int]?
    ) throws {
        let (n, start) = (bounds[bounds.count - 1], bounds[bounds.count - 2])
        let others = keyBounds ?? bounds, keys = others[others.count - 2]..<others[others.count - 1]
        let (k, v) = (rows.k.matrix.rows(keys), rows.v.matrix.rows(keys)), q = rows.q.matrix.rows(n - 2..<n)
        let expected = Array(rows.o.doubles.suffix(2 * q.columns))
        let cached = TestMatrix(2, q.columns), steps = TestMatrix(2, q.columns)
        Attention.cached(rule, q: q, keys: k, values: v, start: n - 2 - start, into: cached.matrix)
        #expect(relativeError(cached.doubles, expected) < 1e-6)
        guard rule.mask == .causal || (rule.window == nil && rule.bias == nil) else { return }
        let caches = (0..<2).map { row in
            let end = rule.mask == .causal ? n - 1 - start + row : keys.count
            let seen = max(0, end - (rule.window ?? end))..<end
            return (keys: k.rows(seen), values: v.rows(seen))
        }
        Attention.step(rule, q: q, caches: caches, into: steps.matrix)
        #expect(relativeError(steps.doubles, expected) < 1e-6)
    }

    @Test(arguments: rules.indices) func ofOneBatch(_ number: Int) throws {
        _ = try check(Self.rules[number], bounds: [0, 1, 8, 8, 12], keyBounds: nil)
    }

    /// Queries of one batch over keys of another, with fewer and more rows, and one that is empty.
    @Test(arguments: [nil, 2] as [Float?]) func acrossBatches(softcap: Float?) throws {
        let rule = AttentionRule(heads: 4, groups: 2, scale: 0.7, softcap: softcap, mask: .bidirectional)
        let (_, o) = try check(rule, bounds: [0, 2, 2, 9, 13], keyBounds: [0, 6, 7, 8, 14])
        // Over one key there is nothing to choose: all of the third example's rows are its value.
        let rows = o.values[(2 * 4 * 5)..<(9 * 4 * 5)]
        #expect(Set(rows.enumerated().filter { $0.offset % 20 == 3 }.map(\.element)).count == 1)
    }

    /// A long example is cut in two so that threads share it: the same as one head after the other, whole.
    @Test(arguments: [AttentionMask.causal, .bidirectional], [nil, 200] as [Int?])
    func inParts(mask: AttentionMask, window: Int?) {
        let (n, heads, width) = (1100, 2, 8), bounds = [0, 1100]
        let rule = AttentionRule(heads: heads, groups: 1, scale: 0.5, mask: mask, window: window)
        let q = TestMatrix(random: n, heads * width, seed: 1), k = TestMatrix(random: n, width, seed: 2)
        let v = TestMatrix(random: n, width, seed: 3), dO = TestMatrix(random: n, heads * width, seed: 4)
        let o = TestMatrix(n, heads * width), lse = TestMatrix(n, heads), dq = TestMatrix(n, heads * width)
        let parts = 0..<Attention.parts(bounds: bounds, heads: heads)
        let dk = parts.map { _ in TestMatrix(n, heads * width) }, dv = parts.map { _ in TestMatrix(n, heads * width) }
        Attention.forward(
            rule, q: q.matrix, k: k.matrix, v: v.matrix, bounds: bounds, into: o.matrix, logSumExp: lse.matrix)
        Attention.backward(
            rule, dO.matrix, q: q.matrix, k: k.matrix, v: v.matrix, o: o.matrix, logSumExp: lse.matrix, bounds: bounds,
            into: dq.matrix, dk: dk.map(\.matrix), dv: dv.map(\.matrix))
        let keys = TestMatrix(n, width), values = TestMatrix(n, width)
        Attention.sumOverGroup(dk.map(\.matrix), rows: 0..<n, groups: 1, headWidth: width, into: keys.matrix)
        Attention.sumOverGroup(dv.map(\.matrix), rows: 0..<n, groups: 1, headWidth: width, into: values.matrix)

        var shape = lathe_attention_shape()
        (shape.queries, shape.keys, shape.width) = (n, n, width)
        shape.before = window.map { mask == .causal ? $0 - 1 : $0 } ?? n
        shape.after = mask == .causal ? 0 : window ?? n
        (shape.query_stride, shape.output_stride, shape.key_stride) = (heads * width, heads * width, width)
        (shape.lse_stride, shape.scale, shape.type, shape.output_type) = (heads, 0.5, LATHE_F32, LATHE_F32)
        let whole = TestMatrix(n, heads * width), sums = TestMatrix(n, heads), wholeQ = TestMatrix(n, heads * width)
        lathe_attention_forward(
            &shape, heads, q.matrix.pointer, k.matrix.pointer, v.matrix.pointer, whole.matrix.pointer,
            sums.matrix.floats.baseAddress)
        #expect(relativeError(o.doubles, whole.doubles) < 1e-6)
        var (expectedK, expectedV) = (
            [Double](repeating: 0, count: n * width), [Double](repeating: 0, count: n * width)
        )
        for head in 0..<heads {
            let (oneK, oneV) = (TestMatrix(n, width), TestMatrix(n, width)), offset = head * width * 4
            lathe_attention_backward(
                &shape, dO.matrix.pointer + offset, q.matrix.pointer + offset, k.matrix.pointer, v.matrix.pointer,
                whole.matrix.pointer + offset, sums.matrix.floats.baseAddress.map { $0 + head },
                wholeQ.matrix.floats.baseAddress.map { $0 + head * width }, oneK.matrix.floats.baseAddress,
                oneV.matrix.floats.baseAddress, width)
            expectedK = zip(expectedK, oneK.doubles).map { $0 + $1 }
            expectedV = zip(expectedV, oneV.doubles).map { $0 + $1 }
        }
        #expect(relativeError(dq.doubles, wholeQ.doubles) < 2e-6)
        #expect(relativeError(keys.doubles, expectedK) < 2e-6 && relativeError(values.doubles, expectedV) < 2e-6)
    }

    /// Buckets as transformers 5.24 numbers them, at their edges too, where rounding in fp32 decides.
    @Test func bucketsOfDistances() {
        let distances = [
            -1000, -200, -128, -127, -91, -64, -46, -45, -32, -23, -16, -15, -12, -8, -7, -1, 0, 1, 7, 8, 11, 12, 15,
            16, 22, 23, 32, 45, 46, 64, 90, 91, 127, 128, 1000,
        ]
        let cases: [(AttentionMask, Int, Int, [Int])] = [
            (
                .bidirectional, 32, 128,
                [
                    15, 15, 15, 15, 15, 14, 13, 12, 12, 11, 10, 9, 9, 8, 7, 1, 0, 17, 23, 24, 24, 25, 25, 26, 26, 27,
                    28, 28, 29, 30, 30, 31, 31, 31, 31,
                ]
            ),
            (
                .bidirectional, 12, 100,
                [
                    5, 5, 5, 5, 5, 5, 5, 5, 5, 4, 4, 4, 4, 3, 3, 1, 0, 7, 9, 9, 10, 10, 10, 10, 10, 10, 11, 11, 11, 11,
                    11, 11, 11, 11, 11,
                ]
            ),
            (
                .causal, 32, 128,
                [
                    31, 31, 31, 31, 29, 26, 24, 23, 21, 18, 16, 15, 12, 8, 7, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                    0, 0, 0, 0, 0, 0,
                ]
            ),
            (
                .causal, 12, 100,
                [
                    11, 11, 11, 11, 11, 11, 10, 10, 9, 8, 8, 7, 7, 6, 6, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                    0, 0, 0, 0,
                ]
            ),
        ]
        for (mask, count, farthest, expected) in cases {
            let table = TestMatrix((0..<count * 2).map { Float($0 / 2 + 100 * ($0 % 2)) }, count, 2)
            let bias = PositionBias(buckets: table.matrix, farthest: farthest, mask: mask, positions: 1_100)
            for (distance, bucket) in zip(distances, expected) {
                #expect(bias[head: 0, distance: distance] == Float(bucket))
                #expect(bias[head: 1, distance: distance] == Float(bucket + 100))
            }
        }
    }

    /// ALiBi: the farther a key, the less it counts, by each head's own slope.
    @Test func slopes() {
        let bias = PositionBias(slopes: [0.5, 0.25], positions: 9)
        #expect(bias[head: 0, distance: -8] == -4 && bias[head: 1, distance: -8] == -2)
        #expect(bias[head: 0, distance: 0] == 0 && bias[head: 1, distance: 3] == -0.75)
    }
}
