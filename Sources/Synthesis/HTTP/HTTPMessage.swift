// Requests and responses of HTTP/1.1 (RFC 9112). Foundation's own client needs libcurl with all that it brings, which the packaged
// program does without.

internal import Foundation

/// What is sent.
package struct HTTPRequest: Sendable {
    package var method: String
    /// Path and query.
    package var target: String
    package var headers: [(name: String, value: String)] = []
    package var body: [UInt8] = []

    package init(method: String, target: String, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
    }

    /// The request as bytes, to the server `authority`.
    func bytes(to authority: String) -> [UInt8] {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: \(authority)\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if method != "GET" && method != "HEAD" { head += "Content-Length: \(body.count)\r\n" }
        return Array((head + "Connection: close\r\n\r\n").utf8) + body
    }
}

/// What came back.
package struct HTTPResponse: Sendable {
    package var status: Int
    /// Names in lower case.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package subscript(name: String) -> String? { headers.first { $0.name == name }?.value }

    private static let headEnd = Array("\r\n\r\n".utf8)

    /// Whether a server that says so may say something else a little later.
    package var isPassing: Bool { status == 408 || status == 429 || status >= 500 }

    /// Status and headers, and where the body begins; `nil` where these are not all there, or are none. What a server tells before,
    /// while the answer is being made, is passed over.
    static func head(of bytes: [UInt8]) -> (HTTPResponse, start: Int)? {
        var rest = bytes[...]
        while let end = rest.firstRange(of: headEnd) {
            guard let response = HTTPResponse(head: rest[..<end.lowerBound]) else { return nil }
            guard (100..<200).contains(response.status) else { return (response, end.upperBound) }
            rest = rest[end.upperBound...]
        }
        return nil
    }

    /// Whether the body comes in chunks, each after its length.
    var isChunked: Bool { self["transfer-encoding"]?.lowercased().contains("chunked") == true }

    /// Bytes of the body, where the server says how many; `nil` where it does not, and where it says no number.
    package var contentLength: Int? { self["content-length"].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil } }
}

extension HTTPResponse {
    /// `nil` where `head` is none.
    fileprivate init?(head: ArraySlice<UInt8>) {
        let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
        let first = lines[0].split(separator: " ", maxSplits: 2)
        guard first.count >= 2, first[0].hasPrefix("HTTP/1."), let status = Int(first[1]) else { return nil }
        let headers = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            return (line[..<colon].lowercased(), value)
        }
        self.init(status: status, headers: headers, body: [])
    }
}
