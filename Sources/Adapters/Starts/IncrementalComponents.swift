// The strongest directions of rows that come in parts and are not kept (Ross et al., 2008): what was found so far stands for the rows
// before, beside those of the part and one row for the way the mean moved.

import Kernels
import Tensors

/// Principal components of rows `[N, C]`, part by part.
struct IncrementalComponents {
    /// How many are looked for.
    let count: Int
    /// C.
    let width: Int
    /// `[count, C]`, orthonormal, with the largest number of each positive; empty before the first part.
    private(set) var directions: [Float] = []
    /// σ, descending.
    private(set) var values: [Float] = []
    private var rows = 0
    private var mean: [Double]
    /// Σ (x − mean)², column by column.
    private var squares: [Double]

    /// - Precondition: `count` is at most `width`.
    init(_ count: Int, width: Int) {
        precondition(count <= width)
        self.count = count
        self.width = width
        mean = [Double](repeating: 0, count: width)
        squares = mean
    }

    /// Of all that the rows vary, the share in each direction.
    var shares: [Double] {
        let whole = squares.reduce(0, +)
        return values.map { whole > 0 ? Double($0) * Double($0) / whole : 0 }
    }

    /// The cosine between each direction and that of `other`.
    func likeness(to other: IncrementalComponents) -> [Double] {
        (0..<values.count).map { index in
            let range = index * width..<(index + 1) * width
            return zip(directions[range], other.directions[range]).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
    }

    /// Takes the rows `part` `[n, C]`.
    /// - Precondition: at least as many rows as directions.
    mutating func add(_ part: Matrix) throws {
        precondition(part.columns == width && part.rows >= count)
        let (partMean, partSquares) = Self.moments(part)
        let known = values.count, workspace = Workspace()
        defer { withExtendedLifetime(workspace) {} }
        let joined = workspace.matrix(rows: known + part.rows + (rows > 0 ? 1 : 0), columns: width)
        let numbers = joined.floats
        for index in 0..<known {
            for column in 0..<width {
                numbers[index * width + column] = values[index] * directions[index * width + column]
            }
        }
        let centred = part.floats
        for row in 0..<part.rows {
            for column in 0..<width {
                numbers[(known + row) * width + column] = Float(
                    Double(centred[row * width + column]) - partMean[column])
            }
        }
        let (before, own) = (Double(rows), Double(part.rows)), all = before + own
        if rows > 0 {
            let factor = (before / all * own).squareRoot(), last = (known + part.rows) * width
            for column in 0..<width { numbers[last + column] = Float(factor * (mean[column] - partMean[column])) }
        }
        for column in 0..<width {
            let moved = mean[column] - partMean[column]
            squares[column] += partSquares[column] + (rows > 0 ? before * own / all * moved * moved : 0)
            mean[column] = (mean[column] * before + partMean[column] * own) / all
        }
        rows += part.rows
        let found = try SingularValues(leading: count, consuming: joined, seed: 0).withFixedSigns
        directions = Array(found.right[..<(count * width)])
        values = Array(found.values[..<count])
    }

    private static func moments(_ part: Matrix) -> (mean: [Double], squares: [Double]) {
        let numbers = part.floats, width = part.columns
        var mean = [Double](repeating: 0, count: width), squares = mean
        for row in 0..<part.rows { for column in 0..<width { mean[column] += Double(numbers[row * width + column]) } }
        for column in 0..<width { mean[column] /= Double(part.rows) }
        for row in 0..<part.rows {
            for column in 0..<width {
                let away = Double(numbers[row * width + column]) - mean[column]
                squares[column] += away * away
            }
        }
        return (mean, squares)
    }
}
