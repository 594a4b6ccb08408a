// A port on this machine that tests listen at.

import Foundation

/// Takes connections on a port of its own, one after the other, until it is stopped.
public final class LoopbackListener: Sendable {
    public let port: UInt16
    private let descriptor: Int32

    /// - Throws: where no port is to be had.
    public init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(.init(rawValue: errno) ?? .EADDRNOTAVAIL) }
        self.descriptor = descriptor
        port = UInt16(bigEndian: address.sin_port)
    }

    /// Hands each connection to `serve`, which closes it. Called once.
    public func start(_ serve: @escaping @Sendable (_ connection: Int32) -> Void) {
        Thread.detachNewThread { [descriptor] in
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { break }
                serve(connection)
            }
            // Here and not in `stop`: its number, given to another listener, would be listened at by this one too.
            close(descriptor)
        }
    }

    public func stop() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}
