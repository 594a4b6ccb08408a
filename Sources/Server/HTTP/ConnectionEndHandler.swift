// When a connection ends: behind the answer to the last request that its client has for it, and where a request does not come to its
// end though the server does.

internal import NIOCore
internal import NIOHTTP1

/// Stands where HTTP's version is still known: above it requests of HTTP/1.0 look like those of HTTP/1.1.
final class ConnectionEndHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let limits: HTTPLimits
    /// Requests that are not answered yet.
    private var open = 0
    /// Whether the newest of them is still on its way.
    private var isReading = false
    /// Whether the newest is the last, and whether it is of HTTP/1.0.
    private var isLast = false, isOld = false
    /// Whether what comes is behind the last.
    private var isOver = false
    /// Whether the server ends.
    private var isEnding = false
    private var timer: Scheduled<Void>?

    init(_ limits: HTTPLimits) { self.limits = limits }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        switch part {
        case .head(var head):
            isOver = isLast
            if isOver { return }
            open += 1
            isReading = true
            isOld = head.version.major < 1 || head.version.major == 1 && head.version.minor == 0
            isLast = isOld || !head.isKeepAlive
            // In the one spelling that is read above.
            if isLast { head.headers.replaceOrAdd(name: "connection", value: "close") }
            // HTTP/1.0 has one response to a request.
            if isOld { head.headers.remove(name: "expect") }
            part = .head(head)
        case .body: break
        case .end:
            if !isOver { isReading = false }
            timer?.cancel()
        }
        if !isOver { context.fireChannelRead(wrapInboundOut(part)) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var part = unwrapOutboundIn(data)
        switch part {
        case .head(var head) where head.status.code >= 200:
            if open == 1, isLast || isEnding { head.headers.replaceOrAdd(name: "connection", value: "close") }
            // It knows no pieces: what has no length is over with its connection.
            if open == 1, isOld { head.version = .http1_0 }
            part = .head(head)
        case .end: open = max(0, open - 1)
        default: break
        }
        context.write(wrapOutboundOut(part), promise: promise)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            isEnding = true
            if isReading {
                let channel = context.channel
                timer = context.eventLoop.scheduleTask(in: .seconds(Int64(limits.endSeconds))) {
                    channel.close(promise: nil)
                }
            }
        }
        context.fireUserInboundEventTriggered(event)
    }
}
