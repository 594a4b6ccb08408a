// libhdf5's handles, closed when nobody holds them. The library as Debian builds it locks itself, so handles may go between threads.

public import CHDF5
public import Vocabulary

/// A refusal of the library.
public struct HDF5Failure: ClassifiedError {
    /// What was asked of it: "open dataset /adapter/…".
    public let operation: String

    public let kind: FailureKind

    /// A refusal to read what stands in a file, unless `kind` says otherwise.
    public init(operation: String = "read the file", kind: FailureKind = .badInput) {
        self.operation = operation
        self.kind = kind
    }

    public var description: String { "libhdf5 cannot \(operation)" }
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
