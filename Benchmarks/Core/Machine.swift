// What the system says about the machine and about this process.

import CBenchmarkLoops
import Foundation
import JSON
import Kernels

enum Machine {
    /// What a measurement depends on.
    static var facts: JSONObject {
        JSONObject([
            ("cpu", .string(field("model name", in: "/proc/cpuinfo") ?? "unknown")),
            ("instruction_set", .string(Processor.instructionSet)), ("threads", .integer(Processor.threads)),
            (
                "libraries",
                .object(JSONObject(Processor.libraries.map { (key: $0.name, value: .string($0.version)) }))
            ),
        ])
    }

    /// The most memory this process has held at once, pages of mapped files included.
    static var peakMemoryBytes: Int { memory("VmHWM") }

    /// Seconds that all cores together have worked, whoever they worked for, and seconds that others of the host took away.
    static var busySeconds: Double {
        guard let line = try? String(contentsOfFile: "/proc/stat", encoding: .utf8).split(separator: "\n").first else {
            return 0
        }
        // user, nice, system, idle, waiting, interrupts (two kinds), stolen
        let ticks = line.split(separator: " ").dropFirst().map { Double($0) ?? 0 }
        guard ticks.count >= 8 else { return 0 }
        return (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7]) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Seconds of work of this process and of the children that it waited for.
    static var ownSeconds: Double {
        // RUSAGE_SELF, RUSAGE_CHILDREN: of another type in C than their parameter.
        [Int32(0), -1].reduce(0) { sum, who in
            var usage = rusage()
            getrusage(who, &usage)
            func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
            return sum + seconds(usage.ru_utime) + seconds(usage.ru_stime)
        }
    }

    private static func memory(_ name: String) -> Int {
        let kilobytes = field(name, in: "/proc/self/status")?.split(separator: " ").first.flatMap { Int($0) }
        return (kilobytes ?? 0) * 1024
    }

    private static func field(_ name: String, in file: String) -> String? {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) }
    }
}

/// Bytes a second between memory and all cores, far beyond the caches.
struct MemoryBandwidth {
    /// Two arrays read, one written.
    let triad: Double
    /// Only read, as decoding reads weights.
    let read: Double

    /// - Parameter threads: as many as Lathe computes with.
    init(threads: Int, repetitions: Int) {
        let count = 32 << 20
        let arrays = (0..<3).map { _ in UnsafeMutablePointer<Float>.allocate(capacity: count) }
        defer { arrays.forEach { $0.deallocate() } }
        arrays.forEach { $0.initialize(repeating: 1, count: count) }
        let (a, b, c) = (Address(arrays[0]), Address(arrays[1]), Address(arrays[2]))
        @Sendable func part(_ thread: Int) -> Range<Int> { count * thread / threads..<count * (thread + 1) / threads }
        let triadSeconds = ThreadGroup(threads).measure(repetitions: repetitions) { thread in
            let part = part(thread)
            bench_triad(
                a.floats + part.lowerBound, b.floats + part.lowerBound, c.floats + part.lowerBound, 0.5, part.count)
        }
        triad = Double(3 * count * 4) / triadSeconds.fastest
        let readSeconds = ThreadGroup(threads).measure(repetitions: repetitions) { thread in
            let part = part(thread)
            a.floats.withMemoryRebound(to: UInt64.self, capacity: count / 2) { words in
                keep(bench_sum(words + part.lowerBound / 2, part.count / 2))
            }
        }
        read = Double(count * 4) / readSeconds.fastest
    }
}

/// Keeps the optimiser from leaving out what computed `value`.
@inline(never) func keep<Value>(_ value: Value) {}

/// A place in memory that threads may share because each has its own part.
struct Address: @unchecked Sendable {
    let floats: UnsafeMutablePointer<Float>
    init(_ floats: UnsafeMutablePointer<Float>) { self.floats = floats }
}
