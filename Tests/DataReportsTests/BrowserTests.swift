// The page in a real browser, where one is installed: it opens without a complaint, asks for nothing, fits every width.

import DataReports
import Foundation
import JSON
import RunReports
import TestSupport
import Testing

@Suite struct BrowserTests {
    static let browser = ["chromium", "chromium-browser", "google-chrome", "chrome"].lazy
        .flatMap { name in
            (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
        }.first { FileManager.default.isExecutableFile(atPath: $0) }

    private static let widths = [360, 768, 1280]

    /// A page around the pages, each at three widths, that measures them once all is loaded.
    private func harness(_ pages: [String]) -> String {
        let frames = pages.flatMap { page in
            let source = page.replacingOccurrences(of: "&", with: "&amp;")
                .replacingOccurrences(of: "\"", with: "&quot;")
            return Self.widths.map { width in
                #"<iframe width="\#(width)" height="900" style="border:0" srcdoc="\#(source)"></iframe>"#
            }
        }
        return """
            <!DOCTYPE html><meta charset="utf-8">\(frames.joined())<pre id="found"></pre><script>
            addEventListener("load", () => {
              const found = [...document.querySelectorAll("iframe")].map(frame => {
                const page = frame.contentDocument, root = page.documentElement
                return { width: frame.clientWidth, scrolls: root.scrollWidth,
                  mode: page.compatMode,
                  sections: [...page.querySelectorAll("section")].filter(s => s.getBoundingClientRect().height > 0).length,
                  folded: page.querySelectorAll(".nothing dt").length,
                  resources: frame.contentWindow.performance.getEntriesByType("resource").map(r => r.name),
                  marks: page.querySelectorAll("mark, ins").length,
                  drawings: [...page.querySelectorAll("svg")].filter(s => s.getBoundingClientRect().width > 0).length,
                  scripts: page.querySelectorAll("script").length }
              })
              document.getElementById("found").textContent = JSON.stringify(found)
            })
            </script>
            """
    }

    @Test(.enabled(if: browser != nil, "needs chromium"))
    func opensWithoutAComplaintAtEveryWidth() throws {
        let browser = try #require(Self.browser)
        try withTemporaryDirectory { folder in
            let file = folder.appendingPathComponent("harness.html")
            let pages = [DataReport.withSamples.html(tokens: ByteEncoder.texts), try Self.runPage()]
            try Data(harness(pages).utf8).write(to: file)
            let (output, errors) = (folder.appendingPathComponent("dom"), folder.appendingPathComponent("log"))
            for url in [output, errors] { try Data().write(to: url) }
            let process = Process()
            process.executableURL = URL(fileURLWithPath: browser)
            process.arguments = [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--no-first-run",
                "--disable-background-networking", "--user-data-dir=\(folder.path)/profile", "--window-size=1400,1000",
                "--virtual-time-budget=10000", "--dump-dom", file.absoluteString,
            ]
            process.standardOutput = try FileHandle(forWritingTo: output)
            process.standardError = try FileHandle(forWritingTo: errors)
            process.standardInput = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            let log = try String(contentsOf: errors, encoding: .utf8)
            #expect(!log.contains("CONSOLE"), "\(log)")
            let dom = try String(contentsOf: output, encoding: .utf8)
            let start = try #require(dom.range(of: "<pre id=\"found\">")?.upperBound)
            let end = try #require(dom[start...].range(of: "</pre>")?.lowerBound)
            let found = try #require(try JSONValue(parsing: String(dom[start..<end])).array)
            #expect(found.count == pages.count * Self.widths.count)
            for (number, page) in found.enumerated() {
                #expect(page["mode"] == "CSS1Compat")
                #expect(try #require(page["scrolls"]?.integer) <= #require(page["width"]?.integer), "\(page)")
                // The data report's warnings and twelve more: those that have nothing to show are folded into one.
                let isRun = number >= Self.widths.count
                #expect(
                    try #require(page["sections"]?.integer) + #require(page["folded"]?.integer) == (isRun ? 14 : 13))
                #expect(page["resources"]?.array?.isEmpty == true)
                #expect(page["scripts"]?.integer == 0)
                #expect(try #require(page["marks"]?.integer) > 5)
                #expect(try #require(page["drawings"]?.integer) > 10)
            }
        }
    }

    /// The page of a run that was recorded beside the tests of run reports.
    private static func runPage() throws -> String {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("RunReportsTests/Fixtures/sentences")
        func lines(_ name: String) throws -> [JSONValue] {
            try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8).split(separator: "\n")
                .map { try JSONValue(parsing: String($0)) }
        }
        let report = try String(contentsOf: folder.appendingPathComponent("report.json"), encoding: .utf8)
        var page = RunPage(report: try JSONValue(parsing: report)) { $0 }
        (page.events, page.answers, page.scores) = (
            try lines("events.jsonl"), try lines("answers.jsonl"), try lines("scores.jsonl")
        )
        page.recipe = "name: " + String(repeating: "long", count: 100)
        return page.html
    }
}
