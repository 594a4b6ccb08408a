// The server as a process: a socket, and signals.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Serving {
        /// A server with one place and no queue, and the port that it says.
        private func serving(_ lathe: LatheCommand, _ more: String...) throws -> (RunningCommand, Int) {
            let output = lathe.url("said")
            try Data().write(to: output)
            let running = try lathe.start(
                [
                    "serve", "--model", TinyModel.chat.path, "--name", "tiny", "--port", "0", "--json", "--quiet",
                    "--parallel", "1", "--queue", "0", "--set", "train.threads=1",
                ] + more, output: output)
            for _ in 0..<1_200 {
                if let said = try? JSONValue(parsing: Array(Data(contentsOf: output))), let port = said["port"]?.integer
                {
                    return (running, port)
                }
                guard running.isRunning else { break }
                usleep(25_000)
            }
            running.send(SIGKILL)
            Issue.record("the server says no port: \(try running.wait().errors)")
            throw CocoaError(.fileReadUnknown)
        }

        private static let key = "Authorization: Bearer secret\r\n"

        private static func post(_ path: String, _ body: String, _ headers: String = key) -> String {
            "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\(headers)"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        }

        private static func stream(_ tokens: Int) -> String {
            post(
                "/v1/completions", #"{"prompt": "Once", "max_tokens": \#(tokens), "ignore_eos": true, "stream": true}"#)
        }

        @Test func aServerIsAskedAndStopped() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("keys", "secret\n")
                let (running, port) = try serving(lathe, "--api-key-file", "keys")
                defer { if running.isRunning { running.send(SIGKILL) } }
                // One connection, several requests.
                let first = try Connection(port)
                try first.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try first.read(until: #"{"status":"ok"}"#).hasPrefix("HTTP/1.1 200"))
                try first.send(Self.post("/tokenize", #"{"content": "Tom"}"#, ""))
                #expect(try first.read(until: "}}").hasPrefix("HTTP/1.1 401"))
                try first.send(Self.post("/v1/completions", #"{"prompt": "Once", "max_tokens": 2}"#))
                #expect(try first.read(until: "}}").hasPrefix("HTTP/1.1 200"))
                // A stranger's name leads nowhere.
                try first.send("GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n")
                #expect(try first.read(until: "}}").hasPrefix("HTTP/1.1 403"))

                // The only place is taken, until who took it goes away.
                var refused = ""
                for _ in 0..<20 where !refused.hasPrefix("HTTP/1.1 429") {
                    let long = try Connection(port)
                    try long.send(Self.stream(3_000))
                    _ = try long.read(until: "data: ")
                    try first.send(Self.post("/v1/completions", #"{"prompt": "Once", "max_tokens": 2}"#))
                    refused = try first.read(until: "}}")
                }
                #expect(refused.hasPrefix("HTTP/1.1 429") && refused.lowercased().contains("\r\nretry-after: "))
                var isAnswered = false
                for _ in 0..<80 where !isAnswered {
                    try first.send(Self.post("/v1/completions", #"{"prompt": "Once", "max_tokens": 2}"#))
                    isAnswered = try first.read(until: "}}").hasPrefix("HTTP/1.1 200")
                    if !isAnswered { usleep(25_000) }
                }
                #expect(isAnswered)

                // What is asked for is answered before the end.
                let last = try Connection(port)
                try last.send(Self.stream(150))
                _ = try last.read(until: "data: ")
                running.send(SIGTERM)
                #expect(try last.read(until: "data: [DONE]\n\n").contains(#""finish_reason":"length""#))
                let outcome = try running.wait()
                #expect(outcome.code == 0, "\(outcome.errors)")
                #expect(outcome.errors == "")
            }
        }

        @Test func whatCannotBeServedIsSaid() throws {
            try LatheCommand.inFolder { lathe in
                let model = ["serve", "--model", TinyModel.chat.path, "--port", "0"]
                func refused(_ more: String...) throws -> Outcome { try lathe.start(model + more).wait() }
                try refused("--adapter", "final").expectFailure(64, "NAME=PATH")
                try refused("--api-key-file", "none").expectFailure(66, "--api-key-file none")
                try lathe.write("empty", "\n")
                try refused("--api-key-file", "empty").expectFailure(65, "holds no key")
                try refused("--cache-memory", "much").expectFailure(64, "--cache-memory much")
                try refused("--cache-memory", "1").expectFailure(64, "--cache-memory 1")
                try refused("--allow-origin", "foo").expectFailure(64, "--allow-origin foo")
                try refused("--adapter-dir", "none").expectFailure(66, "--adapter-dir none")
                try refused("--host", "192.0.2.1").expectFailure(74, "cannot listen at 192.0.2.1")
            }
        }
    }
}
