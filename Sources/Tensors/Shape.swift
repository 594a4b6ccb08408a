/// The sizes of a tensor, outermost first (row-major): a weight `[out, in]` has its input features contiguous.
public struct Shape: Sendable, Hashable, ExpressibleByArrayLiteral, CustomStringConvertible {
    public let sizes: [Int]

    public init(_ sizes: [Int]) { self.sizes = sizes }
    public init(arrayLiteral elements: Int...) { self.sizes = elements }

    public var rank: Int { sizes.count }
    public subscript(axis: Int) -> Int { sizes[axis] }

    /// The product of the sizes; nil on a negative size or overflow.
    public var elementCount: Int? {
        var count = 1
        for size in sizes {
            guard size >= 0 else { return nil }
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard !overflow else { return nil }
            count = product
        }
        return count
    }

    public var description: String { "[\(sizes.map(String.init).joined(separator: ", "))]" }
}
