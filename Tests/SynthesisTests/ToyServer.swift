// A server on this machine that says what a test tells it to say.

import Foundation
import JSON
import Synchronization
import TestSupport

/// Answers one request after the other on a port of its own.
final class ToyServer: Sendable {
    struct Request: Sendable {
        let line: String
        let head: String
        let body: JSONValue?
    }

    struct Reply: Sendable {
        var status = 200
        var body: JSONValue = .null
        var headers: [String] = []
        /// Sent in pieces, each after its length.
        var isChunked = false
        /// Nothing is sent, and the connection is left open for a while.
        var isMute = false
        /// Sent as it is in the place of all else, before the connection is closed.
        var raw: [UInt8]?
    }

    private let listener: LoopbackListener
    private let heard = Mutex<[Request]>([])

    var requests: [Request] { heard.withLock { $0 } }
    var url: String { "http://127.0.0.1:\(listener.port)/v1" }

    /// - Parameter reply: to the request of that number, from 0.
    init(_ reply: @escaping @Sendable (Int, Request) -> Reply) throws {
        listener = try LoopbackListener()
        listener.start { [self] connection in
            serve(connection, reply)
            close(connection)
        }
    }

    func stop() { listener.stop() }

    private func serve(_ connection: Int32, _ reply: (Int, Request) -> Reply) {
        guard let request = Self.read(connection) else { return }
        let number = heard.withLock {
            $0.append(request)
            return $0.count - 1
        }
        let answer = reply(number, request)
        if answer.isMute {
            sleep(2)
            return
        }
        let body = Array(answer.body.text().utf8)
        if let raw = answer.raw { return Self.send(raw, connection) }
        var text = "HTTP/1.1 \(answer.status) Said\r\n" + answer.headers.map { $0 + "\r\n" }.joined()
        var bytes: [UInt8]
        if answer.isChunked {
            text += "Transfer-Encoding: chunked\r\n\r\n"
            bytes = Array(text.utf8)
            for start in stride(from: 0, to: body.count, by: 7) {
                let piece = body[start..<min(start + 7, body.count)]
                bytes += Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + [0x0D, 0x0A]
            }
            bytes += Array("0\r\n\r\n".utf8)
        } else {
            bytes = Array((text + "Content-Length: \(body.count)\r\n\r\n").utf8) + body
        }
        Self.send(bytes, connection)
    }

    private static func send(_ bytes: [UInt8], _ connection: Int32) {
        _ = bytes.withUnsafeBytes { Foundation.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    private static func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = buffer.withUnsafeMutableBytes { recv(connection, $0.baseAddress, $0.count, 0) }
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
            guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { continue }
            let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
            let length =
                head.components(separatedBy: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
                .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) } ?? 0
            guard bytes.count - end.upperBound >= length else { continue }
            let body = try? JSONValue(parsing: Array(bytes[end.upperBound...]))
            return Request(line: head.components(separatedBy: "\r\n")[0], head: head, body: body)
        }
    }
}

/// A chat completion that says `text`.
func completion(_ text: String, finish: String = "stop", tokens: Int = 3, logprob: Double? = nil) -> JSONValue {
    var choice = JSONObject([
        ("message", ["role": "assistant", "content": .string(text)]), ("finish_reason", .string(finish)),
    ])
    if let logprob { choice["logprobs"] = ["content": [["token": "a", "logprob": .double(logprob)]]] }
    return ["choices": [.object(choice)], "usage": ["completion_tokens": .integer(tokens)]]
}
