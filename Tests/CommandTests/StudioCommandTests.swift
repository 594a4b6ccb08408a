// The page over a folder of runs, as a process.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct PageOverRuns {
        /// The page over the folder's runs, and what it says of itself.
        private static func studio(_ lathe: LatheCommand) throws -> (running: RunningCommand, facts: JSONValue) {
            let output = lathe.url("said")
            try Data().write(to: output)
            let running = try lathe.start(["studio", "--port", "0", "--json", "--quiet"], output: output)
            for _ in 0..<400 where running.isRunning {
                if let facts = try? JSONValue(parsing: Array(Data(contentsOf: output))) { return (running, facts) }
                usleep(10_000)
            }
            throw CocoaError(.fileReadUnknown)
        }

        /// The views as scripts make them, of a run as it lies there.
        @Test(.enabled(if: HeadlessBrowser.installed != nil, "needs chromium"))
        func everyViewOpensInABrowser() throws {
            let browser = try #require(HeadlessBrowser.installed)
            try LatheCommand.inFolder { lathe in
                _ = try lathe.json("run", "recipe.yaml")
                let (running, facts) = try Self.studio(lathe)
                defer { if running.isRunning { running.send(SIGKILL) } }
                let port = try #require(facts["port"]?.integer)
                let views = [
                    ("runs", "href=\"#/run/tiny\""), ("run/tiny", " d=\"M"), ("rows/tiny", "8 held-out rows"),
                    ("new", "<fieldset"),
                ]
                // Side by side: each is mostly the start of the browser.
                let visits = try views.map { view, _ in
                    try browser.open("http://127.0.0.1:\(port)/#/\(view)", width: 360, height: 900, in: lathe.folder)
                }
                for ((view, wanted), visit) in zip(views, visits) {
                    let (page, log) = try visit.end()
                    #expect(page.contains(wanted), "\(view): \(page.prefix(2000))")
                    #expect(!page.contains("role=\"alert\""), "\(view)")
                    #expect(!log.contains("CONSOLE"), "\(view): \(log)")
                }
                running.send(SIGTERM)
                #expect(try running.wait().code == 0)
            }
        }

        @Test func thePageIsShownToThisMachineAndStopped() throws {
            try LatheCommand.inFolder { lathe in
                let (running, facts) = try Self.studio(lathe)
                defer { if running.isRunning { running.send(SIGKILL) } }
                let port = try #require(facts["port"]?.integer), token = try #require(facts["token"]?.string)
                #expect(facts["url"]?.string == "http://127.0.0.1:\(port)/#token=\(token)")

                let browser = try Connection(port)
                try browser.send("GET / HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\r\n")
                let page = try browser.read(until: "</html>").lowercased()
                #expect(page.hasPrefix("http/1.1 200"))
                #expect(page.contains("\r\ncontent-security-policy: default-src 'self';"))
                // No run yet: nothing is listed, and one may be begun.
                try browser.send("GET /studio/state HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try browser.read(until: "}").contains(#""served":null"#))
                try browser.send("GET /studio/runs HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try browser.read(until: "}").contains(#""runs":[]"#))

                func refused(_ head: String, _ status: Int) throws {
                    try browser.send("\(head)Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
                    #expect(try browser.read(until: "}}").hasPrefix("HTTP/1.1 \(status)"), "\(head)")
                }
                let start = "POST /studio/start HTTP/1.1\r\nHost: localhost\r\n"
                try refused(start, 403)
                try refused(start + "X-Lathe-Token: \(token)\r\nOrigin: https://evil.example\r\n", 403)
                try refused(
                    start.replacing("localhost", with: "evil.example") + "X-Lathe-Token: \(token)\r\n", 403)
                try refused(start + "X-Lathe-Token: \(token)\r\n", 400)
                running.send(SIGTERM)
                let outcome = try running.wait()
                #expect(outcome.code == 0, "\(outcome.errors)")
                #expect(outcome.errors == "")
            }
        }

        @Test func whatCannotBeShownIsSaid() throws {
            try LatheCommand.inFolder { lathe in
                try lathe("studio", "none").expectFailure(66, "none is no folder")
                try lathe("studio", "--port", "70000").expectFailure(64, "--port 70000")
                try lathe("studio", "--set", "seed=1").expectFailure(64, "--set seed=1")
            }
        }
    }
}
