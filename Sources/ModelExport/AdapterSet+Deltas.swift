// From attached adapters to what a merge adds.

public import Adapters

extension AdapterSet {
    /// ΔW of every member, in network order.
    public var lowRankDeltas: [LowRankDelta] { members.map { LowRankDelta(path: $0.path, $0.adapter) } }
}
