// How much a connection may ask, and how long it may take.

/// Bounds on connections, whatever they are for.
public struct HTTPLimits: Sendable {
    /// The largest body that is read.
    public var bodyBytes = 8 << 20
    /// The most that a request's head may hold, and each of its fields.
    public var headerBytes = 32 << 10
    public var headerCount = 100
    /// Connections beyond these wait to be accepted.
    public var connections = 512
    /// How long a head may take, and a connection be idle.
    public var idleSeconds = 60
    /// How long a body may take.
    public var bodySeconds = 60
    /// How long a request may still take to come where the server ends.
    public var endSeconds = 2
    /// How long a piece of an answer may wait for its reader.
    public var writeSeconds = 60
    /// What is read and thrown away of a body that is too large, so that its sender sees why it is refused.
    var discardedBytes = 256 << 20

    public init() {}
}
