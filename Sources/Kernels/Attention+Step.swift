import CKernels
public import Tensors

extension Attention {
    /// Attention of the position of each row over its own sequence's cache, for generation step by step. A row's numbers do
    /// not depend on the other rows.
    /// - Parameters:
    ///   - q: `[n, H·D]`, fp32.
    ///   - caches: a row each: keys and values `[positions it sees, G·D]`, its own the last where the rule is causal. What the rule
    ///     says of masks and windows is the caller's to have cut out.
    ///   - o: `[n, H·D]`, fp32.
    public static func step(
        _ rule: AttentionRule, q: Matrix, caches: [(keys: Matrix, values: Matrix)], into o: Matrix
    ) {
        let (heads, groups) = (rule.heads, rule.groups)
        precondition(caches.count == q.rows && o.count == q.count && q.columns % heads == 0)
        precondition(rule.bias == nil || rule.mask == .causal)
        let width = q.columns / heads, from = q.floatPointer, to = o.floatPointer
        // Query heads that share keys go together unless that leaves threads without work.
        let parts = groups * q.rows >= 2 * Processor.threads ? groups : heads, perPart = heads / parts
        func part(_ index: Int) {
            let row = index / parts, head = index % parts * perPart, group = head / (heads / groups)
            let (keys, values) = caches[row]
            precondition(keys.columns == groups * width && keys.rows == values.rows && keys.type == values.type)
            precondition(rule.bias.map { $0.positions >= keys.rows } ?? true)
            var shape = lathe_cached_shape()
            (shape.keys, shape.width, shape.key_stride) = (keys.rows, width, keys.columns)
            (shape.scale, shape.softcap, shape.type) = (rule.scale, rule.softcap ?? 0, keys.type.c)
            let place = row * heads * width + head * width
            func run() {
                lathe_cached_attention(
                    &shape, perPart, from + place, keys.element(group * width), values.element(group * width),
                    to + place)
            }
            guard let bias = rule.bias else { return run() }
            bias.withNumbers(head: head) { numbers in
                (shape.bias, shape.bias_stride) = (numbers - (keys.rows - 1), bias.stride)
                run()
            }
        }
        // A short sequence is not worth a hand-over.
        let numbersRead = caches.reduce(0) { $0 + $1.keys.rows } * heads * width
        guard numbersRead > 1 << 15 else { return (0..<q.rows * parts).forEach(part) }
        parallel(q.rows * parts) { index, _ in part(index) }
    }
}
