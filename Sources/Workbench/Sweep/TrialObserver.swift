// What a person hears of trials: how they go, and each warning once.

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
        default: observer.receive(event)
        }
    }
}
