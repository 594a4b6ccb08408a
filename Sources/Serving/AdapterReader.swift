// Adapters are read beside the engine's thread: a disk that is slow, or does not answer, holds nobody who is being answered.

internal import Dispatch
internal import Synchronization

/// Reads adapters one after the other, on a thread that computes nothing.
final class AdapterReader: Sendable {
    private let read: ServedBase.Read
    private let queue = DispatchQueue(label: "lathe-adapters")

    init(_ read: @escaping ServedBase.Read) { self.read = read }

    /// The adapter at `path`, to be taken over by the thread that computes with it.
    /// - Throws: `ServingError.adapter` of `name` where it cannot be read.
    func adapter(_ name: String, at path: String) async throws(ServingError) -> Handover<ReadAdapter> {
        let result: Result<Handover<ReadAdapter>, ServingError> = await withCheckedContinuation { continuation in
            queue.async { [read] in
                do {
                    continuation.resume(returning: .success(Handover(try read(path))))
                } catch {
                    continuation.resume(returning: .failure(.adapter(name: name, "\(error)")))
                }
            }
        }
        return try result.get()
    }
}

/// What one thread made and another takes over.
final class Handover<Value>: Sendable {
    private let value: Mutex<Value?>

    init(_ value: consuming sending Value) { self.value = Mutex(value) }

    /// What was handed over.
    /// - Precondition: it is taken once.
    func take() -> sending Value {
        let taken = value.withLock { value -> sending Value? in
            defer { value = nil }
            return value
        }
        guard let taken else { preconditionFailure("it was taken already") }
        return taken
    }
}
