// libhdf5's handles, closed when nobody holds them. The library as Debian builds it locks itself, so handles may go between threads.

public import CHDF5
public import Vocabulary

/// A refusal of the library.
public struct HDF5Failure: ClassifiedError {
    /// What was asked of it: "open dataset /adapter/…".
    public let operation: String
    /// What the system said when it read or wrote the file, as `errno`; 0: nothing, the file's content is at fault.
    public let fault: Int32

    public let kind: FailureKind

    /// A refusal to read what stands in a file, unless `kind` or the system says otherwise.
    public init(operation: String = "read the file", kind: FailureKind = .badInput, fault: Int32 = 0) {
        self.operation = operation
        self.fault = fault
        self.kind = fault == 0 ? kind : .inputOutput
    }

    public var description: String {
        let text = "libhdf5 cannot \(operation)"
        return fault == 0 ? text : "\(SystemError(fault, reading: "").cause) (\(text))"
    }
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

    // What a close could still fail to write is kept by the file's disk, and asked for before the file is believed.
    deinit { _ = close(id) }
}
