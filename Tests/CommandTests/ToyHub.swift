// A server on this machine that gives files as a hub does, and misbehaves as a test tells it to.

import Foundation
import Synchronization
import TestSupport

/// Answers each connection on a thread of its own.
final class ToyHub: Sendable {
    struct Request: Sendable {
        let path: String
        /// Names in lower case.
        let headers: [String: String]
    }

    struct Reply: Sendable {
        var status = 200
        var headers: [String] = []
        var body: [UInt8] = []
        /// The length that is told, where it is not the body's.
        var length: Int?
        /// Bytes after which the connection is closed.
        var cutAfter: Int?
        /// Seconds of silence after these bytes.
        var silence = 0.0
        /// What is sent before the head.
        var early = ""
    }

    private let listener: LoopbackListener
    private let heard = Mutex<[Request]>([])

    var requests: [Request] { heard.withLock { $0 } }
    var address: String { "http://127.0.0.1:\(listener.port)" }

    /// - Parameter reply: to a request, which came after so many others for the same path.
    init(_ reply: @escaping @Sendable (Request, Int) -> Reply) throws {
        listener = try LoopbackListener()
        listener.start { [self] connection in
            Thread.detachNewThread {
                self.serve(connection, reply)
                close(connection)
            }
        }
    }

    func stop() { listener.stop() }

    private func serve(_ connection: Int32, _ reply: (Request, Int) -> Reply) {
        guard let request = Self.read(connection) else { return }
        let before = heard.withLock { heard in
            defer { heard.append(request) }
            return heard.count { $0.path == request.path }
        }
        let answer = reply(request, before)
        let head =
            answer.early + "HTTP/1.1 \(answer.status) Said\r\nContent-Length: \(answer.length ?? answer.body.count)\r\n"
            + answer.headers.map { $0 + "\r\n" }.joined() + "\r\n"
        let body = answer.cutAfter.map { Array(answer.body.prefix($0)) } ?? answer.body
        Self.send(Array(head.utf8) + body, connection)
        if answer.silence > 0 { Thread.sleep(forTimeInterval: answer.silence) }
    }

    private static func send(_ bytes: [UInt8], _ connection: Int32) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Foundation.send(connection, $0.baseAddress.map { $0 + done }, $0.count - done, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            done += count
        }
    }

    private static func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.firstRange(of: Array("\r\n\r\n".utf8)) == nil {
            let count = buffer.withUnsafeMutableBytes { recv(connection, $0.baseAddress, $0.count, 0) }
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
        }
        let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
        let pairs = lines.dropFirst().compactMap { line -> (String, String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (
                line[..<colon].lowercased(), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            )
        }
        guard let path = lines[0].split(separator: " ").dropFirst().first else { return nil }
        return Request(path: String(path), headers: Dictionary(pairs) { first, _ in first })
    }
}

extension ToyHub.Reply {
    /// The file `bytes`, from where the request's range begins: whole where it asks for none, or for a range of other bytes.
    static func file(_ bytes: [UInt8], _ request: ToyHub.Request, tag: String = "\"one\"") -> ToyHub.Reply {
        let start = request.headers["range"].flatMap { Int($0.dropFirst(6).dropLast()) }
        guard let start, request.headers["if-range"].map({ $0 == tag }) ?? true else {
            return ToyHub.Reply(headers: ["ETag: \(tag)"], body: bytes)
        }
        guard start < bytes.count else { return ToyHub.Reply(status: 416) }
        return ToyHub.Reply(
            status: 206,
            headers: ["ETag: \(tag)", "Content-Range: bytes \(start)-\(bytes.count - 1)/\(bytes.count)"],
            body: Array(bytes[start...]))
    }
}
