// The one thread that computes for a served model.

internal import Dispatch
internal import Foundation
internal import Synchronization

/// Owns an `EngineCore`: makes it, does what others post, in order, and the core's own work in between. What the core holds never
/// leaves the thread, so nothing of it needs a lock, and how others' threads interleave changes when a request begins and none of its
/// numbers.
final class EngineThread: Sendable {
    typealias Job = @Sendable (EngineCore) -> Void

    /// What others put before the thread.
    private final class Mailbox: Sendable {
        struct State {
            var jobs: [Job] = []
            var isClosed = false
            /// What opening led to; nil until then.
            var opened: Result<(facts: ServedFacts, read: ServedBase.Read), any Error>?
        }

        let state = Mutex(State())
        let wake = DispatchSemaphore(value: 0)
    }

    private let mailbox: Mailbox
    let facts: ServedFacts
    /// Reads adapters for the model, on any thread.
    let read: ServedBase.Read

    /// Begins the thread and waits until the model is open.
    /// - Parameter open: runs on the thread.
    /// - Throws: what `open` throws.
    init(_ open: @escaping @Sendable () throws -> (ServedFacts, ServedBase)) throws {
        let mailbox = Mailbox(), isOpen = DispatchSemaphore(value: 0)
        let thread = Thread {
            let core: EngineCore
            do {
                let (facts, base) = try open()
                core = EngineCore(base, facts)
                mailbox.state.withLock { $0.opened = .success((facts, base.read)) }
            } catch {
                mailbox.state.withLock { $0.opened = .failure(error) }
                isOpen.signal()
                return
            }
            isOpen.signal()
            Self.work(core, mailbox)
        }
        thread.name = "lathe-engine"
        thread.stackSize = 16 << 20
        thread.start()
        isOpen.wait()
        self.mailbox = mailbox
        guard let opened = mailbox.state.withLock({ $0.opened }) else { preconditionFailure("nothing was opened") }
        (facts, read) = try opened.get()
    }

    deinit {
        mailbox.state.withLock { $0.isClosed = true }
        mailbox.wake.signal()
    }

    /// Has the thread do `job` when it has done what was posted before, between two steps.
    func post(_ job: @escaping Job) {
        mailbox.state.withLock { $0.jobs.append(job) }
        mailbox.wake.signal()
    }

    /// What `body` gives on the thread.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable (EngineCore) throws(ServingError) -> Value
    ) async throws(ServingError) -> Value {
        let result: Result<Value, ServingError> = await withCheckedContinuation { continuation in
            post { core in
                do throws(ServingError) {
                    continuation.resume(returning: .success(try body(core)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    private static func work(_ core: EngineCore, _ mailbox: Mailbox) {
        while true {
            let (jobs, isClosed) = mailbox.state.withLock { state in
                defer { state.jobs = [] }
                return (state.jobs, state.isClosed)
            }
            for job in jobs { job(core) }
            // Whoever listens to an answer, or waits for a job, holds the thread: none is left.
            if isClosed { return }
            if !core.step() && jobs.isEmpty { mailbox.wake.wait() }
        }
    }
}
