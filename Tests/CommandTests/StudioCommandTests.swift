// The page over a folder of runs, as a process.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct PageOverRuns {
        @Test func thePageIsShownToThisMachineAndStopped() throws {
            try LatheCommand.inFolder { lathe in
                let output = lathe.url("said")
                try Data().write(to: output)
                let running = try lathe.start(["studio", "--port", "0", "--json", "--quiet"], output: output)
                defer { if running.isRunning { running.send(SIGKILL) } }
                var said: JSONValue?
                for _ in 0..<400 where said == nil && running.isRunning {
                    said = try? JSONValue(parsing: Array(Data(contentsOf: output)))
                    if said == nil { usleep(10_000) }
                }
                let port = try #require(said?["port"]?.integer), token = try #require(said?["token"]?.string)
                #expect(said?["url"]?.string == "http://127.0.0.1:\(port)/#token=\(token)")

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
