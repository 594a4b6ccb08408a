import CKernels
public import Tensors

/// Inverted dropout: an element is zeroed with the given probability, the others grow by 1 / (1 − probability).
public enum Dropout {
    /// The mask is a pure function of (`seed`, `stream`, element), so backward is the same call on the gradient.
    public static func apply(_ x: Matrix, into y: Matrix, probability: Float, seed: UInt64, stream: UInt32) {
        precondition(x.count == y.count && probability >= 0 && probability < 1)
        guard probability > 0 else { return Conversion.convert(x, into: y) }
        let threshold = UInt32(Double(probability) * 0x1p32)
        parallelRanges(x.count, grain: 1 << 14) { range in
            lathe_dropout(
                x.pointer, y.pointer, x.type.c, y.type.c, range.lowerBound, range.count, threshold,
                1 / (1 - probability),
                seed, stream, RandomStream.Purpose.dropout.rawValue)
        }
    }
}
