// Numbers on their way to a person. Without a locale: the same everywhere.

/// How numbers are shown.
public enum ShownNumber {
    /// With four digits after the point; what rounds to nought has no sign.
    public static func fourDigits(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
        let scaled = Int((abs(value) * 10_000).rounded()), rest = String(scaled % 10_000)
        return (value < 0 && scaled > 0 ? "-" : "") + "\(scaled / 10_000)."
            + String(repeating: "0", count: 4 - rest.count) + rest
    }
}
