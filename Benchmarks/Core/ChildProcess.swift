// Other programs, run and timed.

import Foundation
import Synchronization

/// What a child process left.
struct ChildProcess {
    let output: Data
    let seconds: Double
    /// Seconds from the start to the first line on standard error that holds the text asked for.
    let secondsToLine: Double?

    /// This program.
    static var ownExecutable: URL { URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath() }

    /// The command, built beside this program.
    static func lathe() throws -> URL {
        let url = ownExecutable.deletingLastPathComponent().appendingPathComponent("lathe")
        guard FileManager.default.isExecutableFile(atPath: url.path) else {
            throw BenchmarkError("\(url.path) is not there: swift build -c release --product lathe")
        }
        return url
    }

    /// Runs `executable` to its end.
    /// - Parameter line: what to look for on standard error.
    static func run(
        _ executable: URL, _ arguments: [String], directory: URL? = nil, until line: String? = nil
    ) throws -> ChildProcess {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        if let directory { process.currentDirectoryURL = directory }
        let output = Pipe(), errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        let start = ContinuousClock.now
        try process.run()
        let log = Mutex((text: "", seen: Double?.none))
        let reader = Thread {
            while true {
                let piece = errors.fileHandleForReading.availableData
                if piece.isEmpty { break }
                log.withLock { log in
                    log.text += String(decoding: piece, as: UTF8.self)
                    if log.seen == nil, let line, log.text.contains(line) {
                        log.seen = (ContinuousClock.now - start).seconds
                    }
                }
            }
        }
        reader.start()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let seconds = (ContinuousClock.now - start).seconds
        let (text, seen) = log.withLock { ($0.text, $0.seen) }
        guard process.terminationStatus == 0 else {
            throw BenchmarkError(
                "\(executable.lastPathComponent) \(arguments.joined(separator: " ")) ended with \(process.terminationStatus):\n\(text)"
            )
        }
        return ChildProcess(output: bytes, seconds: seconds, secondsToLine: seen)
    }
}
