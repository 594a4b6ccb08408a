import CKernels
public import Tensors

/// Attention inside each example of a ragged batch, or from its rows to those of another batch, flash style: no buffer of T × T
/// beyond a tile.
///
/// Legend: N rows of queries, M of keys (the same, but where keys are another batch's), H query heads, G key/value heads, D head
/// width.
public enum Attention {
    /// - Parameters:
    ///   - q: `[N, H·D]`; `k`, `v`: `[M, G·D]`, all of one type.
    ///   - bounds: where examples start, and N at the end.
    ///   - keyBounds: where the keys of each example start, and M at the end; nil where they are of the same rows. The rule has to
    ///     be bidirectional where they are others, and all of them are seen.
    ///   - o: `[N, H·D]`.
    ///   - logSumExp: `[N, H]` fp32, for `backward`.
    public static func forward(
        _ rule: AttentionRule, q: Matrix, k: Matrix, v: Matrix, bounds: [Int], keyBounds: [Int]? = nil, into o: Matrix,
        logSumExp: Matrix
    ) {
        let width = check(rule, q: q, k: k, v: v), heads = rule.heads
        precondition(o.rows == q.rows && o.columns == q.columns && logSumExp.count == q.rows * heads)
        let lse = logSumExp.floatPointer
        let examples = longestFirst(rule, bounds, keyBounds, rows: q.rows, keyRows: k.rows)
        let perPart = perPart(rule, tasks: examples.count * rule.groups)
        let tasks = tasks(examples, heads: heads, perTask: perPart)
        parallel(tasks.count) { index, _ in
            let task = tasks[index], (head, queries) = (task.head, task.queries)
            let key = task.keys.lowerBound * k.columns + head / (heads / rule.groups) * width
            task.withShape(rule, width: width, type: q.type) { shape in
                shape.output_type = o.type.c
                lathe_attention_forward(
                    &shape, perPart, q.element(queries.lowerBound * q.columns + head * width), k.element(key),
                    v.element(key), o.element(queries.lowerBound * o.columns + head * width),
                    lse + queries.lowerBound * heads + head)
            }
        }
    }

    /// One example's rows, and those of its keys.
    private typealias Example = (rows: Range<Int>, keys: Range<Int>)

    /// What one thread computes at a time.
    private struct Task {
        /// Of its example.
        let rows: Range<Int>
        let keys: Range<Int>
        /// The first.
        let head: Int
        let queries: Range<Int>
        /// Which part of the example's queries these are.
        let part: Int

        /// The kernel's form of the rule for it, with no more keys than its queries see.
        func withShape(
            _ rule: AttentionRule, width: Int, type: ElementType, _ body: (inout lathe_attention_shape) -> Void
        ) {
            rule.withShape(
                head: head, queries: queries.count, keys: seenKeys(rule),
                position: queries.lowerBound - rows.lowerBound,
                width: width, type: type, body)
        }

        func seenKeys(_ rule: AttentionRule) -> Int {
            rule.keys(of: queries.lowerBound - rows.lowerBound..<queries.upperBound - rows.lowerBound, rows: keys.count)
        }
    }

    /// How many shares of the gradients of keys and values there are: few long examples are cut in two, so that no
    /// thread waits for another's last head.
    public static func parts(bounds: [Int], heads: Int) -> Int {
        let longest = zip(bounds, bounds.dropFirst()).map { $1 - $0 }.max() ?? 0
        let isFew = (bounds.count - 1) * heads < 8 * Processor.threads && Processor.threads > 1
        return isFew && longest >= 1024 ? 2 : 1
    }

    /// The most work first: of a causal example's halves the second sees three times as many keys as the first.
    private static func tasks(_ examples: [Example], heads: Int, perTask: Int) -> [Task] {
        let bounds = examples.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.rows.count) }
        let parts = parts(bounds: bounds, heads: heads / perTask)
        var tasks: [Task] = []
        for part in (0..<parts).reversed() {
            for (rows, keys) in examples {
                let start = rows.lowerBound + rows.count * part / parts
                let queries = start..<rows.lowerBound + rows.count * (part + 1) / parts
                guard !queries.isEmpty else { continue }
                for head in stride(from: 0, to: heads, by: perTask) {
                    tasks.append(Task(rows: rows, keys: keys, head: head, queries: queries, part: part))
                }
            }
        }
        return tasks
    }

    /// Gradients of q, k and v, all fp32.
    ///
    /// - Parameters:
    ///   - dO: `[N, H·D]`, and `o`, of the type of `q`.
    ///   - dq: `[N, H·D]`.
    ///   - dk: `[M, H·D]`, and `dv`: each query head's own share, in as many matrices as `parts` says of `bounds`;
    ///     `sumOverGroup` adds them.
    public static func backward(
        _ rule: AttentionRule, _ dO: Matrix, q: Matrix, k: Matrix, v: Matrix, o: Matrix, logSumExp: Matrix,
        bounds: [Int], keyBounds: [Int]? = nil, into dq: Matrix, dk: [Matrix], dv: [Matrix]
    ) {
        let width = check(rule, q: q, k: k, v: v), heads = rule.heads
        precondition([dO, o, dq].allSatisfy { $0.rows == q.rows && $0.columns == q.columns })
        precondition((dk + dv).allSatisfy { $0.rows == k.rows && $0.columns == q.columns })
        precondition(dO.type == q.type && o.type == q.type)
        let parts = parts(bounds: bounds, heads: heads)
        precondition(dk.count == parts && dv.count == parts)
        let (lse, dqs) = (logSumExp.floatPointer, dq.floatPointer)
        clearUnseen(bounds, keyBounds, dk + dv)
        let examples = longestFirst(rule, bounds, keyBounds, rows: q.rows, keyRows: k.rows)
        let tasks = tasks(examples, heads: heads, perTask: 1)
        parallel(tasks.count) { index, _ in
            let task = tasks[index], (head, queries, keys) = (task.head, task.queries, task.keys)
            let start = queries.lowerBound * q.columns + head * width
            let key = keys.lowerBound * k.columns + head / (heads / rule.groups) * width
            let share = keys.lowerBound * q.columns + head * width
            let (dks, dvs) = (dk[task.part].floatPointer, dv[task.part].floatPointer)
            task.withShape(rule, width: width, type: q.type) { shape in
                lathe_attention_backward(
                    &shape, dO.element(start), q.element(start), k.element(key), v.element(key), o.element(start),
                    lse + queries.lowerBound * heads + head, dqs + start, dks + share, dvs + share, q.columns)
            }
            // Keys after the last that these queries see.
            for row in keys.lowerBound + task.seenKeys(rule)..<keys.upperBound {
                for share in [dks, dvs] { (share + row * q.columns + head * width).update(repeating: 0, count: width) }
            }
        }
    }

    /// No query looks at the keys of an example without rows.
    private static func clearUnseen(_ bounds: [Int], _ keyBounds: [Int]?, _ gradients: [Matrix]) {
        guard let keyBounds else { return }
        for example in bounds.indices.dropLast() where bounds[example] == bounds[example + 1] {
            let keys = keyBounds[example]..<keyBounds[example + 1]
            for gradient in gradients {
                gradient.rows(keys).floatPointer.update(repeating: 0, count: keys.count * gradient.columns)
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
                addOverGroup(share.rows(from..<from + 1), groups: groups, headWidth: headWidth, to: to)
            }
        }
    }

    /// Adds the heads of `share` `[1, H·D]` to those of their groups at `sum`.
    static func addOverGroup(_ share: Matrix, groups: Int, headWidth: Int, to sum: UnsafeMutablePointer<Float>) {
        let heads = share.columns / headWidth, numbers = share.floatPointer
        for head in 0..<heads {
            lathe_add(
                numbers + head * headWidth, LATHE_F32, sum + head * groups / heads * headWidth, LATHE_F32, headWidth)
        }
    }

    /// How many positions are taken at a time where queries see up to `positions` of them. Probabilities are rounded
    /// tile by tile.
    public static func tile(positions: Int) -> Int { lathe_attention_tile(positions) }

    /// Attention of `n` new positions `start..<start + n` over everything cached, for generation.
    /// - Parameters:
    ///   - q: `[n, H·D]`.
    ///   - keys: `[≥ start + n, G·D]`, the new positions included; so `values`. A bidirectional rule's queries see all rows
    ///     there are, which may be of another text than theirs.
    ///
    /// A row's numbers depend on the positions before it and on the `tile` of all of them, not on where the new ones
    /// begin.
    public static func cached(
        _ rule: AttentionRule, q: Matrix, keys: Matrix, values: Matrix, start: Int, into o: Matrix
    ) {
        let width = check(rule, q: q, k: keys, v: values), seen = rule.keys(of: start..<start + q.rows, rows: keys.rows)
        precondition(keys.rows >= seen && values.rows >= seen && o.count == q.count)
        guard q.rows > 0 else { return }
        let perPart = perPart(rule, tasks: rule.groups)
        parallel(rule.heads / perPart) { index, _ in
            let head = index * perPart, key = head / (rule.heads / rule.groups) * width
            rule.withShape(
                head: head, queries: q.rows, keys: seen, position: start, width: width, type: q.type
            ) { shape in
                shape.output_type = o.type.c
                lathe_attention_forward(
                    &shape, perPart, q.element(head * width), keys.element(key), values.element(key),
                    o.element(head * width), nil)
            }
        }
    }

    private static func check(_ rule: AttentionRule, q: Matrix, k: Matrix, v: Matrix) -> Int {
        precondition(q.columns % rule.heads == 0)
        let width = q.columns / rule.heads
        precondition(k.columns == rule.groups * width && v.columns == rule.groups * width && k.rows == v.rows)
        precondition(q.type == k.type && k.type == v.type && (q.type == .f32 || width % 2 == 0))
        return width
    }

    /// Query heads that share keys go together, so that the keys are laid out once, unless that leaves threads without
    /// work.
    private static func perPart(_ rule: AttentionRule, tasks: Int) -> Int {
        tasks >= 2 * Processor.threads ? rule.heads / rule.groups : 1
    }

    /// Long examples first, so that no thread is left with one at the end; ties in the batch's order.
    private static func longestFirst(
        _ rule: AttentionRule, _ bounds: [Int], _ keyBounds: [Int]?, rows: Int, keyRows: Int
    ) -> [Example] {
        let others = keyBounds ?? bounds
        precondition(bounds.first == 0 && bounds.last == rows && others.count == bounds.count)
        precondition(others.first == 0 && others.last == keyRows)
        precondition(keyBounds == nil || (rule.mask == .bidirectional && rule.window == nil))
        return bounds.indices.dropLast().map { (bounds[$0]..<bounds[$0 + 1], others[$0]..<others[$0 + 1]) }
            .filter { !$0.0.isEmpty }
            .sorted { $0.0.count != $1.0.count ? $0.0.count > $1.0.count : $0.0.lowerBound < $1.0.lowerBound }
    }
}
