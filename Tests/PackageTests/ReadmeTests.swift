// README says of the code's parts what is there.

import Foundation
import TestSupport
import Testing

/// The names in backticks in the first column of README's table that begins with `heading`, row by row.
private func firstColumn(ofTable heading: String) throws -> [[String]] {
    let text = try String(contentsOf: packageRoot.appendingPathComponent("README.md"), encoding: .utf8)
    let lines = text.components(separatedBy: "\n")
    let start = try #require(lines.firstIndex { $0.hasPrefix("| \(heading) |") })
    return lines[(start + 2)...].prefix { $0.hasPrefix("|") }.map { line in
        let cell = line.dropFirst().prefix { $0 != "|" }
        return cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }
}

@Suite struct ReadmeTests {
    @Test func theTableOfTargetsIsThePackage() throws {
        let named = try firstColumn(ofTable: "target").flatMap { $0 }
        #expect(named.sorted() == (try PackageManifest.load()).targets.map(\.name).sorted())
    }

    /// A target knows only those above it in the table, or in its own row.
    @Test func theTableOfTargetsIsInOrder() throws {
        var row: [String: Int] = [:]
        for (index, names) in try firstColumn(ofTable: "target").enumerated() {
            for name in names { row[name] = index }
        }
        // The benchmarks are one row for what is there only together.
        for target in try PackageManifest.load().targets where target.name != "Benchmarks" {
            let own = try #require(row[target.name])
            for other in target.dependencies {
                if let theirs = row[other] { #expect(theirs <= own, "\(target.name) stands above \(other)") }
            }
        }
    }

    @Test func theTableOfRecipesIsTheFolder() throws {
        let named = try firstColumn(ofTable: "recipe").flatMap { $0 }
        let files = try FileManager.default.contentsOfDirectory(
            atPath: packageRoot.appendingPathComponent("recipes").path)
        #expect(named.sorted() == files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted())
    }
}
