// The page in a real browser, where one is installed: it opens without a complaint, asks for nothing, fits every width.

import DataReports
import Foundation
import JSON
import TestSupport
import Testing

@Suite struct BrowserTests {
    static let browser = ["chromium", "chromium-browser", "google-chrome", "chrome"].lazy
        .flatMap { name in
            (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
        }.first { FileManager.default.isExecutableFile(atPath: $0) }

    /// A page around the page, at three widths, that measures it once all is loaded.
    private func harness(_ page: String) -> String {
        let source = page.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "\"", with: "&quot;")
        let frames = [360, 768, 1280].map { width in
            #"<iframe id="w\#(width)" width="\#(width)" height="900" style="border:0" srcdoc="\#(source)"></iframe>"#
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
                  marks: page.querySelectorAll("mark").length,
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
            try Data(harness(DataReport.withSamples.html(tokens: ByteEncoder.texts)).utf8).write(to: file)
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
            #expect(found.count == 3)
            for page in found {
                #expect(page["mode"] == "CSS1Compat")
                #expect(try #require(page["scrolls"]?.integer) <= #require(page["width"]?.integer), "\(page)")
                // The warnings and twelve more: those that have nothing to show are folded into one.
                #expect(try #require(page["sections"]?.integer) + #require(page["folded"]?.integer) == 13)
                #expect(page["resources"]?.array?.isEmpty == true)
                #expect(page["scripts"]?.integer == 0)
                #expect(try #require(page["marks"]?.integer) > 5)
                #expect(try #require(page["drawings"]?.integer) > 10)
            }
        }
    }
}
