// Ctrl-C: the first asks for a stop after the step in hand, the second ends the process at once.

internal import Dispatch
internal import Foundation
internal import Training

/// Turns SIGINT and SIGTERM into a request to stop.
final class Interruption {
    let stopRequest = StopRequest()
    private var sources: [any DispatchSourceSignal] = []

    init() {
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            let request = stopRequest
            source.setEventHandler {
                if request.isSet { _exit(130) }
                request.set()
            }
            source.resume()
            sources.append(source)
        }
    }

    /// Gives the signals their usual meaning back.
    func finish() {
        sources.forEach { $0.cancel() }
        sources = []
        signal(SIGINT, SIG_DFL)
        signal(SIGTERM, SIG_DFL)
    }
}
