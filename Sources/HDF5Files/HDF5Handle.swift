// libhdf5's handles, closed when nobody holds them. The library as Debian builds it locks itself, so handles may go between threads.

public import CHDF5

/// A refusal of the library.
public struct HDF5Failure: Error, Sendable {
    /// What was asked of it: "open dataset /adapter/…".
    public let operation: String

    public init(operation: String = "read the file") { self.operation = operation }
}

/// Closes a library handle when the last holder lets go.
public final class HDF5Handle: Sendable {
    public let id: hid_t
    private let close: @Sendable (hid_t) -> herr_t

    /// - Parameter operation: what a handle below zero failed to do.
    public init(
        _ id: hid_t, _ operation: @autoclosure () -> String = "read the file",
        closing close: @escaping @Sendable (hid_t) -> herr_t
    ) throws(HDF5Failure) {
        guard id >= 0 else { throw HDF5Failure(operation: operation()) }
        self.id = id
        self.close = close
    }

    deinit { _ = close(id) }
}
