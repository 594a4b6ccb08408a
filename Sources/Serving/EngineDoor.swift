// Who is let in: what every thread may ask of an engine without waiting for its own.

internal import Synchronization

/// Counts the requests that are open, turns away those that are too many, and shows how the engine stands.
final class EngineDoor: Sendable {
    private struct State {
        var next = 0
        /// Submitted, and not ended.
        var open = 0
        var isClosed = false
        var turnedAway = 0
        var status = EngineStatus()
        /// Seconds from a request's submission to its end, of late.
        var seconds = 1.0
    }

    private let limits: ServingLimits
    private let state = Mutex(State())

    init(_ limits: ServingLimits) { self.limits = limits }

    /// As of the engine's last step.
    var status: EngineStatus {
        state.withLock {
            var status = $0.status
            status.turnedAway = $0.turnedAway
            status.isStopping = $0.isClosed
            return status
        }
    }

    /// Lets a request in.
    /// - Returns: its number.
    func admit() throws(ServingError) -> Int {
        let result: Result<Int, ServingError> = state.withLock { state in
            guard !state.isClosed else { return .failure(.stopping) }
            guard state.open < limits.sequences + limits.queue else {
                state.turnedAway += 1
                // A place is free when one of those that run side by side is through.
                let wait = max(1, (state.seconds / Double(limits.sequences)).rounded(.up))
                return .failure(.busy(retryAfter: .seconds(Int(wait))))
            }
            state.open += 1
            state.next += 1
            return .success(state.next - 1)
        }
        return try result.get()
    }

    /// A request has ended, whatever came of it.
    func leave(since submitted: ContinuousClock.Instant) {
        let seconds = (ContinuousClock.now - submitted).seconds
        state.withLock {
            $0.open -= 1
            $0.seconds += 0.1 * (seconds - $0.seconds)
        }
    }

    /// Whether nothing is under way.
    var isEmpty: Bool { state.withLock { $0.open == 0 } }

    func close() { state.withLock { $0.isClosed = true } }

    func take(_ status: EngineStatus) { state.withLock { $0.status = status } }
}
