// Where a server is: http://host:port/path.

/// The address of a server that speaks HTTP.
struct HTTPAddress: Equatable {
    let host: String
    let port: UInt16
    /// Without a slash at its end; empty for the server's root.
    let path: String

    /// `nil` where `text` is no address of this kind.
    init?(_ text: String) {
        let scheme = "http://"
        guard text.lowercased().hasPrefix(scheme) else { return nil }
        let rest = text.dropFirst(scheme.count)
        let place = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !place.contains("@"), !rest.contains("?"), !rest.contains("#"),
            rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        var host = place, number: Substring = "80"
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
        var path = rest.dropFirst(place.count)
        while path.last == "/" { path.removeLast() }
        (self.host, self.port, self.path) = (String(host), port, String(path))
    }

    /// As the header `Host` has it.
    var authority: String { (host.contains(":") ? "[\(host)]" : host) + (port == 80 ? "" : ":\(port)") }
}
