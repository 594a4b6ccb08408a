// What each stage of a run holds at its peak, measured as the run goes.

internal import Foundation
internal import JSON

/// Passes events on; where a stage begins, what the earlier one no longer needs goes back to the system, and the peak is counted anew.
final class StageMeter: RunObserver {
    /// A stage and the most memory it held, pages of mapped files included.
    struct Peak: Equatable {
        let name: String
        var bytes: Int

        init(name: String, bytes: Int) { (self.name, self.bytes) = (name, bytes) }

        init?(_ json: JSONValue) {
            guard let name = json["name"]?.string, let bytes = json["peak_memory_bytes"]?.integer else { return nil }
            self.init(name: name, bytes: bytes)
        }

        var json: JSONValue { ["name": .string(name), "peak_memory_bytes": .integer(bytes)] }
    }

    private let observer: any RunObserver
    private var stage: String?
    private var known: [Peak] = []
    /// Whether it was said that peaks are not those of stages.
    private var isTold = false

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
        if let stage { known.add(Peak(name: stage, bytes: Machine.stagePeakBytes)) }
        guard !Machine.startNewPeak(), !isTold else { return }
        isTold = true
        observer.receive(.note("this system counts no peak of memory anew: that of a stage is the highest so far"))
    }
}

extension [StageMeter.Peak] {
    /// Takes a peak in; of several of one name the highest counts.
    mutating func add(_ peak: StageMeter.Peak) {
        if let index = firstIndex(where: { $0.name == peak.name }) {
            self[index].bytes = Swift.max(self[index].bytes, peak.bytes)
        } else {
            append(peak)
        }
    }
}
