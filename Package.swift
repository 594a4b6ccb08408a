// swift-tools-version: 6.2
// Arrows point one way: a target may depend only on targets of a lower level. `Tests/PackageTests` fails on any other arrow.

import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// A Debian library, seen from Swift through a module map and a shim header.
func library(_ name: String, pkgConfig: String? = nil, apt: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

/// What tests do themselves is little, and compiling it with optimisation takes minutes.
let testSettings = swiftSettings + [.unsafeFlags(["-Onone"])]

/// The tests of module `name`, in `Tests/<name>Tests`.
func tests(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(
        name: name + "Tests",
        dependencies: [.init(stringLiteral: name), "TestSupport"] + dependencies,
        exclude: exclude,
        swiftSettings: testSettings)
}

/// Level 9, beside the command: how fast it all is. They measure against oneDNN, which nobody else needs, so they join the
/// package where the environment has LATHE_BENCHMARKS.
let benchmarks: [Target] =
    Context.environment["LATHE_BENCHMARKS"] == nil
    ? []
    : [
        library("COneDNN", apt: "libdnnl-dev"),
        .target(name: "CBenchmarkLoops", path: "Benchmarks/CLoops", cSettings: [.unsafeFlags(["-O3"])]),
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "Kernels", "Tensors", "Models", "Adapters", "Optimisers", "Objectives", "Generation", "Training",
                "Datasets", "Distillation",
                "WeightFiles", "ModelExport", "Tokenizers", "JSON", "Digests", "Recipes", "Preparation", "Vocabulary",
                "COneDNN", "COpenBLAS",
                "CBenchmarkLoops",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks", exclude: ["CLoops"], swiftSettings: swiftSettings),
        tests("Benchmarks", ["Models"]),
    ]

let package = Package(
    name: "lathe",
    products: [
        .executable(name: "lathe", targets: ["lathe"]),
        .library(name: "Lathe", targets: ["Lathe"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        // HTTP/1.1 alone: neither its router nor its Codable are used, and no trait of it.
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    ],
    targets: [
        // Level 0: C.
        library("COpenBLAS", apt: "libopenblas-dev"),
        library("CHDF5", pkgConfig: "hdf5", apt: "libhdf5-dev"),
        library("COniguruma", apt: "libonig-dev"),
        library("COpenSSL", apt: "libssl-dev"),
        library("CZlib", apt: "zlib1g-dev"),
        library("CZstd", apt: "libzstd-dev"),
        .target(name: "CHDF5Disk", dependencies: ["CHDF5"]),
        .target(name: "CPage", exclude: ["files"]),
        .target(
            name: "CKernels",
            // Loops are optimised in debug builds too: a scalar transformer is not testable.
            cSettings: [.unsafeFlags(["-O3", "-fno-math-errno", "-ffp-contract=off"])]),

        // Level 0: what everybody shares.
        module("Vocabulary", []),

        // Level 1: values.
        module("Digests", ["COpenSSL"]),
        module("JSON", ["Vocabulary"]),
        module("Files", ["Vocabulary", "Digests", "JSON"]),
        module("HDF5Files", ["CHDF5", "CHDF5Disk", "Digests", "Files", "Vocabulary"]),
        module("Spelling", []),
        module("Tensors", []),
        module("Tokenizers", ["COniguruma", "JSON", "Vocabulary"]),
        module("ChatTemplates", ["JSON", "Vocabulary"]),
        module("Recipes", ["Yams", "Spelling", "Vocabulary"]),
        module("Parquet", ["JSON", "CZlib", "CZstd", "Vocabulary"]),

        // Level 2: numbers, files, rows.
        module("Kernels", ["Tensors", "CKernels", "COpenBLAS", "Vocabulary"]),
        module("WeightFiles", ["Tensors", "JSON", "Digests", "Spelling", "Files", "Vocabulary"]),
        module(
            "Datasets",
            [
                "Tokenizers", "ChatTemplates", "JSON", "Parquet", "CZlib", "CZstd", "CHDF5", "HDF5Files", "Digests",
                "Spelling", "Vocabulary",
            ]),
        module("Grammars", ["Tokenizers", "ChatTemplates", "JSON", "Vocabulary"]),

        // Level 3: models; rows made ready; pages.
        module("Pages", ["Spelling"]),
        module(
            "Models",
            ["Tensors", "Kernels", "WeightFiles", "Tokenizers", "Files", "JSON", "Spelling", "Vocabulary"]),
        module("Preparation", ["Recipes", "Datasets", "Tokenizers", "JSON", "Digests", "CKernels", "Vocabulary"]),

        // Level 4: what is trained, and how it changes.
        module(
            "Adapters",
            ["Models", "WeightFiles", "JSON", "Digests", "Tensors", "Kernels", "Spelling", "Files", "Vocabulary"]),
        module(
            "Pruning", ["Models", "Kernels", "WeightFiles", "Tokenizers", "Tensors", "JSON", "Digests", "Vocabulary"]),
        module("Optimisers", ["Recipes", "Tensors", "Kernels"]),
        module("Objectives", ["Recipes", "Models", "Datasets", "Kernels", "Tensors", "Vocabulary"]),
        module("Generation", ["Grammars", "Models", "Tensors", "Kernels", "Vocabulary"]),

        // Level 5: what is done with models.
        module(
            "Training",
            ["Optimisers", "Objectives", "Recipes", "Models", "Datasets", "Tensors", "Kernels", "Files", "Vocabulary"]),
        module(
            "Evaluation",
            [
                "Objectives", "Models", "Datasets", "Tokenizers", "Tensors", "Kernels", "Files", "WeightFiles", "JSON",
                "Vocabulary",
            ]),
        module("DataReports", ["Pages", "Preparation", "Datasets", "JSON", "Spelling"]),
        module("RunReports", ["Pages", "JSON"]),
        module(
            "Distillation",
            ["Objectives", "Models", "Datasets", "Tensors", "Kernels", "HDF5Files", "Digests", "Files", "Vocabulary"]),

        // Level 6: which rows are worth training on; what is written.
        module(
            "Selection",
            [
                "Training", "Optimisers", "Objectives", "Recipes", "Models", "Datasets", "Tensors", "Vocabulary",
            ]),
        module(
            "Checkpoints",
            [
                "Adapters", "Training", "Optimisers", "Objectives", "Recipes", "Files", "Tensors", "JSON", "HDF5Files",
                "Digests", "Vocabulary",
            ]),
        module(
            "ModelExport",
            [
                "Adapters", "Tokenizers", "Models", "WeightFiles", "Tensors", "Kernels", "JSON", "CHDF5", "Files",
                "Vocabulary", "HDF5Files",
            ]),

        module(
            "Synthesis",
            [
                "Evaluation", "Preparation", "Datasets", "Recipes", "Tensors", "Files", "Digests", "JSON", "COpenSSL",
                "Vocabulary",
            ]),

        module(
            "Serving",
            [
                "Adapters", "Datasets", "Evaluation", "Generation", "Grammars", "JSON", "Models", "Tensors",
                "Tokenizers", "Vocabulary",
            ]),

        // Level 7: stages and runs.
        module(
            "Workbench",
            [
                "Recipes", "Datasets", "Preparation", "Tokenizers", "ChatTemplates", "Models", "Adapters",
                "Optimisers", "Objectives", "Generation", "Training", "Evaluation", "Distillation", "DataReports",
                "Pages",
                "RunReports", "Checkpoints", "ModelExport", "Pruning", "Selection", "Serving", "Synthesis",
                "WeightFiles",
                "Tensors", "Kernels", "JSON", "Parquet",
                "Digests", "HDF5Files", "Files", "Spelling", "Vocabulary",
                .product(name: "Logging", package: "swift-log"),
            ]),

        // Level 7, beside the workbench: an address.
        module(
            "Server",
            [
                "Serving", "Grammars", "ChatTemplates", "Datasets", "Tokenizers", "JSON", "Spelling", "Vocabulary",
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ]),

        // Level 8: the page.
        module("Studio", ["Server", "Workbench", "CPage", "Files", "JSON", "Vocabulary"]),

        // Level 9: the command.
        .executableTarget(
            name: "lathe",
            dependencies: [
                "Studio", "Server", "Serving", "Workbench", "DataReports", "Objectives", "Training", "JSON",
                "Files", "Spelling", "Vocabulary",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swiftSettings),

        // Level 9, beside the command: the same work for other programs.
        module("Lathe", ["Workbench", "Training", "JSON", "Vocabulary"]),

        // Level 9, beside the command: wrong files for every reader.
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "Adapters", "ChatTemplates", "Checkpoints", "Datasets", "Digests", "Distillation", "HDF5Files", "JSON",
                "Models",
                "Recipes",
                "Tokenizers", "WeightFiles", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swiftSettings),

        // Tests.
        .target(
            name: "TestSupport", dependencies: ["JSON"], path: "Tests/TestSupport",
            exclude: ["TinyModel", "TinySeq2Seq"],
            swiftSettings: swiftSettings),
        tests("Vocabulary"),
        tests("Files", ["Vocabulary"]),
        tests("Digests"),
        tests("HDF5Files", ["Files"]),
        tests("JSON"),
        tests("Spelling"),
        tests("Tensors"),
        tests("Tokenizers", ["JSON", "WeightFiles"], exclude: ["Fixtures"]),
        tests("ChatTemplates", ["JSON"], exclude: ["Fixtures"]),
        tests("Recipes"),
        tests("Parquet", ["JSON"], exclude: ["Fixtures"]),
        tests("Kernels", ["Tensors", "CKernels", "JSON"], exclude: ["Fixtures"]),
        tests("WeightFiles", ["Models", "Tensors", "JSON", "Files", "Vocabulary"], exclude: ["Fixtures"]),
        tests("Datasets", ["Tokenizers", "ChatTemplates", "JSON", "Digests", "HDF5Files"], exclude: ["Fixtures"]),
        tests("Grammars", ["ChatTemplates", "Tokenizers", "JSON", "Evaluation"], exclude: ["Fixtures"]),
        tests("Preparation", ["Recipes", "Datasets", "JSON", "Digests"]),
        tests("Models", ["Objectives", "Tensors", "Kernels", "WeightFiles", "JSON"], exclude: ["Fixtures"]),
        tests(
            "Adapters", ["Files", "Models", "Tensors", "Kernels", "WeightFiles", "JSON", "Vocabulary"],
            exclude: ["Fixtures"]),
        tests("Optimisers", ["Tensors", "Kernels", "Recipes", "JSON"], exclude: ["Fixtures"]),
        tests(
            "Training",
            [
                "Optimisers", "Objectives", "Recipes", "Models", "Datasets", "Tensors", "Kernels", "JSON", "Adapters",
                "WeightFiles",
                "Vocabulary",
            ], exclude: ["Fixtures"]),
        tests(
            "Objectives",
            [
                "Adapters", "ChatTemplates", "Datasets", "JSON", "Kernels", "Models", "Optimisers", "Recipes",
                "Tensors", "Tokenizers", "Training", "Vocabulary", "WeightFiles",
            ], exclude: ["Fixtures"]),
        tests(
            "Pruning", ["ModelExport", "Models", "Kernels", "WeightFiles", "Tokenizers", "Tensors", "JSON"],
            exclude: ["Fixtures"]),
        tests(
            "Generation", ["Adapters", "Grammars", "Models", "Tensors", "WeightFiles", "JSON"], exclude: ["Fixtures"]),
        tests(
            "Evaluation", ["Objectives", "Models", "Datasets", "Tokenizers", "Tensors", "WeightFiles", "JSON"],
            exclude: ["Fixtures"]),
        tests(
            "Serving",
            ["Adapters", "Generation", "JSON", "Models", "Tensors", "Tokenizers", "Vocabulary", "WeightFiles"]),
        tests("Synthesis", ["Datasets", "Files", "JSON", "Recipes", "Vocabulary"]),
        tests("Pages"),
        tests("DataReports", ["Preparation", "Datasets", "JSON", "RunReports"]),
        tests("RunReports", ["JSON"], exclude: ["Fixtures"]),
        tests(
            "Distillation",
            [
                "Objectives", "Models", "Datasets", "Tensors", "Kernels", "HDF5Files", "WeightFiles", "Digests",
                "Files",
                "Vocabulary",
            ]),
        tests(
            "Selection",
            ["Adapters", "Datasets", "Models", "Objectives", "Optimisers", "Recipes", "Tensors", "WeightFiles"]),
        tests(
            "Checkpoints",
            [
                "Adapters", "Files", "Models", "Training", "Optimisers", "Objectives", "Recipes", "Tensors", "JSON",
                "HDF5Files", "Digests", "WeightFiles", "Vocabulary",
            ],
            exclude: ["Fixtures"]),
        tests(
            "ModelExport",
            [
                "Files", "Adapters", "Kernels", "Objectives", "Models", "Tensors", "Tokenizers", "WeightFiles", "JSON",
                "Optimisers", "Recipes", "Vocabulary",
            ],
            exclude: ["Fixtures"]),
        tests("Workbench", ["Files", "JSON", "Recipes", "Serving", "Vocabulary"], exclude: ["Fixtures"]),
        .testTarget(
            name: "CommandTests", dependencies: ["TestSupport", "Digests", "Evaluation", "JSON", "Recipes", "lathe"],
            swiftSettings: testSettings),
        tests("Server", ["Serving", "JSON", "Tokenizers", "Vocabulary", "Workbench"]),
        tests("Lathe", ["Vocabulary"]),
        tests("Studio", ["Server", "JSON"]),
        .testTarget(name: "PackageTests", dependencies: ["TestSupport", "JSON"], swiftSettings: testSettings),
    ] + benchmarks
)
