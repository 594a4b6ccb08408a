import CKernels
import Foundation
public import Tensors

/// Rows of logits from a reference and from another model, compared one part of the vocabulary after the other: whole
/// rows are never in memory.
///
/// The divergence is Kullback and Leibler's, of the other's distribution from the reference's: Σ p · (log p − log q),
/// natural logarithm.
public struct PredictionRows {
    private var rows: [Row]

    /// Rows of which nothing is known yet.
    /// - Parameter targets: the token whose loss is asked for, one a row.
    public init(targets: [Int32]) { rows = targets.map { Row(target: Int($0)) } }

    /// Adds the logits of the next tokens, `[rows, tile]` of both.
    /// - Parameter firstToken: the number of the part's first token.
    public mutating func add(reference: Matrix, other: Matrix, firstToken: Int) {
        precondition(reference.rows == rows.count && other.rows == rows.count && reference.columns == other.columns)
        rows.withUnsafeMutableBufferPointer { rows in
            RowBlock.forEach(of: rows.count) { block in
                for row in block.rows {
                    let range = row..<row + 1
                    rows[row].add(
                        UnsafeBufferPointer(reference.rows(range).floats),
                        UnsafeBufferPointer(other.rows(range).floats), firstToken)
                }
            }
        }
    }

    /// What the two predict, row by row, once the whole vocabulary was seen.
    ///
    /// - Parameter isLogProbability: whether the reference's numbers are logarithms of probabilities, of which some may
    ///   have been left out; else each row is made to sum to one.
    public func comparisons(isLogProbability: Bool = false) -> [PredictionComparison] {
        rows.map { $0.comparison(isLogProbability) }
    }
}

/// How two models predict one token.
public struct PredictionComparison: Sendable, Equatable {
    /// −log p(target) of the reference and of the other.
    public let referenceLoss: Double
    public let otherLoss: Double
    /// Never below zero but for rounding.
    public let divergence: Double
    /// Whether both hold the same token for the likeliest.
    public let hasSameChoice: Bool
}

/// One row, as far as the vocabulary was seen.
private struct Row {
    let target: Int
    /// The largest logits, and the sums against these.
    var reference = Side()
    var other = Side()
    /// Σ exp(p − the largest) · (p − q).
    var weighted = 0.0

    struct Side {
        var largest = -Double.infinity
        var sum = 0.0
        var best = -Float.infinity
        var choice = -1
        var target = -Double.infinity

        /// log Σ exp(logit)
        var normaliser: Double { largest + log(sum) }

        /// Takes in a tile; returns by what earlier sums and those of the tile are to be multiplied.
        mutating func add(_ tile: Float, _ tileSum: Double) -> (before: Double, here: Double) {
            let most = max(largest, Double(tile))
            guard most > -.infinity else { return (0, 0) }
            let factors = (before: exp(largest - most), here: exp(Double(tile) - most))
            sum = sum * factors.before + tileSum * factors.here
            largest = most
            return factors
        }

        mutating func choose(_ logits: UnsafeBufferPointer<Float>, _ most: Float, _ firstToken: Int) {
            guard most > best, let index = Elements.firstLargest(logits) else { return }
            (best, choice) = (most, firstToken + index)
        }
    }

    init(target: Int) { self.target = target }

    mutating func add(_ p: UnsafeBufferPointer<Float>, _ q: UnsafeBufferPointer<Float>, _ firstToken: Int) {
        guard let left = p.baseAddress, let right = q.baseAddress else { return }
        var tile = lathe_divergence_tile()
        lathe_divergence(left, right, p.count, &tile)
        let factors = reference.add(tile.largest_p, tile.sum_p)
        weighted = weighted * factors.before + tile.weighted * factors.here
        _ = other.add(tile.largest_q, tile.sum_q)
        reference.choose(p, tile.largest_p, firstToken)
        other.choose(q, tile.largest_q, firstToken)
        let place = target - firstToken
        guard p.indices.contains(place) else { return }
        (reference.target, other.target) = (Double(p[place]), Double(q[place]))
    }

    func comparison(_ isLogProbability: Bool) -> PredictionComparison {
        let otherNormaliser = other.normaliser
        let divergence: Double
        if isLogProbability {
            let share = exp(reference.largest)
            divergence = share * (weighted + reference.sum * otherNormaliser)
        } else {
            divergence = weighted / reference.sum - reference.normaliser + otherNormaliser
        }
        return PredictionComparison(
            referenceLoss: (isLogProbability ? 0 : reference.normaliser) - reference.target,
            otherLoss: otherNormaliser - other.target, divergence: divergence,
            hasSameChoice: reference.choice >= 0 && reference.choice == other.choice)
    }
}
