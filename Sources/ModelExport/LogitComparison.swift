// How far two models are apart in what they predict, gathered row by row so that only one batch of logits is ever in memory.

/// Differences between the logits of base + adapter and those of the merged model.
public struct LogitComparison: Sendable, Equatable {
    public private(set) var rows = 0
    public private(set) var maximumDifference = 0.0
    /// Rows whose most likely token is the same.
    public private(set) var agreeingRows = 0
    private var values = 0
    private var sumOfDifferences = 0.0
    private var sumOfSquaredDifferences = 0.0
    /// Σ (logit − row mean)² of the adapter's logits: a constant added to a row changes no prediction.
    private var sumOfSquares = 0.0

    public init() {}

    /// Adds rows of logits `[N, V]` from both models; anything that is not finite makes every difference infinite.
    public mutating func add(adapter: [Float], merged: [Float], vocabularySize: Int) {
        precondition(vocabularySize > 0 && adapter.count == merged.count && adapter.count % vocabularySize == 0)
        for start in stride(from: 0, to: adapter.count, by: vocabularySize) {
            addRow(adapter[start..<(start + vocabularySize)], merged[start..<(start + vocabularySize)])
        }
    }

    private mutating func addRow(_ left: ArraySlice<Float>, _ right: ArraySlice<Float>) {
        rows += 1
        values += left.count
        var best = (left: -Float.infinity, right: -Float.infinity)
        var top = (left: -1, right: -2)
        var sum = 0.0
        var squares = 0.0
        for (index, (a, b)) in zip(left, right).enumerated() {
            let difference = abs(Double(a) - Double(b))
            // NaN fails: it must not hide behind max.
            maximumDifference = difference.isFinite ? max(maximumDifference, difference) : .infinity
            sumOfDifferences += difference.isFinite ? difference : .infinity
            sumOfSquaredDifferences += difference.isFinite ? difference * difference : .infinity
            sum += Double(a)
            squares += Double(a) * Double(a)
            if a > best.left { (best.left, top.left) = (a, index) }
            if b > best.right { (best.right, top.right) = (b, index) }
        }
        sumOfSquares += squares - sum * sum / Double(left.count)
        if top.left == top.right { agreeingRows += 1 }
    }

    public var meanDifference: Double { values > 0 ? sumOfDifferences / Double(values) : .infinity }
    public var topAgreement: Double { rows > 0 ? Double(agreeingRows) / Double(rows) : 0 }
    /// √(Σ difference² / Σ centred logit²).
    public var relativeError: Double {
        guard rows > 0, sumOfSquaredDifferences.isFinite, sumOfSquares.isFinite else { return .infinity }
        if sumOfSquaredDifferences == 0 { return 0 }
        return sumOfSquares > 0 ? (sumOfSquaredDifferences / sumOfSquares).squareRoot() : .infinity
    }
}
