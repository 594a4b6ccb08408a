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

/// A connection to this machine.
final class Connection {
    private let descriptor: Int32

    init(_ port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        // No test waits for ever.
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw POSIXError(.init(rawValue: errno) ?? .ECONNREFUSED) }
    }

    deinit { close() }

    func close() { Foundation.close(descriptor) }

    func send(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else {
            throw POSIXError(.init(rawValue: errno) ?? .EPIPE)
        }
    }

    /// What comes, up to where `end` stands in it.
    func read(until end: String) throws -> String {
        var all: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Foundation.read(descriptor, &piece, piece.count)
            guard count > 0 else { throw POSIXError(.init(rawValue: errno) ?? .ECONNRESET) }
            all += piece.prefix(count)
            let text = String(decoding: all, as: UTF8.self)
            if text.contains(end) { return text }
        }
    }
}
