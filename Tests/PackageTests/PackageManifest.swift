// What the package manifest says, as SwiftPM understands it.

import Foundation
import JSON
import TestSupport
import Testing

/// The targets of the package that are no tests, with all that can join it.
struct PackageManifest {
    struct Target {
        let name: String
        /// Targets of this package and products of others.
        let dependencies: [String]
    }

    let targets: [Target]

    /// Asked for once: SwiftPM compiles the manifest to read it.
    static func load() throws -> PackageManifest { try loaded.get() }

    private static let loaded = Result { try PackageManifest() }

    private init() throws {
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("manifest-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "swift", "package", "--package-path", packageRoot.path, "--scratch-path", scratch.path, "dump-package",
        ]
        process.environment = ProcessInfo.processInfo.environment.merging(["LATHE_BENCHMARKS": "1"]) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let bytes = Array(output.fileHandleForReading.readDataToEndOfFile())
        process.waitUntilExit()
        let all = try #require(try JSONValue(parsing: bytes)["targets"]?.array)
        targets = try all.filter { $0["type"]?.string != "test" && $0["name"]?.string != "TestSupport" }.map { target in
            Target(
                name: try #require(target["name"]?.string),
                dependencies: (target["dependencies"]?.array ?? []).compactMap { dependency in
                    ["byName", "target", "product"].compactMap { dependency[$0]?.array?.first?.string }.first
                })
        }
    }
}
