// Ctrl-C: between steps a run stops by itself, everywhere else it ends at once; the second one always does.

internal import Files
internal import Synchronization
internal import Training

/// What SIGINT, SIGTERM and SIGHUP do while a run is at work.
///
/// Every file of a run appears whole or not at all, so that it may end anywhere; what is said is which of them are there.
final class Interruption {
    /// What a signal finds.
    private struct Stage {
        /// "while rows were prepared".
        var words: String
        /// "the adapter in checkpoints/x/adapter".
        var saved: String
        /// The stage looks at `stopRequest` and ends by itself.
        var endsByItself: Bool
    }

    let stopRequest = StopRequest()
    private let stage: Shared
    private let invocation: Invocation

    private final class Shared: Sendable {
        let stage: Mutex<Stage>
        init(_ stage: Stage) { self.stage = Mutex(stage) }
    }

    init(_ invocation: Invocation) {
        self.invocation = invocation
        stage = Shared(Stage(words: "before anything was done", saved: "", endsByItself: false))
        listen()
    }

    /// From here on a signal is this run's: also where another run listened meanwhile.
    func listen() {
        StopSignals.answer { [stopRequest, stage, invocation] in
            if stopRequest.isSet { return StopSignals.end(Failure(.interrupted, "interrupted")) }
            stopRequest.set()
            let stage = stage.stage.withLock { $0 }
            if stage.endsByItself {
                invocation.tell("stopping after the work in hand; once more stops at once")
            } else {
                StopSignals.end(Self.failure(stage.words, saved: stage.saved, invocation))
            }
        }
    }

    deinit { finish() }

    /// From here on a signal ends the process at once.
    ///
    /// - Parameter saved: what is safe on disk by now.
    func enter(_ words: String, saved: String) {
        stage.stage.withLock { $0 = Stage(words: words, saved: saved, endsByItself: false) }
    }

    /// From here on the work looks at `stopRequest`.
    func enterSteps() {
        stage.stage.withLock { $0.endsByItself = true }
    }

    /// What a run that ended by itself says.
    func failure(_ words: String, saved: String) -> Failure { Self.failure(words, saved: saved, invocation) }

    private static func failure(_ words: String, saved: String, _ invocation: Invocation) -> Failure {
        Failure(
            .interrupted,
            "interrupted \(words)" + (saved.isEmpty ? "; nothing was trained yet" : "; saved: \(path: saved)"),
            hint: "to go on: \(invocation.command)")
    }

    /// Gives the signals their usual meaning back.
    func finish() { StopSignals.answer(by: nil) }
}
