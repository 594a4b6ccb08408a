// A response whose body is had piece by piece, as large as it may be.

internal import Foundation

/// A response that is being read.
package final class HTTPStream {
    /// Status and headers.
    package let response: HTTPResponse
    private let connection: HTTPConnection
    private let patience: Duration
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)
    /// What was read and not given yet.
    private var pending: ArraySlice<UInt8>
    private var body: Body

    /// How a body ends.
    private enum Body {
        /// So many bytes are still to come.
        case counted(Int)
        /// Of the chunk in hand; nil before a chunk's length.
        case chunks(left: Int?)
        case untilClosed
        case ended
    }

    private static let mostHeadBytes = 1 << 20

    /// Sends a request and reads the head of the response.
    ///
    /// - Parameter patience: how long nothing may come before the server is given up.
    package init(_ request: HTTPRequest, to address: HTTPAddress, patience: Duration) throws(HTTPFault) {
        self.patience = patience
        connection = try HTTPConnection(address, until: .now + patience)
        try connection.write(request.bytes(to: address.authority))
        var bytes: [UInt8] = []
        while true {
            connection.deadline = .now + patience
            let count = try connection.read(into: &buffer)
            guard count > 0 else {
                throw bytes.isEmpty ? .unreachable("the server closed the connection") : .notHTTP
            }
            bytes += buffer[..<count]
            if let (head, start) = HTTPResponse.head(of: bytes) {
                response = head
                pending = bytes[start...]
                break
            }
            guard bytes.count < Self.mostHeadBytes, bytes.starts(with: "HTTP/".utf8.prefix(bytes.count)) else {
                throw .notHTTP
            }
        }
        let isEmpty = request.method == "HEAD" || response.status == 204 || response.status == 304
        body =
            isEmpty
            ? .ended
            : response.isChunked ? .chunks(left: nil) : response.contentLength.map { .counted($0) } ?? .untilClosed
    }

    /// The next bytes of the body; `nil` at its end.
    ///
    /// - Throws: `unreachable` where the connection ends before the body does.
    package func next() throws(HTTPFault) -> ArraySlice<UInt8>? {
        while true {
            switch body {
            case .ended: return nil
            case .counted(0): body = .ended
            case .counted(let left):
                guard try fill() else { throw .unreachable("the connection broke off \(left) bytes before the end") }
                let piece = take(left)
                body = .counted(left - piece.count)
                return piece
            case .untilClosed:
                guard try fill() else { return nil }
                return take(pending.count)
            case .chunks(left: nil): body = try nextChunk()
            case .chunks(left: .some(0)):
                guard try line().isEmpty else { throw .notHTTP }
                body = .chunks(left: nil)
            case .chunks(left: .some(let left)):
                guard try fill() else { throw .unreachable("the connection broke off in the midst of the answer") }
                let piece = take(left)
                body = .chunks(left: left - piece.count)
                return piece
            }
        }
    }

    /// The whole body, where it has no more than `limit` bytes.
    package func whole(limit: Int) throws(HTTPFault) -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try next() {
            bytes += piece
            guard bytes.count <= limit else { throw .endless }
        }
        return bytes
    }

    // MARK: Bytes

    /// Waits until something is there; false where nothing more comes.
    private func fill() throws(HTTPFault) -> Bool {
        guard pending.isEmpty else { return true }
        connection.deadline = .now + patience
        let count = try connection.read(into: &buffer)
        pending = buffer[..<count]
        return count > 0
    }

    private func take(_ most: Int) -> ArraySlice<UInt8> {
        let piece = pending.prefix(most)
        pending = pending.dropFirst(piece.count)
        return piece
    }

    private func line() throws(HTTPFault) -> [UInt8] {
        var line: [UInt8] = []
        while true {
            guard try fill() else { throw .unreachable("the connection broke off in the midst of the answer") }
            let byte = pending.removeFirst()
            if byte == 0x0A { return line.last == 0x0D ? line.dropLast() : line }
            line.append(byte)
            guard line.count < Self.mostHeadBytes else { throw .notHTTP }
        }
    }

    private func nextChunk() throws(HTTPFault) -> Body {
        let digits = String(decoding: try line().prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self)
        guard let count = Int(digits.trimmingCharacters(in: .whitespaces), radix: 16), count >= 0 else {
            throw .notHTTP
        }
        guard count == 0 else { return .chunks(left: count) }
        // What may follow the last chunk are headers, up to an empty line; a server may close before it.
        return .ended
    }
}
