// A curve that fits into a line of text.

/// Values as they come, drawn in a few characters.
public struct TerminalCurve: Sendable {
    /// Means of `each` neighbours, so that the longest run takes no more memory than a short one.
    private var means: [Double] = []
    private var each = 1
    private var sum = 0.0
    private var count = 0

    /// Values kept; more are joined in pairs.
    private static let mostMeans = 256
    private static let heights = Array("▁▂▃▄▅▆▇█")

    /// A curve without values.
    public init() {}

    /// Takes a value in; what is no number is passed over.
    public mutating func add(_ value: Double) {
        guard value.isFinite else { return }
        (sum, count) = (sum + value, count + 1)
        guard count == each else { return }
        means.append(sum / Double(count))
        (sum, count) = (0, 0)
        guard means.count == Self.mostMeans else { return }
        means = stride(from: 0, to: means.count, by: 2).map { (means[$0] + means[$0 + 1]) / 2 }
        each *= 2
    }

    /// The values from first to last in `columns` characters at most; empty where there are less than two.
    public func text(columns: Int) -> String {
        guard means.count > 1, columns > 0 else { return "" }
        let width = min(columns, means.count)
        let parts = (0..<width).map { column -> Double in
            let part = means[column * means.count / width..<(column + 1) * means.count / width]
            return part.reduce(0, +) / Double(part.count)
        }
        let low = parts.min() ?? 0, span = (parts.max() ?? 0) - low
        return String(
            parts.map { value in
                span > 0 ? Self.heights[min(7, Int(8 * (value - low) / span))] : Self.heights[0]
            })
    }
}
