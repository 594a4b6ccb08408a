// Many feed-forward networks in the place of one, as data.

/// Experts: networks of one kind, of which each row goes to a few, by what a router says of it.
public struct ExpertsSpec: Sendable, Equatable {
    /// E, how many there are.
    public var count: Int
    /// K, how many a row goes to.
    public var used: Int
    /// Whether what a row's experts count is divided by its sum.
    public var normalisesShares: Bool

    /// Experts from their numbers.
    public init(count: Int, used: Int, normalisesShares: Bool) {
        self.count = count
        self.used = used
        self.normalisesShares = normalisesShares
    }
}
