// The page's own files: all in the program, nothing from elsewhere, no markup from texts, the same words in both languages.

import Foundation
import Server
import Studio
import TestSupport
import Testing

@Suite struct PageTests {
    private static let folder = packageRoot.appendingPathComponent("Sources/CPage/files")

    private static func files() throws -> [(name: String, text: String)] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { name in
            (name, try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8))
        }
    }

    private static let page = Studio(StudioSettings(runs: nil, program: "/bin/false", token: "t", version: "1"))

    @Test func everyFileOfTheFolderIsServedAsItIs() async throws {
        let files = try Self.files()
        #expect(files.count > 20)
        for file in files {
            let response = await Self.page.respond(to: ServerRequest(method: "GET", path: "/page/" + file.name))
            #expect(response.status == 200, "\(file.name) is missing in page.c")
            let isSame = bytes(response) == Array(file.text.utf8)
            #expect(isSame, "\(file.name)")
            let policy = response.headers.first { $0.name == "content-security-policy" }?.value ?? ""
            #expect(policy.hasPrefix("default-src 'self';"))
        }
        let front = await Self.page.respond(to: ServerRequest(method: "GET", path: "/"))
        #expect(front.headers.contains { $0 == ("content-type", "text/html; charset=utf-8") })
        for path in ["/page/", "/page/none.js", "/page/../page.c", "/page//etc/passwd"] {
            #expect(await Self.page.respond(to: ServerRequest(method: "GET", path: path)).status == 404, "\(path)")
        }
    }

    @Test func nothingComesFromElsewhereAndNoTextBecomesMarkup() throws {
        for (name, text) in try Self.files() {
            let addresses = text.replacing("http://www.w3.org/2000/svg", with: "").matches(
                of: /https?:\/\/|\/\/[a-z]+\.[a-z]/)
            #expect(addresses.isEmpty, "\(name) names an address")
            #expect(
                text.matches(of: /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/)
                    .isEmpty, "\(name)")
            guard name.hasSuffix(".js") else { continue }
            #expect(text.split(separator: "\n").count < 400, "\(name)")
            for found in text.matches(of: /from "\/page\/([\w.]+)"/) {
                #expect(
                    FileManager.default.fileExists(atPath: Self.folder.appendingPathComponent(String(found.1)).path),
                    "\(found.1)")
            }
        }
        // What the page itself holds: no script, no style, no listener.
        let front = try String(contentsOf: Self.folder.appendingPathComponent("index.html"), encoding: .utf8)
        #expect(front.matches(of: /<script(?![^>]*src=)|<style|\son[a-z]+=|style=/).isEmpty)
    }

    private static func words(_ name: String) throws -> [String: String] {
        let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
        return Dictionary(
            text.matches(of: /(?m)^  "([\w.]+)": "(.*)",$/).map { (String($0.1), String($0.2)) },
            uniquingKeysWith: { first, _ in first })
    }

    @Test func everyTextHasBothLanguages() throws {
        let english = try Self.words("words.en.js"), chinese = try Self.words("words.zh.js")
        #expect(english.count > 150)
        #expect(english.keys.sorted() == chinese.keys.sorted())
        for (name, words) in english {
            let other = chinese[name] ?? ""
            #expect(!other.isEmpty)
            // The same places for values.
            #expect(places(words) == places(other), "\(name)")
        }
        for (name, text) in try Self.files() where name.hasSuffix(".js") && !name.hasPrefix("words.") {
            for found in text.matches(of: /say\("([\w.]+)"[,)]/) {
                #expect(english[String(found.1)] != nil, "\(name) says \(found.1)")
            }
        }
    }

    private func places(_ words: String) -> Set<String> { Set(words.matches(of: /\{\d\}/).map { String($0.0) }) }
}

/// The body of a response that is no stream.
func bytes(_ response: ServerResponse) -> [UInt8] {
    if case .bytes(let bytes) = response.body { bytes } else { [] }
}
