// What each stage of a run holds at its peak, measured as the run goes.

internal import Foundation

/// Passes events on; where a stage begins, what the earlier one no longer needs goes back to the system, and the peak is counted anew.
final class StageMeter: RunObserver {
    /// A stage and the most memory it held, pages of mapped files included.
    struct Peak: Equatable {
        let name: String
        var bytes: Int
    }

    private let observer: any RunObserver
    private var stage: String?
    private var known: [Peak] = []

    init(_ observer: any RunObserver) { self.observer = observer }

    func receive(_ event: RunEvent) {
        if case .stage(let name, _) = event {
            close()
            stage = name
        }
        observer.receive(event)
    }

    /// The stages so far, in the order of their first beginning; of several of one name the highest peak.
    var peaks: [Peak] {
        close()
        return known
    }

    private func close() {
        defer { Machine.startNewPeak() }
        guard let stage else { return }
        let bytes = Machine.stagePeakBytes
        if let index = known.firstIndex(where: { $0.name == stage }) {
            known[index].bytes = max(known[index].bytes, bytes)
        } else {
            known.append(Peak(name: stage, bytes: bytes))
        }
    }
}
