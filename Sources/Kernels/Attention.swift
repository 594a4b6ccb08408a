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
        let lse = logSumExp.floatPointer
        let examples = longestFirst(bounds, rows: q.rows)
        let (_, perPart) = split(heads: heads, groups: groups, tasks: examples.count * groups)
        let tasks = tasks(examples, heads: heads, perTask: perPart)
        parallel(tasks.count) { index, _ in
            let (rows, head, queries, _) = tasks[index], group = head / (heads / groups)
            var shape = shape(
                rows: queries.count, keys: queries.upperBound - rows.lowerBound, width: width, heads: heads,
                groups: groups, scale: scale, window: window)
            shape.type = q.type.c
            shape.output_type = o.type.c
            lathe_attention_forward(
                &shape, perPart, q.element(queries.lowerBound * q.columns + head * width),
                k.element(rows.lowerBound * k.columns + group * width),
                v.element(rows.lowerBound * v.columns + group * width),
                o.element(queries.lowerBound * o.columns + head * width), lse + queries.lowerBound * heads + head)
        }
    }

    /// One task: the rows of its example, its first head, its queries, and which part of the example's these are.
    private typealias Task = (rows: Range<Int>, head: Int, queries: Range<Int>, part: Int)

    /// How many shares of the gradients of keys and values there are: few long examples are cut in two, so that no
    /// thread waits for another's last head.
    public static func parts(bounds: [Int], heads: Int) -> Int {
        let longest = zip(bounds, bounds.dropFirst()).map { $1 - $0 }.max() ?? 0
        let isFew = (bounds.count - 1) * heads < 8 * Processor.threads && Processor.threads > 1
        return isFew && longest >= 1024 ? 2 : 1
    }

    /// The most work first: of a causal example's halves the second sees three times as many keys as the first.
    private static func tasks(_ examples: [Range<Int>], heads: Int, perTask: Int) -> [Task] {
        let bounds = examples.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
        let parts = parts(bounds: bounds, heads: heads / perTask)
        var tasks: [Task] = []
        for part in (0..<parts).reversed() {
            for rows in examples {
                let start = rows.lowerBound + rows.count * part / parts
                let queries = start..<rows.lowerBound + rows.count * (part + 1) / parts
                guard !queries.isEmpty else { continue }
                for head in stride(from: 0, to: heads, by: perTask) { tasks.append((rows, head, queries, part)) }
            }
        }
        return tasks
    }

    /// Gradients of q, k and v, all fp32.
    ///
    /// - Parameters:
    ///   - dO: `[N, H·D]`, and `o`, of the type of `q`.
    ///   - dq: `[N, H·D]`.
    ///   - dk: `[N, H·D]`, and `dv`: each query head's own share, in as many matrices as `parts` says; `sumOverGroup`
    ///     adds them.
    public static func backward(
        _ dO: Matrix, q: Matrix, k: Matrix, v: Matrix, o: Matrix, logSumExp: Matrix, bounds: [Int], heads: Int,
        groups: Int, scale: Float, window: Int?, into dq: Matrix, dk: [Matrix], dv: [Matrix]
    ) {
        let width = check(q: q, k: k, v: v, heads: heads, groups: groups)
        precondition(([dO, o, dq] + dk + dv).allSatisfy { $0.rows == q.rows && $0.columns == q.columns })
        precondition(dO.type == q.type && o.type == q.type)
        let parts = parts(bounds: bounds, heads: heads), perGroup = heads / groups
        precondition(dk.count == parts && dv.count == parts)
        let (lse, dqs) = (logSumExp.floatPointer, dq.floatPointer)
        let tasks = tasks(longestFirst(bounds, rows: q.rows), heads: heads, perTask: 1)
        parallel(tasks.count) { index, _ in
            let (rows, head, queries, part) = tasks[index]
            let start = queries.lowerBound * q.columns + head * width
            let key = rows.lowerBound * k.columns + head / perGroup * width
            var shape = shape(
                rows: queries.count, keys: queries.upperBound - rows.lowerBound, width: width, heads: heads,
                groups: groups, scale: scale, window: window)
            shape.type = q.type.c
            let share = rows.lowerBound * q.columns + head * width
            let (dks, dvs) = (dk[part].floatPointer, dv[part].floatPointer)
            lathe_attention_backward(
                &shape, dO.element(start), q.element(start), k.element(key), v.element(key), o.element(start),
                lse + queries.lowerBound * heads + head, dqs + start, dks + share, dvs + share, q.columns)
            // Keys after the last of these queries.
            for row in queries.upperBound..<rows.upperBound {
                for share in [dks, dvs] { (share + row * q.columns + head * width).update(repeating: 0, count: width) }
            }
        }
    }

    /// `sum` `[n, G·D]` = rows `rows` of the heads of each group of `shares` `[N, H·D]` added, share by share and in
    /// their order; all fp32.
    public static func sumOverGroup(
        _ shares: [Matrix], rows: Range<Int>, groups: Int, headWidth: Int, into sum: Matrix
    ) {
        precondition(sum.rows == rows.count && sum.columns == groups * headWidth)
        for (row, from) in rows.enumerated() {
            let to = sum.rows(row..<row + 1).floatPointer
            to.update(repeating: 0, count: sum.columns)
            for share in shares {
                let heads = share.columns / headWidth, numbers = share.rows(from..<from + 1).floatPointer
                for head in 0..<heads {
                    lathe_add(
                        numbers + head * headWidth, LATHE_F32, to + head * groups / heads * headWidth, LATHE_F32,
                        headWidth)
                }
            }
        }
    }

    /// How many positions are taken at a time where queries see up to `positions` of them. Probabilities are rounded
    /// tile by tile.
    public static func tile(positions: Int) -> Int { lathe_attention_tile(positions) }

    /// Attention of `n` new positions `start..<start + n` over everything cached, for generation.
    /// - Parameters:
    ///   - q: `[n, H·D]`.
    ///   - keys: `[≥ start + n, G·D]`, the new positions included; so `values`.
    ///
    /// A row's numbers depend on the positions before it and on the `tile` of all of them, not on where the new ones
    /// begin.
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

    /// Query heads that share keys go together, so that the keys are laid out once, unless that leaves threads without
    /// work.
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
