// What each stage of a run costs, measured as the run goes: time, the most memory that it holds, energy where the machine tells it.

internal import Foundation
internal import JSON

/// Passes events on; where a stage begins, what the earlier one no longer needs goes back to the system, and the peak is counted anew.
final class StageMeter: RunObserver {
    /// What a stage took.
    struct Cost: Equatable {
        let name: String
        /// The most memory it held, pages of mapped files included.
        var bytes: Int
        /// nil of runs that did not count it.
        var seconds: Double?
        /// nil where the machine tells no energy.
        var joules: Double?

        init(name: String, bytes: Int, seconds: Double?, joules: Double?) {
            (self.name, self.bytes, self.seconds, self.joules) = (name, bytes, seconds, joules)
        }

        init?(_ json: JSONValue) {
            guard let name = json["name"]?.string, let bytes = json["peak_memory_bytes"]?.integer else { return nil }
            self.init(name: name, bytes: bytes, seconds: json["seconds"]?.double, joules: json["joules"]?.double)
        }

        var json: JSONValue {
            var object = JSONObject([("name", .string(name)), ("peak_memory_bytes", .integer(bytes))])
            if let seconds { object["seconds"] = .double(seconds) }
            if let joules { object["joules"] = .double(joules) }
            return .object(object)
        }
    }

    private let observer: any RunObserver
    private let energy = PackageEnergy()
    private var stage: String?
    private var start = ContinuousClock.now
    private var startJoules: Double?
    private var known: [Cost] = []
    /// Whether it was said that peaks are not those of stages.
    private var isTold = false

    init(_ observer: any RunObserver) { self.observer = observer }

    func receive(_ event: RunEvent) {
        if case .stage(let name, _) = event {
            close()
            stage = name
        }
        energy.keepUp()
        observer.receive(event)
    }

    /// The stages of this process so far, in the order of their first beginning; of several of one name the highest peak, and the sum
    /// of what they took.
    var costs: [Cost] {
        close()
        return known
    }

    private func close() {
        let joules = energy.joules
        if let stage {
            let used = joules.flatMap { now in startJoules.map { now - $0 } }
            known.add(
                Cost(
                    name: stage, bytes: Machine.stagePeakBytes, seconds: (ContinuousClock.now - start).seconds,
                    joules: used))
        }
        (start, startJoules) = (.now, joules)
        guard !Machine.startNewPeak(), !isTold else { return }
        isTold = true
        observer.receive(.note("this system counts no peak of memory anew: that of a stage is the highest so far"))
    }
}

extension [StageMeter.Cost] {
    /// Takes a cost in; of several of one name the highest peak counts, and the sum of what they took.
    mutating func add(_ cost: StageMeter.Cost) {
        guard let index = firstIndex(where: { $0.name == cost.name }) else { return append(cost) }
        let own = self[index]
        self[index] = StageMeter.Cost(
            name: own.name, bytes: Swift.max(own.bytes, cost.bytes), seconds: Self.sum(own.seconds, cost.seconds),
            joules: Self.sum(own.joules, cost.joules))
    }

    /// nil where one of them is not known.
    private static func sum(_ left: Double?, _ right: Double?) -> Double? {
        left.flatMap { left in right.map { left + $0 } }
    }
}
