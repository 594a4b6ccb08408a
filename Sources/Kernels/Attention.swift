import CKernels
public import Tensors

/// Causal attention inside each example of a ragged batch, flash style: no buffer of T × T beyond a tile.
///
/// Legend: N rows, H query heads, G key/value heads, D head width. Query head `h` reads key/value head `h / (H / G)`.
public enum Attention {
    /// - Parameters:
    ///   - q: `[N, H·D]`; `k`, `v`: `[N, G·D]`, all of one type.
    ///   - bounds: where examples start, and N at the end.
    ///   - window: how many positions a query sees, its own included; nil for all before it.
    ///   - o: `[N, H·D]`.
    ///   - logSumExp: `[N, H]` fp32, for `backward`.
    public static func forward(
        q: Matrix, k: Matrix, v: Matrix, bounds: [Int], heads: Int, groups: Int, scale: Float, window: Int?,
        into o: Matrix, logSumExp: Matrix
    ) {
        let width = check(q: q, k: k, v: v, heads: heads, groups: groups)
        precondition(o.rows == q.rows && o.columns == q.columns && logSumExp.count == q.rows * heads)
        let examples = longestFirst(bounds, rows: q.rows)
        let lse = logSumExp.floatPointer
        let (parts, perPart) = split(heads: heads, groups: groups, tasks: examples.count * groups)
        parallel(examples.count * parts) { index, _ in
            let rows = examples[index / parts], head = index % parts * perPart, group = head / (heads / groups)
            var shape = shape(
                rows: rows.count, keys: rows.count, width: width, heads: heads, groups: groups, scale: scale,
                window: window)
            shape.type = q.type.c
            shape.output_type = o.type.c
            lathe_attention_forward(
                &shape, perPart, q.row(rows.lowerBound) + head * width * q.type.byteCount,
                k.row(rows.lowerBound) + group * width * k.type.byteCount,
                v.row(rows.lowerBound) + group * width * v.type.byteCount,
                o.row(rows.lowerBound) + head * width * o.type.byteCount, lse + rows.lowerBound * heads + head)
        }
    }

    /// Gradients of q, k and v, all fp32.
    ///
    /// - Parameters:
    ///   - dO: `[N, H·D]`, and `o`, of the type of `q`.
    ///   - dq: `[N, H·D]`.
    ///   - dk: `[N, H·D]`, and `dv`: each query head's own share; `sumOverGroup` adds the heads that share a key/value head.
    public static func backward(
        _ dO: Matrix, q: Matrix, k: Matrix, v: Matrix, o: Matrix, logSumExp: Matrix, bounds: [Int], heads: Int,
        groups: Int, scale: Float, window: Int?, into dq: Matrix, dk: Matrix, dv: Matrix
    ) {
        let width = check(q: q, k: k, v: v, heads: heads, groups: groups)
        precondition([dO, o, dq, dk, dv].allSatisfy { $0.rows == q.rows && $0.columns == q.columns })
        precondition(dO.type == q.type && o.type == q.type)
        let examples = longestFirst(bounds, rows: q.rows), perGroup = heads / groups
        let (lse, dqs, dks, dvs) = (logSumExp.floatPointer, dq.floatPointer, dk.floatPointer, dv.floatPointer)
        parallel(examples.count * heads) { index, _ in
            let rows = examples[index / heads], head = index % heads
            let start = rows.lowerBound * q.columns + head * width
            let key = rows.lowerBound * k.columns + head / perGroup * width
            var shape = shape(
                rows: rows.count, keys: rows.count, width: width, heads: heads, groups: groups, scale: scale,
                window: window)
            shape.type = q.type.c
            lathe_attention_backward(
                &shape, dO.element(start), q.element(start), k.element(key), v.element(key), o.element(start),
                lse + rows.lowerBound * heads + head, dqs + start, dks + start, dvs + start, q.columns)
        }
    }

    /// `sum` `[N, G·D]` = the heads of each group of `shares` `[N, H·D]` added, in their order; both fp32.
    public static func sumOverGroup(_ shares: Matrix, groups: Int, headWidth: Int, into sum: Matrix) {
        let perGroup = shares.columns / headWidth / groups
        precondition(sum.rows == shares.rows && sum.columns == groups * headWidth)
        parallelRanges(sum.rows, grain: sum.rowGrain) { rows in
            for row in rows {
                for group in 0..<groups {
                    let to = sum.element(row * sum.columns + group * headWidth)
                    let from = shares.element(row * shares.columns + group * perGroup * headWidth)
                    lathe_convert(from, LATHE_F32, to, LATHE_F32, headWidth)
                    for head in 1..<perGroup {
                        lathe_add(from + head * headWidth * 4, LATHE_F32, to, LATHE_F32, headWidth)
                    }
                }
            }
        }
    }

    /// Attention of `n` new positions `start..<start + n` over everything cached, for generation.
    /// - Parameters:
    ///   - q: `[n, H·D]`.
    ///   - keys: `[≥ start + n, G·D]`, the new positions included; so `values`.
    public static func cached(
        q: Matrix, keys: Matrix, values: Matrix, start: Int, heads: Int, groups: Int, scale: Float, window: Int?,
        into o: Matrix
    ) {
        let width = check(q: q, k: keys, v: values, heads: heads, groups: groups)
        precondition(keys.rows >= start + q.rows && values.rows >= start + q.rows && o.count == q.count)
        guard q.rows > 0 else { return }
        let (parts, perPart) = split(heads: heads, groups: groups, tasks: groups)
        parallel(parts) { index, _ in
            let head = index * perPart, group = head / (heads / groups)
            var shape = shape(
                rows: q.rows, keys: start + q.rows, width: width, heads: heads, groups: groups, scale: scale,
                window: window)
            shape.type = q.type.c
            shape.output_type = o.type.c
            lathe_attention_forward(
                &shape, perPart, q.element(head * width), keys.element(group * width), values.element(group * width),
                o.element(head * width), nil)
        }
    }

    private static func check(q: Matrix, k: Matrix, v: Matrix, heads: Int, groups: Int) -> Int {
        precondition(heads > 0 && groups > 0 && heads % groups == 0 && q.columns % heads == 0)
        let width = q.columns / heads
        precondition(k.columns == groups * width && v.columns == groups * width && k.rows == v.rows)
        precondition(q.type == k.type && k.type == v.type && (q.type == .f32 || width % 2 == 0))
        return width
    }

    /// Query heads that share keys go together, so that the keys are laid out once, unless that leaves threads without work.
    private static func split(heads: Int, groups: Int, tasks: Int) -> (parts: Int, perPart: Int) {
        tasks >= 2 * Processor.threads ? (groups, heads / groups) : (heads, 1)
    }

    /// Long examples first, so that no thread is left with one at the end; ties in the batch's order.
    private static func longestFirst(_ bounds: [Int], rows: Int) -> [Range<Int>] {
        precondition(bounds.first == 0 && bounds.last == rows)
        return zip(bounds, bounds.dropFirst()).map { $0..<$1 }.filter { !$0.isEmpty }
            .sorted { $0.count != $1.count ? $0.count > $1.count : $0.lowerBound < $1.lowerBound }
    }

    private static func shape(
        rows: Int, keys: Int, width: Int, heads: Int, groups: Int, scale: Float, window: Int?
    ) -> lathe_attention_shape {
        precondition(window.map { $0 > 0 } ?? true)
        var shape = lathe_attention_shape()
        shape.queries = rows
        shape.keys = keys
        shape.width = width
        shape.query_stride = heads * width
        shape.output_stride = heads * width
        shape.key_stride = groups * width
        shape.lse_stride = heads
        shape.scale = scale
        shape.window = window ?? 0
        return shape
    }
}
