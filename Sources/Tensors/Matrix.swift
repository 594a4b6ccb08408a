// A view of numbers somebody else owns: what kernels read and write.

/// The types in which activations are computed and kept.
public enum ElementType: Sendable {
    case f32, bf16

    public var byteCount: Int { self == .f32 ? 4 : 2 }
}

/// A row-major matrix `[rows, columns]` without gaps, inside a `Workspace`, a `ParameterSlab` or a widened weight.
///
/// It owns nothing and is as unsafe as the pointer in it: layers pass matrices to kernels and never dereference them.
public struct Matrix: @unchecked Sendable {
    public let pointer: UnsafeMutableRawPointer
    public let rows: Int
    public let columns: Int
    public let type: ElementType

    public init(pointer: UnsafeMutableRawPointer, rows: Int, columns: Int, type: ElementType) {
        precondition(rows >= 0 && columns >= 0)
        self.pointer = pointer
        self.rows = rows
        self.columns = columns
        self.type = type
    }

    public var count: Int { rows * columns }
    public var byteCount: Int { count * type.byteCount }

    /// The rows of `range`, in place.
    public func rows(_ range: Range<Int>) -> Matrix {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows)
        return Matrix(
            pointer: pointer + range.lowerBound * columns * type.byteCount, rows: range.count, columns: columns,
            type: type)
    }

    /// The numbers, where they are fp32.
    public var floats: UnsafeMutableBufferPointer<Float> {
        precondition(type == .f32)
        return UnsafeMutableBufferPointer(start: pointer.assumingMemoryBound(to: Float.self), count: count)
    }

    /// Its memory, for numbers of other types.
    public var bytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: pointer, count: byteCount)
    }
}
