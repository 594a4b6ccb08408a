// The command waits: its thread has nothing else to do while others work.

internal import Dispatch
internal import Synchronization

/// Where a thread waits for what a task comes to.
final class Waiting<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>?>(nil)
    private let isThere = DispatchSemaphore(value: 0)

    /// The first result counts.
    func finish(_ value: Result<Value, any Error>) {
        result.withLock { $0 = $0 ?? value }
        isThere.signal()
    }

    /// What came.
    func wait() throws -> Value {
        while true {
            if let value = result.withLock({ $0 }) { return try value.get() }
            isThere.wait()
        }
    }

    /// What `body` gives.
    static func value(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
        let waiting = Waiting()
        Task {
            do { waiting.finish(.success(try await body())) } catch { waiting.finish(.failure(error)) }
        }
        return try waiting.wait()
    }
}
