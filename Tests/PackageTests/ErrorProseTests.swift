// What errors say is for people. Code decides by their kind, and no error reaches a person in the words of Foundation.

import Foundation
import TestSupport
import Testing

@Suite struct ErrorProseTests {
    /// What must not stand in the sources, and what does not count.
    private static let forbidden: [(what: String, pattern: String, allowed: [String])] = [
        (
            "a decision by the text of an error",
            #"\b(error|failure|fault|problem|cause|reason|message|description|localizedDescription)\)?"?[?!]?"#
                + #"(\.(description|message|problem|text|reason|cause))*"#
                + #"\.(contains|hasPrefix|hasSuffix|range\(of|firstRange|wholeMatch|firstMatch|lowercased|starts\(with)"#,
            []
        ),
        (
            "a comparison with the text of an error",
            #""\\\((error|failure|type\(of: error\))\)"\s*[=!]=|switch "\\\((error|failure)"#, []
        ),
        ("the system's words elsewhere than in SystemError", #"\bstrerror\b"#, ["Vocabulary/SystemError.swift"]),
        ("an error of Foundation", #"CocoaError|NSCocoaErrorDomain|POSIXError\(|localizedDescription"#, []),
        (
            "a call whose error speaks Foundation's words",
            #"FileManager\.default\.(createDirectory|createFile|moveItem|copyItem|contents\(atPath)|"#
                + #"\bData\(contentsOf|FileHandle\(for(Reading|Writing|Updating)|(?<!try\? )String\(contentsOf|"#
                + #"\.write\(to: \w+, options"#,
            []
        ),
    ]

    private static func sources() throws -> [(name: String, lines: [String])] {
        let folder = packageRoot.appendingPathComponent("Sources")
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        // The fuzzer is a tool of the developers: nobody sees its errors.
        return try files.compactMap { $0 as? URL }.filter {
            $0.pathExtension == "swift" && !$0.path.contains("/Sources/Fuzz/")
        }.map { url in
            let text = try String(contentsOf: url, encoding: .utf8)
            return (String(url.path.dropFirst(folder.path.count + 1)), text.components(separatedBy: "\n"))
        }
    }

    @Test func noCodeDecidesByTheTextOfAnError() throws {
        let sources = try Self.sources()
        #expect(sources.count > 200)
        for (what, pattern, allowed) in Self.forbidden {
            let expression = try NSRegularExpression(pattern: pattern)
            for (name, lines) in sources where !allowed.contains(name) {
                for (number, line) in lines.enumerated() {
                    let code = line.prefix(upTo: line.range(of: "//")?.lowerBound ?? line.endIndex)
                    let range = NSRange(location: 0, length: code.utf16.count)
                    let found = expression.firstMatch(in: String(code), range: range) != nil
                    #expect(!found, "\(name):\(number + 1): \(what): \(line)")
                }
            }
        }
    }

    @Test(arguments: [
        #"if error.description.contains("No such file") { return }"#, #"problem.hasPrefix("cannot ")"#,
        #"let text = "\(error)".hasPrefix(file)"#, #"error.problems.first?.text; failure.message.range(of: "x")"#,
    ])
    func theTestSeesWhatItForbids(line: String) throws {
        let expression = try NSRegularExpression(pattern: Self.forbidden[0].pattern)
        #expect(expression.firstMatch(in: line, range: NSRange(location: 0, length: line.utf16.count)) != nil)
    }

    /// Each error type of each module says its kind.
    @Test func everyErrorIsClassified() throws {
        let bare = try NSRegularExpression(pattern: #"(struct|enum|class)\s+\w+\s*:[^{]*\bError\b"#)
        let classified = try NSRegularExpression(pattern: #"(struct|enum|class)\s+\w+\s*:[^{]*\bClassifiedError\b"#)
        var count = 0
        for (name, lines) in try Self.sources() {
            for (number, line) in lines.enumerated() {
                let range = NSRange(location: 0, length: line.utf16.count)
                if classified.firstMatch(in: line, range: range) != nil { count += 1 }
                #expect(bare.firstMatch(in: line, range: range) == nil, "\(name):\(number + 1): \(line)")
            }
        }
        #expect(count > 15)
    }
}
