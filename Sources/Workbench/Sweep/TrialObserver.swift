// What a person hears of trials: how they go, and each warning once.

internal import Foundation
internal import Training

/// Passes on what happens in the training of trials; what is made ready anew for each is told of the first alone.
final class TrialObserver: RunObserver {
    private let observer: any RunObserver
    private var told: Set<String> = []

    init(_ observer: any RunObserver) { self.observer = observer }

    func receive(_ event: RunEvent) {
        switch event {
        case .stage, .overall: break
        case .note(let text), .warning(let text):
            if told.insert(text).inserted { observer.receive(event) }
        // In a trial, the rows that are looked at between steps are the validation rows.
        case .training(.evaluated(let record, _)):
            observer.receive(
                .note(String(format: "validation loss %.4f after step %d", record.loss, record.step)))
        case .training(.saved): break
        default: observer.receive(event)
        }
    }
}
