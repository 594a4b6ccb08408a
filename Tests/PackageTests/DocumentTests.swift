// What the documents say of the tree is there: files, names, links, commits, and the picture's modules.

import Foundation
import TestSupport
import Testing

@Suite struct DocumentTests {
    private static let documents = [
        "docs/architecture.md", "docs/deploy.md", "CONTRIBUTING.md", "README.md",
    ]
    /// Pages for users, whose links lead somewhere too.
    private static let pages =
        (FileManager.default.subpaths(atPath: packageRoot.appendingPathComponent("docs").path) ?? [])
        .filter { $0.hasSuffix(".md") }.map { "docs/" + $0 }.filter { !documents.contains($0) }.sorted()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: packageRoot.appendingPathComponent(path), encoding: .utf8)
    }

    /// What stands between backticks in running text; blocks of code apart.
    private static func spans(in document: String) throws -> [String] {
        let blocks = try text(document).components(separatedBy: "```").enumerated()
        return blocks.filter { $0.offset % 2 == 0 }.flatMap { block in
            block.element.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 }.map { String($0.element).replacing("\n", with: " ") }
        }
    }

    private static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: packageRoot.appendingPathComponent(path).path)
    }

    /// Paths of all files in these folders.
    private static func files(in folders: String...) throws -> [String] {
        try folders.flatMap { folder in
            try FileManager.default.subpathsOfDirectory(atPath: packageRoot.appendingPathComponent(folder).path)
                .map { folder + "/" + $0 }
        }
    }

    @Test(arguments: documents) func everyFileIsThere(document: String) throws {
        let folders = ["Sources/", "Tests/", "scripts/", "recipes/", "docs/", "Benchmarks/", "Examples/"]
        let names = Set(
            try Self.files(in: "Sources", "Tests", "scripts", "Benchmarks").map { ($0 as NSString).lastPathComponent })
        var count = 0
        for span in try Self.spans(in: document) {
            let word = String(span.prefix { $0 != " " })
            // A pattern or a name to be put in stands for no file.
            if word.contains("*") || word.contains("NAME") { continue }
            if folders.contains(where: word.hasPrefix) {
                count += 1
                #expect(Self.exists(word), "\(document): \(word)")
            } else if word == span, [".swift", ".c", ".py"].contains(where: word.hasSuffix), !word.contains("/") {
                count += 1
                #expect(names.contains(word), "\(document): \(word)")
            }
        }
        #expect(count > 5)
    }

    /// Types, functions and keys that the page on the architecture names, and types that CONTRIBUTING names.
    @Test func everyNameIsThere() throws {
        let sources = try Self.files(in: "Sources", "Tests").filter { file in
            [".swift", ".c", ".h"].contains(where: file.hasSuffix)
        }
        let code = try sources.map(Self.text).joined()
        let files = Set(sources.map { (($0 as NSString).lastPathComponent as NSString).deletingPathExtension })
        for span in try Self.spans(in: "CONTRIBUTING.md")
        where span.wholeMatch(of: /[A-Z][A-Za-z]+(\.[a-z]\w*)?/) != nil {
            let isThere = span.split(separator: ".").allSatisfy { code.contains($0) || files.contains(String($0)) }
            #expect(isThere, "CONTRIBUTING.md: \(span)")
        }
        for span in try Self.spans(in: "docs/architecture.md") where !span.contains("/") {
            let isThere = code.contains(span) || Self.exists("Sources/" + span)
            #expect(isThere, "docs/architecture.md: \(span)")
        }
    }

    @Test(arguments: documents + pages) func everyLinkLeadsSomewhere(document: String) throws {
        #expect(Self.pages.count > 15)
        let folder = (document as NSString).deletingLastPathComponent
        let link = try Regex(#"\]\(([^)#:]*)(#[^)]*)?\)"#, as: (Substring, Substring, Substring?).self)
        for match in try Self.text(document).matches(of: link) {
            let (_, file, anchor) = match.output
            let path = file.isEmpty ? document : ((folder as NSString).appendingPathComponent(String(file)))
            let target = (path as NSString).standardizingPath.replacing("docs/../", with: "")
            #expect(Self.exists(target), "\(document): \(file)")
            guard let anchor, target.hasSuffix(".md") else { continue }
            let headings = try Self.text(target).split(separator: "\n").filter { $0.hasPrefix("#") }.map { line in
                "#"
                    + line.drop { $0 == "#" || $0 == " " }.lowercased().replacing(" ", with: "-")
                    .filter { $0.isLetter || $0.isNumber || $0 == "-" }
            }
            #expect(headings.contains(String(anchor)), "\(document): \(file)\(anchor)")
        }
    }

    /// What the page on warnings quotes is said somewhere: a message that is worded anew takes the page with it.
    @Test func everyWarningIsSaid() throws {
        let joint = try Regex(#""\s*\+\s*""#)
        let code = try Self.files(in: "Sources").filter { $0.hasSuffix(".swift") }.map(Self.text).joined()
            .replacing(joint, with: "")
        let rows = try Self.text("docs/warnings.md").split(separator: "\n").filter { $0.hasPrefix("| `") }
        #expect(rows.count > 40)
        for row in rows {
            let words = row.split(separator: "`", omittingEmptySubsequences: false)[1]
            #expect(code.contains(words), "docs/warnings.md: \(words)")
        }
    }

    /// Each way to add something names a commit that did it, where the clone has its history.
    @Test func everyCommitDidWhatIsSaid() throws {
        let sections = try Self.text("CONTRIBUTING.md").components(separatedBy: "\n## ").filter { $0.hasPrefix("Add ") }
        #expect(sections.count >= 7)
        let commit = try Regex(#"`([0-9a-f]{7})` \(([^)]*)\)"#, as: (Substring, Substring, Substring).self)
        for section in sections {
            let named = section.matches(of: commit)
            #expect(!named.isEmpty, "\(section.prefix { $0 != "\n" })")
            for match in named {
                let (_, hash, subject) = match.output
                guard let told = try Self.subject(ofCommit: String(hash)) else { continue }
                #expect(told.hasPrefix(subject.replacing("\n", with: " ")), "\(hash): \(told)")
            }
        }
    }

    /// `nil` where the clone does not have it.
    private static func subject(ofCommit hash: String) throws -> String? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git", "-C", packageRoot.path, "log", "-1", "--format=%s", hash]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? String(decoding: bytes, as: UTF8.self) : nil
    }

    /// The picture shows all modules, each below those that know it.
    @Test func thePictureIsThePackage() throws {
        let box = try Regex(
            #"translate\(\d+ (\d+)\)"><rect [^>]*/><text class="name" [^>]*>([^<]+)<"#,
            as: (Substring, Substring, Substring).self)
        var heights: [String: Int] = [:]
        for match in try Self.text("docs/architecture.svg").matches(of: box) {
            heights[String(match.output.2)] = Int(match.output.1)
        }
        let floor = heights.removeValue(forKey: "C libraries") ?? 0
        let targets = try PackageManifest.load().targets
        // Libraries that the system has, and the C beside a module, are the bottom.
        let modules = targets.filter {
            $0.name == "CKernels" || $0.name.range(of: "^C[A-Z]", options: .regularExpression) == nil
        }
        #expect(heights.keys.sorted() == modules.map(\.name).sorted())
        for module in modules {
            for other in module.dependencies {
                guard let theirs = heights[other], let own = heights[module.name] else { continue }
                // Values of level 1 stand in two rows and are made of one another.
                #expect(
                    theirs > own || Self.levelOne.isSuperset(of: [module.name, other]), "\(module.name) → \(other)")
                #expect(theirs <= floor)
            }
        }
    }

    private static let levelOne: Set = [
        "Tensors", "Files", "HDF5Files", "Tokenizers", "Recipes", "JSON", "Digests", "Spelling", "ChatTemplates",
        "Parquet",
    ]
}
