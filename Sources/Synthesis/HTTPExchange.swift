// One request and its response over HTTP/1.1 (RFC 9112), on a socket: what asking a server on the same machine or network
// takes. Foundation's own client needs libcurl with all that it brings, which the packaged program does without.

internal import Foundation
internal import Vocabulary

/// What is sent.
struct HTTPRequest {
    var method: String
    var path: String
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
}

/// What came back.
struct HTTPResponse {
    var status: Int
    /// Names in lower case.
    var headers: [(name: String, value: String)]
    var body: [UInt8]

    subscript(name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// Why nothing came back.
enum HTTPFault: ClassifiedError, Equatable {
    case unknownHost
    /// No connection, or one that broke off; with what the system says.
    case unreachable(String)
    case timedOut
    case notHTTP
    /// More than any answer has.
    case endless

    var kind: FailureKind { .inputOutput }

    var description: String {
        switch self {
        case .unknownHost: "there is no such host"
        case .unreachable(let words): "it cannot be reached: \(words)"
        case .timedOut: "it gives no answer in time"
        case .notHTTP: "it does not speak HTTP"
        case .endless: "its answer does not end"
        }
    }
}

/// A connection for one exchange.
struct HTTPExchange: ~Copyable {
    private let descriptor: Int32
    private let deadline: ContinuousClock.Instant
    private static let mostBytes = 64 << 20

    /// Sends `request` and reads the response, all within `seconds`.
    static func send(
        _ request: HTTPRequest, to address: HTTPAddress, within seconds: Int
    ) throws(HTTPFault) -> HTTPResponse {
        let exchange = try HTTPExchange(address, within: seconds)
        var head = "\(request.method) \(request.path) HTTP/1.1\r\nHost: \(address.authority)\r\n"
        for (name, value) in request.headers { head += "\(name): \(value)\r\n" }
        head += "Content-Length: \(request.body.count)\r\nConnection: close\r\n\r\n"
        try exchange.write(Array(head.utf8) + request.body)
        return try HTTPResponse(exchange.readAll())
    }

    private init(_ address: HTTPAddress, within seconds: Int) throws(HTTPFault) {
        deadline = ContinuousClock.now + .seconds(seconds)
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address.host, String(address.port), &hints, &list) == 0 else { throw .unknownHost }
        defer { freeaddrinfo(list) }
        var (code, next) = (ECONNREFUSED, list)
        while let candidate = next {
            let found = socket(
                candidate.pointee.ai_family, candidate.pointee.ai_socktype | Int32(SOCK_CLOEXEC.rawValue),
                candidate.pointee.ai_protocol)
            if found >= 0 {
                if !Self.limitWaiting(of: found, until: deadline) {
                    code = ETIMEDOUT
                } else if connect(found, candidate.pointee.ai_addr, candidate.pointee.ai_addrlen) == 0 {
                    descriptor = found
                    return
                } else {
                    code = errno
                }
                close(found)
            }
            next = candidate.pointee.ai_next
        }
        throw code == EINPROGRESS || code == ETIMEDOUT ? .timedOut : .unreachable(SystemError(code, reading: "").cause)
    }

    deinit { close(descriptor) }

    /// Has the socket's next call wait for what is left of the time; false where nothing is.
    private static func limitWaiting(of socket: Int32, until deadline: ContinuousClock.Instant) -> Bool {
        let left = (deadline - ContinuousClock.now).components
        guard left.seconds >= 0, left.attoseconds >= 0 else { return false }
        // No time at all would be no limit.
        var limit = timeval(
            tv_sec: Int(left.seconds), tv_usec: max(1, Int(left.attoseconds / 1_000_000_000_000)))
        let size = socklen_t(MemoryLayout<timeval>.size)
        return setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, size) == 0
            && setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, size) == 0
    }

    private func requireTime() throws(HTTPFault) {
        guard Self.limitWaiting(of: descriptor, until: deadline) else { throw .timedOut }
    }

    private func write(_ bytes: [UInt8]) throws(HTTPFault) {
        var done = 0
        while done < bytes.count {
            try requireTime()
            let count = bytes.withUnsafeBytes {
                Foundation.send(
                    descriptor, $0.baseAddress.map { $0 + done }, $0.count - done, Int32(MSG_NOSIGNAL))
            }
            if count > 0 { done += count } else { try fail() }
        }
    }

    private func readAll() throws(HTTPFault) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            try requireTime()
            let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count == 0 { return bytes }
            if count < 0 {
                try fail()
                continue
            }
            bytes += buffer[..<count]
            guard bytes.count <= Self.mostBytes else { throw .endless }
            // A server may leave the connection open all the same.
            if HTTPResponse.isWhole(bytes) { return bytes }
        }
    }

    /// Throws what the system says, unless a signal only interrupted the call.
    private func fail() throws(HTTPFault) {
        let code = errno
        if code == EINTR { return }
        throw code == EAGAIN || code == EWOULDBLOCK ? .timedOut : .unreachable(SystemError(code, reading: "").cause)
    }
}

// MARK: - Reading a response

extension HTTPResponse {
    private static let headEnd = Array("\r\n\r\n".utf8)

    /// Whether all of a response that says its length is there.
    fileprivate static func isWhole(_ bytes: [UInt8]) -> Bool {
        guard let (response, start) = head(of: bytes) else { return false }
        if response["transfer-encoding"]?.lowercased().contains("chunked") == true {
            return joinedChunks(bytes[start...]) != nil
        }
        return response["content-length"].flatMap { Int($0) }.map { bytes.count - start >= $0 } ?? false
    }

    /// Reads a whole response.
    fileprivate init(_ bytes: [UInt8]) throws(HTTPFault) {
        guard let (response, start) = Self.head(of: bytes) else {
            throw bytes.isEmpty ? .unreachable("the server closed the connection") : .notHTTP
        }
        self = response
        if response["transfer-encoding"]?.lowercased().contains("chunked") == true {
            guard let joined = Self.joinedChunks(bytes[start...]) else { throw .unreachable("the response is cut off") }
            body = joined
        } else if let count = response["content-length"].flatMap({ Int($0) }) {
            guard count >= 0, bytes.count - start >= count else { throw .unreachable("the response is cut off") }
            body = Array(bytes[start..<(start + count)])
        } else {
            body = Array(bytes[start...])
        }
    }

    /// Status and headers, and where the body begins; `nil` where these are not all there, or are none.
    private static func head(of bytes: [UInt8]) -> (HTTPResponse, start: Int)? {
        guard let end = bytes.firstRange(of: headEnd) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        let first = lines[0].split(separator: " ", maxSplits: 2)
        guard first.count >= 2, first[0].hasPrefix("HTTP/1."), let status = Int(first[1]) else { return nil }
        let headers = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            return (line[..<colon].lowercased(), value)
        }
        return (HTTPResponse(status: status, headers: headers, body: []), end.upperBound)
    }

    /// The body of chunks, each after its length in hexadecimal digits; `nil` where the last is not there.
    private static func joinedChunks(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var rest = bytes, body: [UInt8] = []
        while let end = rest.firstRange(of: [0x0D, 0x0A]) {
            let digits = String(decoding: rest[..<end.lowerBound].prefix { $0 != 0x3B }, as: UTF8.self)
            guard let count = Int(digits.trimmingCharacters(in: .whitespaces), radix: 16), count >= 0 else {
                return nil
            }
            if count == 0 { return body }
            guard rest.endIndex - end.upperBound - 2 >= count else { return nil }
            body += rest[end.upperBound..<(end.upperBound + count)]
            rest = rest[(end.upperBound + count + 2)...]
        }
        return nil
    }
}
