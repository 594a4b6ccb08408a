// Where a server is: http://host:port/path, or the same with https.

internal import Foundation

/// The address of a server that speaks HTTP, and a path there.
package struct HTTPAddress: Equatable, Sendable {
    /// Whether the connection is private to both ends.
    package let isSecure: Bool
    package let host: String
    package let port: UInt16
    /// Without a slash at its end; empty for the server's root.
    package let path: String
    /// What stands behind `?`; nil where nothing does.
    package let query: String?

    /// `nil` where `text` is no address of this kind. What stands behind `#` is no part of it.
    ///
    /// - Parameter allowsQuery: whether something may stand behind `?` or `#`.
    package init?(_ text: String, allowsQuery: Bool = false) {
        let scheme = text.lowercased().hasPrefix("https://") ? "https://" : "http://"
        guard text.lowercased().hasPrefix(scheme) else { return nil }
        let rest = text.dropFirst(scheme.count)
        let place = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !place.contains("@"), allowsQuery || !(rest.contains("?") || rest.contains("#")),
            rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        isSecure = scheme == "https://"
        var host = place, number: Substring = isSecure ? "443" : "80"
        // An address of IPv6 stands in brackets, since it has colons of its own.
        if place.first == "[" {
            guard let end = place.firstIndex(of: "]") else { return nil }
            host = place[place.index(after: place.startIndex)..<end]
            let after = place[place.index(after: end)...]
            guard after.isEmpty || after.first == ":" else { return nil }
            if !after.isEmpty { number = after.dropFirst() }
        } else if let colon = place.firstIndex(of: ":") {
            (host, number) = (place[..<colon], place[place.index(after: colon)...])
        }
        guard !host.isEmpty, let port = UInt16(number), port > 0 else { return nil }
        let behind = rest.dropFirst(place.count).prefix { $0 != "#" }
        var path = behind.prefix { $0 != "?" }
        query = path.count < behind.count ? String(behind.dropFirst(path.count + 1)) : nil
        while path.last == "/" { path.removeLast() }
        (self.host, self.port, self.path) = (String(host), port, String(path))
    }

    /// As the header `Host` has it.
    package var authority: String {
        (host.contains(":") ? "[\(host)]" : host) + (port == (isSecure ? 443 : 80) ? "" : ":\(port)")
    }

    /// The server alone: "https://host:port".
    package var origin: String { (isSecure ? "https://" : "http://") + authority }

    /// The whole address, without what a query may hold.
    package var text: String { origin + path }

    /// What a request asks for.
    package var target: String { (path.isEmpty ? "/" : path) + (query.map { "?" + $0 } ?? "") }

    /// The address that `location`, of a redirection from here, leads to; `nil` where it is none.
    package func following(_ location: String) -> HTTPAddress? {
        if let whole = HTTPAddress(location, allowsQuery: true) { return whole }
        if location.hasPrefix("//") {
            return HTTPAddress((isSecure ? "https:" : "http:") + location, allowsQuery: true)
        }
        guard !location.contains("://"), !location.isEmpty else { return nil }
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "/"
        return HTTPAddress(origin + (location.hasPrefix("/") ? location : folder + location), allowsQuery: true)
    }
}

extension HTTPAddress {
    /// `text` as a part of a path: everything but letters, digits and a few signs by its bytes' numbers.
    ///
    /// - Parameter isPath: whether slashes stay what they are: else `text` is one part.
    package static func escaped(_ text: String, isPath: Bool = true) -> String {
        text.utf8.map { byte in
            let isPlain =
                (48...57).contains(byte) || (65...90).contains(byte & 0xDF)
                || (isPath ? "-._~/" : "-._~").utf8.contains(byte)
            return isPlain ? String(UnicodeScalar(byte)) : String(format: "%%%02X", byte)
        }.joined()
    }
}
