// The library's face: all of it is explained, and it names no type of the modules below it but the kinds of failure.

import Foundation
import TestSupport
import Testing

@Suite struct LibraryTests {
    private static func sources() throws -> [(name: String, lines: [String])] {
        let folder = packageRoot.appendingPathComponent("Sources/Lathe")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        try #require(names.count > 5)
        return try names.map { name in
            let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
            return (name, text.components(separatedBy: "\n"))
        }
    }

    @Test func everyDeclarationIsExplained() throws {
        var count = 0
        for (name, lines) in try Self.sources() {
            for (index, line) in lines.enumerated() {
                let code = line.trimmingCharacters(in: .whitespaces)
                guard code.hasPrefix("public "), !code.hasPrefix("public import") else { continue }
                count += 1
                let before = index > 0 ? lines[index - 1].trimmingCharacters(in: .whitespaces) : ""
                #expect(before.hasPrefix("///"), "\(name):\(index + 1): \(code)")
            }
        }
        #expect(count > 40)
    }

    @Test func itShowsNoModuleBelowIt() throws {
        for (name, lines) in try Self.sources() {
            for line in lines where line.hasPrefix("public import") {
                #expect(line == "public import Vocabulary", "\(name)")
            }
        }
    }
}
