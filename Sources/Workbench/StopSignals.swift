// SIGINT and SIGTERM, from the first line of the command to its last: none is swallowed, and none leaves a place half made.

internal import Files
internal import Foundation
internal import Synchronization

/// What a signal to stop does.
public enum StopSignals {
    private struct Answers {
        /// Ends the process in the command's own words.
        var end: @Sendable (Failure) -> Void = { _ in }
        /// What the work in hand does; nil: the process ends.
        var answer: (@Sendable () -> Void)?
    }

    private static let answers = Mutex(Answers())

    /// Takes the signals away from all threads, this one and those to come, and answers them on one of its own.
    ///
    /// - Parameter end: says a failure and ends the process, whichever thread calls it first.
    public static func watch(end: @escaping @Sendable (Failure) -> Void) {
        answers.withLock { $0.end = end }
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        Thread.detachNewThread { [signals] in
            var signals = signals, number: Int32 = 0
            while true {
                guard sigwait(&signals, &number) == 0 else { continue }
                if let answer = answers.withLock({ $0.answer }) {
                    answer()
                } else {
                    Self.end(Failure(.interrupted, "interrupted; nothing half-made is left"))
                }
            }
        }
    }

    /// From here on a signal calls `answer`, on a thread of its own; `nil`: it ends the process.
    static func answer(by answer: (@Sendable () -> Void)?) { answers.withLock { $0.answer = answer } }

    /// The thread that ends the process.
    private static let endingThread = Atomic<UInt>(0)

    /// Returns on the thread that calls this first: it alone says why the process ends. Any other waits for that.
    public static func claimEnd() {
        let thread = UInt(pthread_self())
        let (_, owner) = endingThread.compareExchange(
            expected: 0, desired: thread, ordering: .sequentiallyConsistent)
        guard owner != 0, owner != thread else { return }
        while true { pause() }
    }

    /// Takes away what is half made and ends the process.
    static func end(_ failure: Failure) {
        // What is taken away may make the work in hand fail; that is no news.
        claimEnd()
        let end = answers.withLock { $0.end }
        UnfinishedPlaces.removeAll { end(failure) }
    }
}
