import CKernels

/// Rows of logits in blocks: who looks for the likeliest tokens, or for those where a part of the probability ends, looks into few
/// of them.
public enum BlockMasses {
    /// Numbers in a block; the last one of all may have fewer.
    public static let blockSize = Int(LATHE_MASS_BLOCK)

    /// Blocks of `count` numbers.
    public static func blockCount(_ count: Int) -> Int { (count + blockSize - 1) / blockSize }

    /// The largest number of each block; a NaN may be passed over, and comes back in the block's mass.
    public static func largest(
        _ logits: UnsafeBufferPointer<Float>, into largest: UnsafeMutableBufferPointer<Float>
    ) {
        precondition(largest.count == blockCount(logits.count))
        guard let from = logits.baseAddress, let to = largest.baseAddress else { return }
        lathe_block_largest(from, logits.count, to)
    }

    /// Σ exp((x − `largest`) · `factor`) of each block.
    public static func masses(
        _ logits: UnsafeBufferPointer<Float>, largest: Float, factor: Float,
        into masses: UnsafeMutableBufferPointer<Float>
    ) {
        precondition(masses.count == blockCount(logits.count))
        guard let from = logits.baseAddress, let to = masses.baseAddress else { return }
        lathe_block_masses(from, logits.count, largest, factor, to)
    }
}
