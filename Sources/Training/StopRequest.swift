// How the outside asks a run to stop: a flag that may be set from a signal's listener.

import Synchronization

/// Set once, read by the loop between steps.
public final class StopRequest: Sendable {
    private let flag = Atomic(false)

    public init() {}

    public var isSet: Bool { flag.load(ordering: .acquiring) }
    public func set() { flag.store(true, ordering: .releasing) }
}
