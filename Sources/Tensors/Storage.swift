/// Bytes that stay where they are as long as somebody holds this object: a mapped file or an allocation.
public final class Storage: @unchecked Sendable {
    public let bytes: UnsafeRawBufferPointer
    private let release: @Sendable () -> Void

    /// - Parameter release: called once, when the last holder lets go.
    public init(bytes: UnsafeRawBufferPointer, release: @escaping @Sendable () -> Void) {
        self.bytes = bytes
        self.release = release
    }

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
