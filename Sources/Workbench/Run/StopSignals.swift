// SIGINT, SIGTERM and SIGHUP, from the first line of the command to its last: none is swallowed, and none leaves a place half made.

internal import Files
internal import Foundation
internal import Synchronization
internal import Training

/// What a signal to stop does.
public enum StopSignals {
    private struct Answers {
        /// Ends the process in the command's own words.
        var end: @Sendable (Failure) -> Void = { _ in }
        /// What the work in hand does, told which signal came; nil: the process ends.
        var answer: (@Sendable (Int32) -> Void)?
    }

    private static let answers = Mutex(Answers())

    /// Where the handler tells which signal came. A mask would not do: libraries start threads of their own before `main`, which
    /// would still take the signal, and the process with it.
    private static let bell = Atomic<Int32>(-1)

    /// Answers the signals on a thread of its own, whichever thread they reach.
    ///
    /// - Parameter end: says a failure and ends the process, whichever thread calls it first.
    public static func watch(end: @escaping @Sendable (Failure) -> Void) {
        answers.withLock { $0.end = end }
        var ends: [Int32] = [-1, -1]
        // Without a pipe the signals do what they do to any process.
        guard pipe(&ends) == 0 else { return }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        bell.store(ends[1], ordering: .sequentiallyConsistent)
        let reading = ends[0]
        Thread.detachNewThread {
            var number: UInt8 = 0
            while true {
                guard read(reading, &number, 1) == 1 else { continue }
                if let answer = answers.withLock({ $0.answer }) {
                    answer(Int32(number))
                } else {
                    Self.end(nothingIsLeft)
                }
            }
        }
        var action = sigaction()
        // Nothing here but what may be called at any moment; reads and writes that were under way go on.
        action.__sigaction_handler.sa_handler = { number in
            let code = errno
            var byte = UInt8(truncatingIfNeeded: number)
            write(StopSignals.bell.load(ordering: .relaxed), &byte, 1)
            errno = code
        }
        action.sa_flags = Int32(SA_RESTART)
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            // Whoever lets a process outlive its terminal has this one ignored.
            if number == SIGHUP, isIgnored(number) { continue }
            sigaction(number, &action, nil)
            sigaddset(&signals, number)
        }
        // Whoever started the process may have blocked them, and a mask is handed on.
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var present = sigaction()
        guard sigaction(number, nil, &present) == 0 else { return false }
        return unsafeBitCast(present.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// From here on signals change nothing: the result has arrived, and all that is left is to end.
    public static func passOver() { answer(by: {}) }

    /// From here on the first signal calls `drain`, which lets the process come to its end, and the next one ends it at once.
    public static func drainFirst(by drain: @escaping @Sendable () -> Void) {
        answer {
            answer { end(Failure(.interrupted, "stopped before all that was asked for was answered")) }
            drain()
        }
    }

    /// Does `body`; a signal ends the process and says that the journal at `url` keeps what is done by then.
    static func whileKeeping<Result>(_ url: URL, _ body: () throws -> Result) rethrows -> Result {
        answer {
            guard FileManager.default.fileExists(atPath: url.path) else { return end(nothingIsLeft) }
            end(
                Failure(
                    .interrupted, "interrupted; what was done by now is kept in \(path: url.path)",
                    hint: "the same command goes on"))
        }
        defer { answer(by: nil) }
        return try body()
    }

    /// What the command says where no work keeps anything.
    private static let nothingIsLeft = Failure(.interrupted, "interrupted; nothing half-made is left")

    /// From here on a signal calls `answer`, on a thread of its own; `nil`: it ends the process.
    static func answer(by answer: (@Sendable () -> Void)?) {
        answers.withLock { answers in
            guard let answer else { return answers.answer = nil }
            answers.answer = { (_: Int32) in answer() }
        }
    }

    /// Does `body`, which asks now and then whether it should stop: Ctrl-C says so, once. Again, or any other signal, ends the
    /// process.
    public static func whileAnswering<Result>(_ body: (_ isStopped: () -> Bool) throws -> Result) rethrows -> Result {
        let stop = StopRequest()
        answers.withLock {
            $0.answer = { number in
                if number != SIGINT || stop.isSet { end(nothingIsLeft) }
                stop.set()
            }
        }
        defer { answer(by: nil) }
        return try body { stop.isSet }
    }

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
