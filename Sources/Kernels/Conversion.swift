import CKernels
public import Tensors

/// Between the types of numbers, rounding to nearest even.
public enum Conversion {
    private static let grain = 1 << 16

    /// `to` = `from`, element by element. The two have one shape and, unless of one type, do not overlap.
    public static func convert(_ from: Matrix, into to: Matrix) {
        precondition(from.rows == to.rows && from.columns == to.columns)
        parallelRanges(from.count, grain: grain) { range in
            lathe_convert(
                from.element(range.lowerBound), from.type.c, to.element(range.lowerBound), to.type.c, range.count)
        }
    }

    /// fp32 → f16, `count` numbers.
    public static func floatsToHalves(_ from: UnsafePointer<Float>, into to: UnsafeMutablePointer<UInt16>, count: Int) {
        parallelRanges(count, grain: grain) { lathe_f32_to_f16(from + $0.lowerBound, to + $0.lowerBound, $0.count) }
    }

    /// f16 → fp32, `count` numbers.
    public static func halvesToFloats(_ from: UnsafePointer<UInt16>, into to: UnsafeMutablePointer<Float>, count: Int) {
        parallelRanges(count, grain: grain) { lathe_f16_to_f32(from + $0.lowerBound, to + $0.lowerBound, $0.count) }
    }
}
