// The socket: what is said of a connection's end, and when it comes.

import Dispatch
import Server
import TestSupport
import Testing

@Suite struct ListenerTests {
    /// A whole answer, or one in pieces.
    private static func answer(_ request: ServerRequest) async -> ServerResponse {
        guard request.path == "/pieces" else { return ServerResponse(text: "whole", type: "text/plain") }
        let (pieces, sink) = AsyncStream<[UInt8]>.makeStream()
        for piece in ["one ", "two"] { sink.yield(Array(piece.utf8)) }
        sink.finish()
        return ServerResponse(status: 200, headers: [("content-type", "text/plain")], body: .stream(pieces, cancel: {}))
    }

    /// What `ask` gets of a server at the port that it is told, which has ended when this returns.
    private func asked<Value: Sendable>(
        limits: HTTPLimits = HTTPLimits(), _ ask: @escaping @Sendable (Int) throws -> Value
    ) async throws -> Value {
        let (ports, sink) = AsyncStream<Int>.makeStream()
        let listener = HTTPListener(
            host: "127.0.0.1", port: 0, limits: limits, onListening: { sink.yield($0) }, answer: Self.answer)
        let running = Task { try await listener.run() }
        let port = try #require(await ports.first { _ in true })
        // Waiting for bytes keeps no thread from those that answer.
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Value, any Error>, Never>) in
            DispatchQueue.global().async { continuation.resume(returning: Result { try ask(port) }) }
        }
        try await listener.stop()
        try await running.value
        return try result.get()
    }

    private static func request(_ path: String, _ version: String, _ more: String = "") -> String {
        "GET \(path) HTTP/\(version)\r\nHost: localhost\r\n\(more)\r\n"
    }

    @Test func oldClientsGetNoPieces() async throws {
        let told = try await asked { port in
            let connection = try Connection(port)
            try connection.send(Self.request("/pieces", "1.0"))
            return try connection.read()
        }
        #expect(told.hasPrefix("HTTP/1.0 200") && told.hasSuffix("\r\n\r\none two"), "\(told)")
        #expect(told.lowercased().contains("\r\nconnection: close\r\n") && !told.lowercased().contains("chunked"))
    }

    @Test(arguments: ["close", "Close"]) func theLastRequestIsAnsweredAsTheLast(_ word: String) async throws {
        let told = try await asked { port in
            let connection = try Connection(port)
            try connection.send(Self.request("/whole", "1.1"))
            let first = try connection.read(until: "whole")
            try connection.send(Self.request("/whole", "1.1", "Connection: \(word)\r\n"))
            return [first, try connection.read()]
        }
        #expect(told.allSatisfy { $0.hasPrefix("HTTP/1.1 200") && $0.hasSuffix("\r\n\r\nwhole") })
        #expect(told.map { $0.lowercased().contains("\r\nconnection: close\r\n") } == [false, true])
    }

    /// What says that it is too large is refused by its head, of which no more is waited for.
    @Test func whatIsTooLargeIsNotWaitedFor() async throws {
        let told = try await asked { port in
            let connection = try Connection(port)
            try connection.send("POST /whole HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999999\r\n\r\n")
            return try connection.read()
        }
        #expect(told.hasPrefix("HTTP/1.1 413") && told.lowercased().contains("\r\nconnection: close\r\n"))
    }

    /// A request that does not come to its end keeps no server from its own, however long it might still take.
    @Test func nobodyWaitsForHalfARequest() async throws {
        var limits = HTTPLimits()
        (limits.idleSeconds, limits.bodySeconds) = (36_000, 36_000)
        let connection = try await asked(limits: limits) { port in
            let connection = try Connection(port)
            try connection.send(
                "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\nhalf")
            // The head has arrived.
            _ = try connection.read(until: "100 Continue")
            return Held(connection)
        }
        withExtendedLifetime(connection) {}
    }
}

/// A connection that is handed from one thread to another.
private struct Held: @unchecked Sendable {
    let connection: Connection
    init(_ connection: Connection) { self.connection = connection }
}
