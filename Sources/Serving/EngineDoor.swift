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
        /// Who waits until none is open.
        var waiting: [CheckedContinuation<Void, Never>] = []
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
        let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.open -= 1
            state.seconds += 0.1 * (seconds - state.seconds)
            guard state.open == 0 else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns when nothing is under way.
    func whenEmpty() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isEmpty = state.withLock { state -> Bool in
                if state.open > 0 { state.waiting.append(continuation) }
                return state.open == 0
            }
            if isEmpty { continuation.resume() }
        }
    }

    func close() { state.withLock { $0.isClosed = true } }

    func take(_ status: EngineStatus) { state.withLock { $0.status = status } }
}
