// The package's own shape: arrows between targets point one way.

import Testing

/// The level of each target: it may depend only on targets of a lower level, or on those listed beside it.
private let levels: [[String]] = [
    [
        "COpenBLAS", "COneDNN", "CHDF5", "CHDF5Disk", "COniguruma", "COpenSSL", "CZlib", "CZstd", "CKernels",
        "CBenchmarkLoops", "CPage", "Vocabulary",
    ],
    [
        "Digests", "Files", "HDF5Files", "JSON", "Spelling", "Tensors", "Tokenizers", "ChatTemplates", "Recipes",
        "Parquet",
    ],
    ["Kernels", "WeightFiles", "Datasets", "Grammars"],
    ["Models", "Preparation", "Pages"],
    ["Adapters", "Optimisers", "Objectives", "Generation", "Pruning"],
    ["Training", "Evaluation", "DataReports", "RunReports", "Distillation"],
    ["Checkpoints", "ModelExport", "Selection", "Serving", "Synthesis"],
    ["Workbench", "Server"],
    ["Studio"],
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
    var level: [String: Int] = [:]
    for (index, names) in levels.enumerated() { for name in names { level[name] = index } }
    var checked = 0
    for target in try PackageManifest.load().targets {
        let own = try #require(level[target.name], "\(target.name) has no level")
        for other in target.dependencies {
            guard let theirs = level[other] else { continue }
            checked += 1
            let isAllowed = theirs < own || allowedWithinLevel.contains([target.name, other])
            #expect(isAllowed, "\(target.name) → \(other)")
            #expect(forbidden[target.name]?.contains(other) != true, "\(target.name) must not know \(other)")
        }
    }
    #expect(checked > 40)
}
