// The socket: requests are read within limits, answered by a function, and written as fast as their reader takes them.

internal import Foundation
internal import HTTPTypes
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOPosix
public import Vocabulary

/// An address at which nobody can listen.
public struct ListenError: ClassifiedError {
    let address: String
    let reason: String

    public var kind: FailureKind { .inputOutput }
    public var description: String { "cannot listen at \(address): \(reason)" }
}

/// Listens at an address and has each request answered by a function.
public final class HTTPListener: Sendable {
    public typealias Answer = @Sendable (ServerRequest) async -> ServerResponse

    private let server: HummingbirdCore.Server<ConnectionChannel>
    private let address: String

    /// - Parameters:
    ///   - port: 0 for any that is free.
    ///   - onListening: gets the port when connections are accepted.
    public init(
        host: String, port: Int, limits: HTTPLimits, onListening: @escaping @Sendable (Int) -> Void,
        answer: @escaping Answer
    ) {
        address = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        var logger = Logger(label: "lathe.http", factory: { _ in SwiftLogNoOpLogHandler() })
        logger.logLevel = .critical
        let exchange = HTTPExchange(limits: limits, answer: answer)
        let http = HTTP1Channel(
            responder: { request, writer, channel in
                try await exchange.run(request, writer, channel)
            },
            configuration: .init(
                idleTimeout: .seconds(Int64(limits.idleSeconds)),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: limits.headerBytes, maxHeaderListSize: limits.headerBytes,
                    maxHeaderFieldCount: limits.headerCount)))
        server = HummingbirdCore.Server(
            childChannelSetup: ConnectionChannel(http: http, limits: limits),
            configuration: ServerConfiguration(
                address: .hostname(host, port: port),
                availableConnectionsDelegate: MaximumAvailableConnections(limits.connections, logger: logger)),
            onServerRunning: { channel in onListening(channel.localAddress?.port ?? port) },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logger)
    }

    /// Accepts connections until `stop`, and returns when the last of them is answered.
    ///
    /// - Throws: `ListenError` where the address cannot be listened at.
    public func run() async throws {
        do {
            try await server.run()
        } catch let error as IOError {
            throw ListenError(address: address, reason: SystemError(error.errnoCode, reading: address).cause)
        } catch {
            throw ListenError(address: address, reason: "\(error)")
        }
    }

    /// Accepts nothing more, closes what is idle, and lets answers that run come to their end.
    public func stop() async throws { try await server.shutdownGracefully() }
}
