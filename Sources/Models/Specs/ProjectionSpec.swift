// How what is projected from one input is stored, as data.

/// Whether the parts of what is projected from one input (query, key and value; gate and up) have a layer each.
public enum ProjectionSpec: Sendable, Equatable {
    /// A layer, with an adapter of its own, for each part.
    case separate
    /// One layer, with one adapter, for all. Its output stands in that many equal blocks, each with its share of every part in
    /// order: one block is `q|k|v`, a block for each key head has its query heads, then its key, then its value.
    case fused(blocks: Int)
}
