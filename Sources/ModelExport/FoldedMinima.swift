// A fold adapter merged: the base's own blocks with other minima, and so a tensor of the base's type and size.

internal import Kernels
internal import Models
internal import Tensors

/// A base's weight before its delta is added to its numbers.
struct MergeSource {
    /// The weight as the base has it, or with the change of a folding method already in its blocks.
    let stored: FrozenTensor
    /// What is still to be added.
    let delta: LowRankDelta?
    /// ‖ΔW‖² of what was changed in the blocks.
    let sumOfSquares: Double

    /// - Throws: `ModelExportError` where a minimum becomes too large for fp16.
    init(_ stored: FrozenTensor, _ delta: LowRankDelta?) throws {
        guard let delta, delta.method.folding != nil else {
            (self.stored, self.delta, sumOfSquares) = (stored, delta, 0)
            return
        }
        self.stored = delta.folded(into: stored)
        self.delta = nil
        sumOfSquares = try Self.difference(of: self.stored, from: stored)
    }

    /// ‖ΔW‖²: a block's weights change by as much as its minimum.
    private static func difference(of folded: FrozenTensor, from stored: FrozenTensor) throws -> Double {
        let blocks = stored.shape[1] / BlockMinima.blockSize
        var sum = 0.0
        for (index, (new, old)) in zip(BlockMinima.read(folded), BlockMinima.read(stored)).enumerated() {
            let minimum = Float(Float16(bitPattern: new))
            guard minimum.isFinite else {
                throw ModelExportError(
                    stored.name, "the minimum of a block is too large for fp16",
                    found: "\(minimum) in row \(index / blocks), block \(index % blocks)",
                    hint: "train with a smaller train.learning_rate")
            }
            let change = Double(minimum - Float(Float16(bitPattern: old)))
            sum += change * change
        }
        return sum * Double(BlockMinima.blockSize)
    }
}

extension LowRankDelta {
    /// `stored` with scale · B·A in the minima of its blocks, as passes with the adapter compute with it.
    fileprivate func folded(into stored: FrozenTensor) -> FrozenTensor {
        let weight = FoldedWeight(stored)
        withFactors { a, b in weight.set(b: b, a: a, scale: scale) }
        return weight.tensor
    }
}
