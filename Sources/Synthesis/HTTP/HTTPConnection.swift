// A connection to a server: a socket, with TLS over it where the address asks for that.

internal import Foundation
package import Vocabulary

/// Why nothing came back.
package enum HTTPFault: ClassifiedError, Equatable {
    case unknownHost
    /// No connection, or one that broke off; with what the system says.
    case unreachable(String)
    case timedOut
    case notHTTP
    /// The server is not proven to be who it says; with what is wrong.
    case untrusted(String)
    /// More than any answer has.
    case endless

    package var kind: FailureKind { .inputOutput }

    package var description: String {
        switch self {
        case .unknownHost: "there is no such host"
        case .unreachable(let words): "it cannot be reached: \(words)"
        case .timedOut: "it gives no answer in time"
        case .notHTTP: "it does not speak HTTP"
        case .untrusted(let words): "it is not proven to be who it says: \(words)"
        case .endless: "its answer does not end"
        }
    }
}

/// A stream of bytes to a server and back. Every call ends by the deadline.
final class HTTPConnection {
    private let descriptor: Int32
    private var tls: TLSSession?
    /// When the call in hand gives up.
    var deadline: ContinuousClock.Instant

    /// Connects to `address`.
    init(_ address: HTTPAddress, until deadline: ContinuousClock.Instant) throws(HTTPFault) {
        self.deadline = deadline
        descriptor = try Self.connected(address.host, address.port, until: deadline)
        guard address.isSecure else { return }
        do throws(HTTPFault) { tls = try TLSSession(over: descriptor, with: address.host) } catch {
            throw error
        }
    }

    deinit {
        tls = nil
        close(descriptor)
    }

    private static func connected(
        _ host: String, _ port: UInt16, until deadline: ContinuousClock.Instant
    ) throws(HTTPFault) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0 else { throw .unknownHost }
        defer { freeaddrinfo(list) }
        var (code, next) = (ECONNREFUSED, list)
        while let candidate = next {
            let found = socket(
                candidate.pointee.ai_family, candidate.pointee.ai_socktype | Int32(SOCK_CLOEXEC.rawValue),
                candidate.pointee.ai_protocol)
            if found >= 0 {
                if !limitWaiting(of: found, until: deadline) {
                    code = ETIMEDOUT
                } else if connect(found, candidate.pointee.ai_addr, candidate.pointee.ai_addrlen) == 0 {
                    return found
                } else {
                    code = errno
                }
                close(found)
            }
            next = candidate.pointee.ai_next
        }
        throw code == EINPROGRESS || code == ETIMEDOUT ? .timedOut : .unreachable(SystemError(code, reading: "").cause)
    }

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

    /// Sends all of `bytes`.
    func write(_ bytes: [UInt8]) throws(HTTPFault) {
        var done = 0
        while done < bytes.count {
            try requireTime()
            if let tls {
                done += try tls.write(bytes[done...])
                continue
            }
            let count = bytes.withUnsafeBytes {
                send(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done, Int32(MSG_NOSIGNAL))
            }
            if count > 0 { done += count } else { try fail() }
        }
    }

    /// Reads what has come, into `buffer`; 0 where the server has closed the connection.
    func read(into buffer: inout [UInt8]) throws(HTTPFault) -> Int {
        while true {
            try requireTime()
            if let tls { return try tls.read(into: &buffer) }
            let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count >= 0 { return count }
            try fail()
        }
    }

    /// Throws what the system says, unless a signal only interrupted the call.
    private func fail() throws(HTTPFault) {
        let code = errno
        if code == EINTR { return }
        throw code == EAGAIN || code == EWOULDBLOCK ? .timedOut : .unreachable(SystemError(code, reading: "").cause)
    }
}
