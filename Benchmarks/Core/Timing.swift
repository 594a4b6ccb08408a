// How long something takes: warmed up, repeated, and told as median, fastest and slowest.

/// Seconds of repeated runs of one thing.
package struct Samples: Sendable {
    /// Ascending.
    package let seconds: [Double]

    /// - Precondition: there is at least one.
    package init(_ seconds: [Double]) {
        precondition(!seconds.isEmpty)
        self.seconds = seconds.sorted()
    }

    /// The middle one, or the mean of the two in the middle.
    package var median: Double {
        let middle = seconds.count / 2
        return seconds.count % 2 == 1 ? seconds[middle] : (seconds[middle - 1] + seconds[middle]) / 2
    }
    package var fastest: Double { seconds[0] }
    package var slowest: Double { seconds[seconds.count - 1] }
}

/// Takes samples.
struct Stopwatch {
    /// Samples of one thing.
    let repetitions: Int
    /// What takes less is run several times in one sample.
    let shortestSeconds: Double

    /// Seconds of one run of `body`. The first run, which pays for page faults and generated code, is not counted.
    func measure(_ body: () throws -> Void) rethrows -> Samples {
        try body()
        let first = try Self.seconds(body)
        let runs = max(1, Int((shortestSeconds / max(first, 1e-9)).rounded(.up)))
        return Samples(
            try (0..<repetitions).map { _ in
                try Self.seconds { for _ in 0..<runs { try body() } } / Double(runs)
            })
    }

    /// Samples of several things, taken in turn: what slows the machine for a while slows all of them. The first round is not counted.
    static func inTurn(_ count: Int, _ bodies: [() throws -> Void]) throws -> [Samples] {
        var seconds = bodies.map { _ in [Double]() }
        for round in 0...count {
            for (index, body) in bodies.enumerated() {
                let time = try Self.seconds(body)
                if round > 0 { seconds[index].append(time) }
            }
        }
        return seconds.map { Samples($0) }
    }

    /// Seconds of one run of `body`, as it comes.
    static func seconds(_ body: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try body()
        return (ContinuousClock.now - start).seconds
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
