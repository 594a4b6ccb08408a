// What the machine has, and what Lathe makes of it.

internal import Foundation
public import JSON
internal import Kernels
internal import Synchronization
internal import Tensors

/// CPU, instruction sets, libraries, threads, memory: what was chosen and why.
public struct Doctor: Presentable {
    private let facts: [(name: String, value: JSONValue, why: String)]

    public init() throws {
        try Processor.start(threads: nil)
        let memory = Machine.memoryBytes
        facts = [
            ("cpu", .string(Machine.cpuName), ""),
            (
                "instruction_set", .string(Processor.instructionSet),
                Processor.forcedInstructionSet.map {
                    "LATHE_ISA=\($0) allows no more; this CPU has \(Processor.widestInstructionSet)"
                } ?? "the widest that this CPU and system offer"
            ),
            ("threads", .integer(Processor.threads), "one a core; train.threads changes it"),
            (
                "precision", .string(Processor.hasFastBFloat16 ? "bf16" : "fp32"),
                Processor.hasFastBFloat16
                    ? "this CPU multiplies bfloat16 numbers itself"
                    : Processor.forcedInstructionSet != nil
                        ? "LATHE_ISA hides the instructions for bfloat16 products"
                        : "this CPU has no instructions for bfloat16 products, so they would be slower than fp32"
            ),
            ("memory_bytes", .integer(memory.total), "\(ByteCount.text(memory.available)) available"),
            ("memory_available_bytes", .integer(memory.available), ""),
            (
                "libraries",
                .object(
                    JSONObject(
                        Processor.libraries.map {
                            (key: $0.name, value: .string("\($0.version) (\($0.instructionSet))"))
                        })), ""
            ),
        ]
    }

    public var json: JSONValue { .object(JSONObject(facts.map { (key: $0.name, value: $0.value) })) }

    public var text: String {
        facts.filter { $0.name != "memory_available_bytes" }.map { fact in
            let value: String =
                switch fact.value {
                case .string(let string): string
                case .integer(let integer) where fact.name == "memory_bytes": ByteCount.text(integer)
                case .object(let object):
                    object.members.map { "\($0.key) \($0.value.string ?? "")" }.joined(separator: ", ")
                default: fact.value.text()
                }
            let name = fact.name.replacingOccurrences(of: "_bytes", with: "").replacingOccurrences(of: "_", with: " ")
            return name.padding(toLength: 18, withPad: " ", startingAt: 0) + value
                + (fact.why.isEmpty ? "" : "  (\(fact.why))")
        }.joined(separator: "\n")
    }
}

/// The machine as the system describes it.
enum Machine {
    static var cpuName: String {
        field("model name", in: "/proc/cpuinfo") ?? "unknown"
    }

    static var memoryBytes: (total: Int, available: Int) {
        (kilobytes("MemTotal"), kilobytes("MemAvailable"))
    }

    /// The most memory this process has held at once. Pages of mapped files count.
    static var peakMemoryBytes: Int { earlierPeak.withLock { max($0, stagePeakBytes) } }

    /// The most since the last `startNewPeak`, where the system lets a process begin anew.
    static var stagePeakBytes: Int { statusKilobytes("VmHWM") }

    /// What this process holds now, after giving back what is free. Pages of mapped files count.
    static func heldBytes() -> Int {
        FreedMemory.giveBack()
        return statusKilobytes("VmRSS")
    }

    private static let earlierPeak = Mutex(0)

    /// Gives back what is free and counts the peak anew; false where the system refuses, and the highest peak so far stays.
    static func startNewPeak() -> Bool {
        earlierPeak.withLock { $0 = max($0, stagePeakBytes) }
        FreedMemory.giveBack()
        // 5: forget the peak of resident memory (proc(5)).
        let descriptor = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return write(descriptor, "5", 1) == 1
    }

    private static func kilobytes(_ name: String) -> Int { bytes(field(name, in: "/proc/meminfo")) }
    private static func statusKilobytes(_ name: String) -> Int { bytes(field(name, in: "/proc/self/status")) }
    private static func bytes(_ text: String?) -> Int {
        text.flatMap { Int($0.replacingOccurrences(of: " kB", with: "")) }.map { $0 * 1024 } ?? 0
    }

    private static func field(_ name: String, in file: String) -> String? {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            return line.split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) }
        }
        return nil
    }
}

/// Bytes in words.
public enum ByteCount {
    /// "1.4 GB", with powers of ten as disks and the kernel's tools count.
    public static func text(_ bytes: Int) -> String {
        let units = ["B", "kB", "MB", "GB", "TB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 1000, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        return unit == 0 ? "\(bytes) B" : String(format: value < 10 ? "%.2f %@" : "%.0f %@", value, units[unit])
    }
}
