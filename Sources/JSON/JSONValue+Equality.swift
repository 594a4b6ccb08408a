// When two JSON values say the same, however they are written.

extension JSONValue {
    /// Equality of JSON: of numbers by their value, of objects whatever the order of their members.
    public func isSame(as other: JSONValue) -> Bool {
        if let own = double, let others = other.double { return own == others }
        switch (self, other) {
        case (.array(let own), .array(let others)):
            return own.count == others.count && zip(own, others).allSatisfy { $0.isSame(as: $1) }
        case (.object(let own), .object(let others)):
            return own.members.count == others.members.count
                && own.members.allSatisfy { key, value in others[key].map { value.isSame(as: $0) } ?? false }
        default: return self == other
        }
    }
}
