// The page in a real browser, where one is installed: it opens without a complaint, asks for nothing, fits every width.

import DataReports
import Foundation
import JSON
import RunReports
import TestSupport
import Testing

@Suite struct BrowserTests {
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

    @Test(.enabled(if: HeadlessBrowser.installed != nil, "needs chromium"))
    func opensWithoutAComplaintAtEveryWidth() throws {
        let browser = try #require(HeadlessBrowser.installed)
        try withTemporaryDirectory { folder in
            let file = folder.appendingPathComponent("harness.html")
            let pages = [DataReport.withSamples.html(tokens: ByteEncoder.texts), try Self.runPage()]
            try Data(harness(pages).utf8).write(to: file)
            let (dom, log) = try browser.open(file.absoluteString, width: 1400, height: 1000, in: folder).end()
            #expect(!log.contains("CONSOLE"), "\(log)")
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
