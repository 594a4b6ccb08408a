// swift-tools-version: 6.2
// A program of one's own that uses Lathe as a library.

import PackageDescription

let package = Package(
    name: "examples",
    // A package elsewhere names the repository's address here, or the place of its clone.
    dependencies: [.package(name: "lathe", path: "..")],
    targets: [
        .executableTarget(name: "tune", dependencies: [.product(name: "Lathe", package: "lathe")], path: "Sources/tune")
    ])
