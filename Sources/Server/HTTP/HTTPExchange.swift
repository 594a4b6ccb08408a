// One request and its response on a socket.

internal import Foundation
internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
import Vocabulary

/// Ends a connection after its response.
private struct ConnectionEnds: ClassifiedError {
    let kind = FailureKind.badInput
    let description = "the connection ends: its request was not read to its end"
}

struct HTTPExchange: Sendable {
    let limits: HTTPLimits
    let answer: HTTPListener.Answer

    func run(_ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel) async throws {
        let expectsMore = request.headers[.expect]?.lowercased() == "100-continue"
        let declared = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        if expectsMore, declared <= limits.bodyBytes {
            try await writer.writeInformationalHead(HTTPResponse(status: .continue))
        }
        var body = request.body.makeAsyncIterator()
        guard declared <= limits.discardedBytes, let bytes = try await read(&body, on: channel) else {
            let refusal = RequestError(
                status: 413, "the body has more than \(limits.bodyBytes) bytes", code: "request_too_large")
            var response = refusal.response(for: request.uri.path)
            response.headers.append(("connection", "close"))
            try await write(response, of: request, writer, channel)
            throw ConnectionEnds()
        }
        let asked = ServerRequest(request, body: bytes)
        let connection = Connection.current ?? Connection()
        let response = await connection.whileOpen { [answer] in await answer(asked) }
        try await write(response, of: request, writer, channel)
    }

    /// The body; `nil` where it is too large, of which then no more is to be read.
    private func read(_ body: inout RequestBody.AsyncIterator, on channel: any Channel) async throws -> [UInt8]? {
        let timer = channel.eventLoop.scheduleTask(in: .seconds(Int64(limits.bodySeconds))) {
            channel.close(promise: nil)
        }
        defer { timer.cancel() }
        var bytes: [UInt8] = []
        var count = 0
        while let piece = try await body.next() {
            count += piece.readableBytes
            guard count <= limits.discardedBytes else { return nil }
            if count <= limits.bodyBytes {
                bytes.append(contentsOf: piece.readableBytesView)
            } else {
                bytes = []
            }
        }
        return count <= limits.bodyBytes ? bytes : nil
    }

    private func write(
        _ response: ServerResponse, of request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel
    ) async throws {
        var head = HTTPResponse(status: HTTPResponse.Status(integerLiteral: response.status))
        for (name, value) in response.headers {
            if let name = HTTPField.Name(name) { head.headerFields.append(HTTPField(name: name, value: value)) }
        }
        head.headerFields[.date] = HTTPDate.now()
        let isHead = request.method == .head
        switch response.body {
        case .bytes(let bytes):
            // Some statuses have no body by their nature, and must not speak of its length.
            if response.status != 204 { head.headerFields[.contentLength] = String(bytes.count) }
            let timer = limit(on: channel)
            defer { timer.cancel() }
            try await writer.write(
                response: head, body: isHead ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        case .stream(let pieces, let cancel):
            let connection = Connection.current ?? Connection()
            connection.onClose(cancel)
            defer {
                connection.onClose(nil)
                cancel()
            }
            var body = try await writer.writeHead(head)
            for await piece in pieces where !isHead {
                let timer = limit(on: channel)
                defer { timer.cancel() }
                try await body.write(ByteBuffer(bytes: piece))
            }
            try await body.finish(nil)
        }
    }

    /// Closes the connection, unless it is cancelled, where its other end does not read for too long.
    private func limit(on channel: any Channel) -> Scheduled<Void> {
        channel.eventLoop.scheduleTask(in: .seconds(Int64(limits.writeSeconds))) { channel.close(promise: nil) }
    }
}

extension ServerRequest {
    fileprivate init(_ request: Request, body: [UInt8]) {
        var headers = request.headers.map { (name: $0.name.canonicalName, value: $0.value) }
        // HTTPTypes keeps it apart, as HTTP/2 does.
        if let host = request.head.authority { headers.append(("host", host)) }
        self.init(
            method: request.method.rawValue, path: request.uri.path, query: request.uri.query ?? "", headers: headers,
            body: body)
    }
}

/// The date as HTTP writes it.
private enum HTTPDate {
    static func now() -> String {
        var seconds = time(nil)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) "
            + "\(parts.tm_year + 1900) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
    }
}
