// How far two models are apart in what they predict, gathered row by row.

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
        var rows = LogitRows(count: adapter.count / vocabularySize)
        adapter.withUnsafeBufferPointer { adapter in
            merged.withUnsafeBufferPointer { merged in
                rows.add(adapter: adapter, merged: merged, width: vocabularySize, firstToken: 0)
            }
        }
        add(rows)
    }

    /// Adds rows of which the whole vocabulary was seen.
    public mutating func add(_ found: LogitRows) {
        for row in found.rows {
            rows += 1
            values += row.count
            maximumDifference = max(maximumDifference, row.largestDifference)
            sumOfDifferences += row.differences
            sumOfSquaredDifferences += row.squaredDifferences
            sumOfSquares += row.squares - row.sum * row.sum / Double(row.count)
            if row.top.left == row.top.right { agreeingRows += 1 }
        }
    }

    /// √(mean of (logit − row mean)²): how far a row's logits lie apart.
    public var spread: Double { values > 0 ? (max(0, sumOfSquares) / Double(values)).squareRoot() : 0 }
    public var meanDifference: Double { values > 0 ? sumOfDifferences / Double(values) : .infinity }
    public var topAgreement: Double { rows > 0 ? Double(agreeingRows) / Double(rows) : 0 }
    /// √(Σ difference² / Σ centred logit²).
    public var relativeError: Double {
        guard rows > 0, sumOfSquaredDifferences.isFinite, sumOfSquares.isFinite else { return .infinity }
        if sumOfSquaredDifferences == 0 { return 0 }
        return sumOfSquares > 0 ? (sumOfSquaredDifferences / sumOfSquares).squareRoot() : .infinity
    }
}
