// A Python with the packages that read what Lathe writes.

public import Foundation
public import Testing

/// Other programs' readers, called from tests: `LATHE_PYTHON`, else the environment that `scripts/test.sh` makes, else
/// Python 3.
public enum ReferencePython {
    private static let candidates =
        [ProcessInfo.processInfo.environment["LATHE_PYTHON"]].compactMap { $0 }
        + [packageRoot.appendingPathComponent(".venv-tests/bin/python").path, "/usr/bin/python3"]

    /// The first Python that has every one of `modules`; nil where none has.
    public static func executable(with modules: [String] = []) -> URL? {
        candidates.map { URL(fileURLWithPath: $0) }.first { python in
            guard FileManager.default.isExecutableFile(atPath: python.path) else { return false }
            return (try? run(python, ["-c", "import sys" + modules.map { ", \($0)" }.joined()]))?.status == 0
        }
    }

    /// Runs a script or, behind `-c`, a program; gives its exit status and what it wrote to standard output.
    public static func run(
        with modules: [String] = [], _ arguments: [String]
    ) throws -> (status: Int32, output: String) {
        try run(#require(executable(with: modules), "a Python with \(modules.joined(separator: ", "))"), arguments)
    }

    private static func run(_ python: URL, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        let output = Pipe()
        process.executableURL = python
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["TRANSFORMERS_OFFLINE": "1"]) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips the test where no Python has these packages.
    public static func needsPython(_ modules: String...) -> Self {
        let names = modules.joined(separator: ", ")
        return .enabled(
            if: ReferencePython.executable(with: modules) != nil,
            "needs a Python with \(names): LATHE_PYTHON or .venv-tests")
    }
}
