/// Bytes that stay where they are as long as somebody holds this object: a mapped file or an allocation.
public final class Storage: @unchecked Sendable {
    public let bytes: UnsafeRawBufferPointer
    private let release: @Sendable () -> Void
    private let drop: (@Sendable (Range<Int>) -> Void)?

    /// - Parameters:
    ///   - drop: lets the pages inside a range leave memory; nil where they could not come back by themselves.
    ///   - release: called once, when the last holder lets go.
    public init(
        bytes: UnsafeRawBufferPointer, drop: (@Sendable (Range<Int>) -> Void)? = nil,
        release: @escaping @Sendable () -> Void
    ) {
        self.bytes = bytes
        self.drop = drop
        self.release = release
    }

    /// Lets the pages inside `range` leave memory: those of a file, which come back when they are touched. Nothing else is touched.
    public func dropPages(_ range: Range<Int>) { drop?(range) }

    /// A new allocation of `byteCount` bytes, 64-byte aligned, filled by `fill` before anyone else sees it.
    public convenience init(byteCount: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(byteCount, 1), alignment: 64)
        do { try fill(buffer) } catch {
            buffer.deallocate()
            throw error
        }
        let address = UInt(bitPattern: buffer.baseAddress)
        self.init(bytes: UnsafeRawBufferPointer(buffer)) { UnsafeMutableRawPointer(bitPattern: address)?.deallocate() }
    }

    deinit { release() }
}
