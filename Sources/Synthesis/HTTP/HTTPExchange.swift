// One request and its whole response: what asking a server takes.

internal import Foundation

/// One exchange with a server.
enum HTTPExchange {
    private static let mostBytes = 64 << 20

    /// Sends `request` and reads the response, all within `seconds`.
    static func send(
        _ request: HTTPRequest, to address: HTTPAddress, within seconds: Int
    ) throws(HTTPFault) -> HTTPResponse {
        let deadline = ContinuousClock.now + .seconds(seconds)
        let connection = try HTTPConnection(address, until: deadline)
        try connection.write(request.bytes(to: address.authority))
        return try HTTPResponse(readAll(connection))
    }

    private static func readAll(_ connection: HTTPConnection) throws(HTTPFault) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try connection.read(into: &buffer)
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= mostBytes else { throw .endless }
            // A server may leave the connection open all the same.
            if HTTPResponse.isWhole(bytes) { return bytes }
        }
    }
}

// MARK: - Reading a response

extension HTTPResponse {
    /// Whether all of a response that says its length is there.
    fileprivate static func isWhole(_ bytes: [UInt8]) -> Bool {
        guard let (response, start) = head(of: bytes) else { return false }
        if response.isChunked { return joinedChunks(bytes[start...]) != nil }
        return response["content-length"].flatMap { Int($0) }.map { bytes.count - start >= $0 } ?? false
    }

    /// Reads a whole response.
    fileprivate init(_ bytes: [UInt8]) throws(HTTPFault) {
        guard let (response, start) = Self.head(of: bytes) else {
            throw bytes.isEmpty ? .unreachable("the server closed the connection") : .notHTTP
        }
        self = response
        if response.isChunked {
            guard let joined = Self.joinedChunks(bytes[start...]) else { throw .unreachable("the response is cut off") }
            body = joined
        } else if let count = response["content-length"].flatMap({ Int($0) }) {
            guard count >= 0, bytes.count - start >= count else { throw .unreachable("the response is cut off") }
            body = Array(bytes[start..<(start + count)])
        } else {
            body = Array(bytes[start...])
        }
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
