// The package's own shape: arrows between targets point one way.

import Foundation
import JSON
import TestSupport
import Testing

/// The level of each target: it may depend only on targets of a lower level, or on those listed beside it.
private let levels: [[String]] = [
    [
        "COpenBLAS", "COneDNN", "CHDF5", "CHDF5Disk", "COniguruma", "COpenSSL", "CZlib", "CZstd", "CKernels",
        "CBenchmarkLoops", "Vocabulary",
    ],
    [
        "Digests", "Files", "HDF5Files", "JSON", "Spelling", "Tensors", "Tokenizers", "ChatTemplates", "Recipes",
        "Parquet",
    ],
    ["Kernels", "WeightFiles", "Datasets"],
    ["Models", "Preparation"],
    ["Adapters", "Optimisers", "Objectives", "Generation"],
    ["Training", "Evaluation", "DataReports"],
    ["Checkpoints", "ModelExport"],
    ["Workbench"],
    ["lathe", "Lathe", "Benchmarks", "Fuzz"],
]

/// Arrows inside a level: values made of values.
private let allowedWithinLevel: Set<[String]> = [
    ["Tokenizers", "JSON"], ["ChatTemplates", "JSON"], ["Recipes", "Spelling"], ["Parquet", "JSON"],
    ["HDF5Files", "Digests"], ["Files", "Digests"], ["Files", "JSON"], ["HDF5Files", "Files"], ["CHDF5Disk", "CHDF5"],
]

/// What must never meet: a recipe is checked and a dataset prepared without a model, and kernels see no file.
private let forbidden: [String: Set<String>] = [
    "Recipes": ["Tensors", "Kernels", "WeightFiles", "Models"],
    "Datasets": ["Tensors", "Kernels", "WeightFiles", "Models"],
    "Preparation": ["Tensors", "Kernels", "WeightFiles", "Models"],
    "DataReports": ["Tensors", "Kernels", "WeightFiles", "Models"],
    "Kernels": ["WeightFiles", "JSON", "Recipes", "Datasets"],
]

@Test func arrowsPointOneWay() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("lathe-manifest-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: scratch) }
    process.arguments = [
        "swift", "package", "--package-path", packageRoot.path, "--scratch-path", scratch.path, "dump-package",
    ]
    // With all that can join the package.
    process.environment = ProcessInfo.processInfo.environment.merging(["LATHE_BENCHMARKS": "1"]) { $1 }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let bytes = Array(output.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    let manifest = try JSONValue(parsing: bytes)

    var level: [String: Int] = [:]
    for (index, names) in levels.enumerated() { for name in names { level[name] = index } }
    let targets = try #require(manifest["targets"]?.array)
    var checked = 0
    for target in targets where target["type"]?.string != "test" {
        let name = try #require(target["name"]?.string)
        if name == "TestSupport" { continue }
        let own = try #require(level[name], "\(name) has no level")
        for dependency in target["dependencies"]?.array ?? [] {
            guard let other = (dependency["byName"]?.array ?? dependency["target"]?.array)?.first?.string,
                let theirs = level[other]
            else { continue }
            checked += 1
            #expect(theirs < own || allowedWithinLevel.contains([name, other]), "\(name) → \(other)")
            #expect(forbidden[name]?.contains(other) != true, "\(name) must not know \(other)")
        }
    }
    #expect(checked > 40)
}
