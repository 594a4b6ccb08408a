// What a benchmark is, and what it is given.

import Foundation
import Kernels

/// A group of measurements that can be asked for by name.
protocol Benchmark {
    /// As the command line has it.
    static var name: String { get }
    /// What it measures, in one line.
    static var summary: String { get }
    static func run(_ context: Context) throws
}

/// A benchmark as the command line sees it.
struct BenchmarkEntry {
    let name: String
    let summary: String
    let run: (Context) throws -> Void

    init<Group: Benchmark>(_ group: Group.Type) {
        name = Group.name
        summary = Group.summary
        run = Group.run
    }
}

/// What every benchmark gets.
final class Context {
    let options: BenchmarkOptions
    let report: Report
    let peaks: Peaks
    let stopwatch: Stopwatch

    init(_ options: BenchmarkOptions) throws {
        try Processor.start(threads: options.threads)
        self.options = options
        report = Report(facts: Machine.facts)
        peaks = Peaks(threads: Processor.threads, repetitions: options.samples, isQuick: options.quick)
        stopwatch = Stopwatch(repetitions: options.samples, shortestSeconds: 0.03)
    }

    /// Runs `body`, and says so where other programs took part of the machine meanwhile.
    func watchingOthers(_ body: () throws -> Void) rethrows {
        let start = ContinuousClock.now, busy = Machine.busySeconds, own = Machine.ownSeconds
        try body()
        let seconds = (ContinuousClock.now - start).seconds * Double(Processor.threads)
        let others = (Machine.busySeconds - busy - (Machine.ownSeconds - own)) / max(seconds, 1e-9)
        if others > 0.04 {
            report.note("others used \(Int((others * 100).rounded()))% of the processor: figures are too low")
        }
    }

    /// Whether `case` is wanted: all are, unless the command line names some.
    func wants(_ name: String) -> Bool {
        options.filter.isEmpty || options.filter.contains { name.localizedCaseInsensitiveContains($0) }
    }

    /// The file or folder at `path`, or nil and a note.
    func existing(_ path: String, _ what: String) -> URL? {
        if FileManager.default.fileExists(atPath: path) { return URL(fileURLWithPath: path) }
        report.note("left out: \(what), \(path) is not there")
        return nil
    }
}

/// An error with its sentence.
struct BenchmarkError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
