// A request of the page, its address taken apart.

internal import JSON
internal import Server

/// Parts of the path and values of the query, decoded.
struct StudioRequest {
    private let request: ServerRequest
    let parts: [String]
    private let query: [(name: String, value: String)]

    /// - Throws: `StudioError` where the address is no UTF-8 text.
    init(_ request: ServerRequest) throws {
        self.request = request
        parts = try request.path.split(separator: "/").map { try Self.decoded($0, isQuery: false) }
        query = try request.query.split(separator: "&").map { pair in
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (
                try Self.decoded(sides[0], isQuery: true),
                sides.count > 1 ? try Self.decoded(sides[1], isQuery: true) : ""
            )
        }
    }

    var method: String { request.method }
    var path: String { request.path }
    var body: [UInt8] { request.body }
    func header(_ name: String) -> String? { request.header(name) }
    func value(_ name: String) -> String? { query.first { $0.name == name }?.value }
    func values(_ name: String) -> [String] { query.filter { $0.name == name }.map(\.value) }

    /// The body, which is JSON and says that it is: no form of another page can send it unasked.
    func json() throws -> JSONValue {
        guard (request.header("content-type") ?? "").lowercased().hasPrefix("application/json") else {
            throw StudioError(415, "the body's content-type is not application/json")
        }
        do { return try JSONValue(parsing: request.body, maximumDepth: 64) } catch {
            throw StudioError(400, "the body is no JSON: \(error)")
        }
    }

    /// `%2F` as `/`, and in a query `+` as a blank.
    private static func decoded(_ text: Substring, isQuery: Bool) throws -> String {
        var bytes: [UInt8] = [], rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(isQuery && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        guard let decoded = String(validating: bytes, as: UTF8.self), !decoded.utf8.contains(0) else {
            throw StudioError(400, "the address is no text")
        }
        return decoded
    }
}
