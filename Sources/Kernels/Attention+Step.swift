import CKernels
public import Tensors

extension Attention {
    /// Attention of the position of each row over its own sequence's cache, for generation step by step. A row's numbers do
    /// not depend on the other rows.
    /// - Parameters:
    ///   - q: `[n, H·D]`, fp32.
    ///   - caches: a row each: keys and values `[positions it sees, G·D]`, its own the last.
    ///   - o: `[n, H·D]`, fp32.
    public static func step(
        q: Matrix, caches: [(keys: Matrix, values: Matrix)], heads: Int, groups: Int, scale: Float, into o: Matrix
    ) {
        precondition(caches.count == q.rows && o.count == q.count && q.columns % heads == 0 && heads % groups == 0)
        let width = q.columns / heads, from = q.floatPointer, to = o.floatPointer
        // Query heads that share keys go together unless that leaves threads without work.
        let parts = groups * q.rows >= 2 * Processor.threads ? groups : heads, perPart = heads / parts
        func part(_ index: Int) {
            let row = index / parts, head = index % parts * perPart, group = head / (heads / groups)
            let (keys, values) = caches[row]
            precondition(keys.columns == groups * width && keys.rows == values.rows && keys.type == values.type)
            var shape = lathe_cached_shape(
                keys: keys.rows, width: width, key_stride: keys.columns, scale: scale, type: keys.type.c)
            let place = row * heads * width + head * width
            lathe_cached_attention(
                &shape, perPart, from + place, keys.element(group * width), values.element(group * width), to + place)
        }
        // A short sequence is not worth a hand-over.
        let numbersRead = caches.reduce(0) { $0 + $1.keys.rows } * heads * width
        guard numbersRead > 1 << 15 else { return (0..<q.rows * parts).forEach(part) }
        parallel(q.rows * parts) { index, _ in part(index) }
    }
}
