// A connection, and what is done for it only as long as somebody is at its other end.

internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// Whether the program that asks is still there.
final class Connection: Sendable {
    /// The connection that the present task answers.
    @TaskLocal static var current: Connection?

    private struct State {
        var isClosed = false
        var cancel: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// From here on `cancel` is called where the connection closes; nil: nothing is.
    func onClose(_ cancel: (@Sendable () -> Void)?) {
        let isClosed = state.withLock { state in
            state.cancel = cancel
            return state.isClosed
        }
        if isClosed { cancel?() }
    }

    func close() {
        let cancel = state.withLock { state in
            state.isClosed = true
            return state.cancel
        }
        cancel?()
    }

    /// Does `work` in a task that is cancelled where the connection closes.
    func whileOpen<Result: Sendable>(_ work: @escaping @Sendable () async -> Result) async -> Result {
        let task = Task { await work() }
        onClose { task.cancel() }
        defer { onClose(nil) }
        return await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
    }
}

/// HTTP/1.1 on a socket, each with its `Connection`.
struct ConnectionChannel: ServerChildChannel {
    let http: HTTP1Channel
    let limits: HTTPLimits

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        // A client that closes its side has gone: otherwise nothing would tell, and its answer would be computed for nobody.
        channel.setOption(ChannelOptions.allowRemoteHalfClosure, value: false).flatMap { [http] in
            http.setup(channel: channel, logger: logger)
        }.flatMapThrowing { [limits] value in
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(ConnectionEndHandler(limits), position: .after(decoder))
            return value
        }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        let connection = Connection()
        value.channel.closeFuture.whenComplete { _ in connection.close() }
        await Connection.$current.withValue(connection) {
            await http.handle(value: value, logger: logger)
        }
    }
}
