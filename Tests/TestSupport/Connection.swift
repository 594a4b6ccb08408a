// A connection to a server on this machine, as bytes.

import Foundation

/// A connection to this machine.
public final class Connection {
    private let descriptor: Int32

    public init(_ port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        // No test waits for ever.
        var limit = timeval(tv_sec: 600, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw POSIXError(.init(rawValue: errno) ?? .ECONNREFUSED) }
    }

    deinit { close(descriptor) }

    public func send(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else {
            throw POSIXError(.init(rawValue: errno) ?? .EPIPE)
        }
    }

    /// What comes, up to where `end` stands in it; without one, up to the connection's end.
    public func read(until end: String? = nil) throws -> String {
        var all: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Foundation.read(descriptor, &piece, piece.count)
            if count == 0, end == nil { return String(decoding: all, as: UTF8.self) }
            guard count > 0 else { throw POSIXError(.init(rawValue: errno) ?? .ECONNRESET) }
            all += piece.prefix(count)
            let text = String(decoding: all, as: UTF8.self)
            if let end, text.contains(end) { return text }
        }
    }
}
