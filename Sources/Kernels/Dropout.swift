import CKernels
public import Tensors

/// Inverted dropout: an element is zeroed with the given probability, the others grow by 1 / (1 − probability).
public enum Dropout {
    /// The mask is a pure function of (`seed`, `stream`, element), so backward is the same call on the gradient.
    /// - Parameter firstElement: the number of `x`'s first element, where `x` is part of something larger.
    public static func apply(
        _ x: Matrix, into y: Matrix, probability: Float, seed: UInt64, stream: UInt32, firstElement: Int = 0
    ) {
        precondition(x.count == y.count && probability >= 0 && probability < 1 && firstElement >= 0)
        guard probability > 0 else { return Conversion.convert(x, into: y) }
        let threshold = UInt32(Double(probability) * 0x1p32)
        parallelRanges(x.count, grain: 1 << 14) { range in
            lathe_dropout(
                x.element(range.lowerBound), y.element(range.lowerBound), x.type.c, y.type.c,
                UInt64(firstElement + range.lowerBound), range.count, threshold, 1 / (1 - probability), seed, stream,
                RandomStream.Purpose.dropout.rawValue)
        }
    }
}
