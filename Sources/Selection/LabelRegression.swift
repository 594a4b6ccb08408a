// What label a row has, as far as it follows from its numbers by a linear map: ridge regression, each row by a map that was fitted to
// rows of other folds.

internal import Objectives

/// Labels told by numbers.
public enum LabelRegression {
    /// What of the map is held back: as much as if this share of what tells labels were noise. It keeps a map with more numbers than
    /// there are rows from learning wrong labels, too.
    private static let ridge = 0.2
    /// No label is ruled out by a linear map.
    private static let least = 1e-3

    /// Of each row the probabilities of all labels, by the rows of other folds.
    ///
    /// Each number of `states` counts by how far it lies from the mean of all rows, in units of how much it varies.
    /// - Parameters:
    ///   - states: C numbers for each row.
    ///   - given: the number of the label that each row bears.
    ///   - labels: how many there are.
    ///   - onFold: told after each fold how many are done; what it throws ends the work.
    public static func probabilities(
        _ states: [[Float]], given: [Int], labels: Int, _ folds: Folds, onFold: (Int) throws -> Void
    ) rethrows -> [[Double]] {
        precondition(states.count == given.count && states.count == folds.fold.count)
        let rows = measured(states)
        var probabilities = [[Double]](repeating: [], count: rows.count)
        for fold in 0..<folds.count {
            let others = rows.indices.filter { folds.fold[$0] != fold || folds.count == 1 }
            let map = Map(others.map { rows[$0] }, others.map { given[$0] }, labels: labels)
            for row in rows.indices where folds.fold[row] == fold {
                let shares = map.shares(rows[row]).map { max($0, least) }, sum = shares.reduce(0, +)
                probabilities[row] = shares.map { $0 / sum }
            }
            try onFold(fold + 1)
        }
        return probabilities
    }

    /// Bytes that rows of `width` numbers take, `rows` of them.
    public static func bytes(rows: Int, width: Int) -> Int {
        MemoryLayout<Double>.size * (rows * width + 2 * width * width) + MemoryLayout<Float>.size * rows * width
    }

    /// Numbers with the mean 0 and, of all C together, the square 1.
    private static func measured(_ states: [[Float]]) -> [[Double]] {
        guard let width = states.first?.count else { return [] }
        let count = Double(states.count)
        var means = [Double](repeating: 0, count: width), squares = means
        for row in states { for place in 0..<width { means[place] += Double(row[place]) / count } }
        for row in states {
            for place in 0..<width {
                let far = Double(row[place]) - means[place]
                squares[place] += far * far / count
            }
        }
        // A number that is the same in all rows says nothing.
        let factors = squares.map { $0 > 0 ? 1 / ($0 * Double(width)).squareRoot() : 0 }
        return states.map { row in (0..<width).map { (Double(row[$0]) - means[$0]) * factors[$0] } }
    }

    /// From the numbers of a row to the share of each label.
    private struct Map {
        /// `[C, K]`.
        private var weight: [Double]
        /// Of each label the share of rows that bear it.
        private let prior: [Double]

        /// The least squares of what is missed of 1 for the label that a row bears and of 0 for others, and of the map's own numbers.
        init(_ rows: [[Double]], _ given: [Int], labels: Int) {
            let width = rows.first?.count ?? 0
            let prior = (0..<labels).map { label in
                Double(given.count { $0 == label }) / Double(max(given.count, 1))
            }
            var gram = [Double](repeating: 0, count: width * width)
            var right = [Double](repeating: 0, count: width * labels)
            for (row, label) in zip(rows, given) {
                gram.withUnsafeMutableBufferPointer { gram in
                    row.withUnsafeBufferPointer { row in
                        for place in 0..<width {
                            let number = row[place], start = place * width
                            for other in 0...place { gram[start + other] += number * row[other] }
                        }
                    }
                }
                for place in 0..<width {
                    for other in 0..<labels {
                        right[place * labels + other] += row[place] * ((other == label ? 1 : 0) - prior[other])
                    }
                }
            }
            for place in 0..<width { gram[place * (width + 1)] += ridge }
            SymmetricSolver.solve(&gram, size: width, &right, columns: labels)
            weight = right
            self.prior = prior
        }

        func shares(_ row: [Double]) -> [Double] {
            var shares = prior
            for (place, number) in row.enumerated() {
                for label in shares.indices { shares[label] += number * weight[place * shares.count + label] }
            }
            return shares
        }
    }
}
