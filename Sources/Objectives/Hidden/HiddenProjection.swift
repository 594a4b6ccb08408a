// From a student's hidden states to a teacher's: a map that is learnt once, before the first step.

import Foundation
import Tensors

/// An affine map from the residual stream after one of the student's blocks, `[C]`, to that after one of the teacher's, `[D]`, each of
/// whose numbers is measured by how much it varies.
///
/// It is the least-squares fit over rows that both have read: what of the teacher's states follows from the student's as they are. The
/// student is then trained against a map that stands still, so that neither is dragged along by the other, and a run that goes on
/// from a checkpoint finds the same map.
public struct HiddenProjection: Sendable {
    /// `[D, C]`, fp32.
    let weight: FrozenTensor
    /// D numbers: what is added.
    let bias: [Float]
    /// D numbers: 1 / how much the teacher's vary.
    let inverseSpread: [Float]

    var width: Int { bias.count }

    /// A map to nothing, of the size of others.
    init(from: Int, to: Int) {
        let zeros = [Float](repeating: 0, count: to)
        self.init(
            weight: Array(repeating: 0, count: from * to), columns: from, bias: zeros, inverseSpread: zeros)
    }

    init(weight: [Float], columns: Int, bias: [Float], inverseSpread: [Float]) {
        precondition(weight.count == columns * bias.count && inverseSpread.count == bias.count)
        let storage = Storage(byteCount: weight.count * 4) { bytes in
            weight.withUnsafeBytes { bytes.copyMemory(from: $0) }
        }
        self.weight = FrozenTensor(
            name: "hidden projection", dtype: .f32, shape: [bias.count, columns], storage: storage, byteOffset: 0)
        self.bias = bias
        self.inverseSpread = inverseSpread
    }
}

/// Sums over rows that a `HiddenProjection` follows from, in double.
struct ProjectionSums {
    private let from: Int
    private let to: Int
    private(set) var rows = 0
    private var sums: [Double]
    /// Of products of the student's numbers with those of both, `[C, C + D]`.
    private var products: [Double]
    /// Of the teacher's squares.
    private var squares: [Double]

    init(from: Int, to: Int) {
        (self.from, self.to) = (from, to)
        sums = Array(repeating: 0, count: from + to)
        products = Array(repeating: 0, count: from * (from + to))
        squares = Array(repeating: 0, count: to)
    }

    /// Adds rows of both: `[M, C]` and `[M, D]`, fp32.
    mutating func add(_ student: Matrix, _ teacher: Matrix) {
        precondition(student.columns == from && teacher.columns == to && student.rows == teacher.rows)
        let width = from + to
        var row = [Double](repeating: 0, count: width)
        for index in 0..<student.rows {
            for (place, number) in student.rows(index..<index + 1).floats.enumerated() { row[place] = Double(number) }
            for (place, number) in teacher.rows(index..<index + 1).floats.enumerated() {
                row[from + place] = Double(number)
                squares[place] += Double(number) * Double(number)
            }
            for place in 0..<width { sums[place] += row[place] }
            row.withUnsafeBufferPointer { row in
                products.withUnsafeMutableBufferPointer { products in
                    for place in 0..<from {
                        let number = row[place], start = place * width
                        for other in place..<width { products[start + other] += number * row[other] }
                    }
                }
            }
        }
        rows += student.rows
    }

    /// What each of the student's numbers is shrunk by: as much of its own variance. Keeps digits where some follow from others.
    private static let ridge = 1e-3

    /// The map with the least squares of errors over the rows.
    func projection() -> HiddenProjection {
        precondition(rows > 0)
        let width = from + to, count = Double(rows)
        var gram = [Double](repeating: 0, count: from * from)
        var solution = [Double](repeating: 0, count: from * to)
        for place in 0..<from {
            for other in place..<from {
                let value = products[place * width + other] - sums[place] * sums[other] / count
                gram[place * from + other] = value
                gram[other * from + place] = value
            }
            for other in 0..<to {
                solution[place * to + other] =
                    products[place * width + from + other] - sums[place] * sums[from + other] / count
            }
        }
        for place in 0..<from {
            gram[place * (from + 1)] =
                gram[place * (from + 1)] * (1 + Self.ridge) + Double.leastNormalMagnitude.squareRoot()
        }
        SymmetricSolver.solve(&gram, size: from, &solution, columns: to)
        return finished(solution)
    }

    /// Measures the map `[C, D]` by how much the teacher's numbers vary.
    private func finished(_ solution: [Double]) -> HiddenProjection {
        let count = Double(rows)
        var weight = [Float](repeating: 0, count: from * to), bias: [Float] = [], spread: [Float] = []
        for column in 0..<to {
            let mean = sums[from + column] / count
            let variance = max(squares[column] / count - mean * mean, 0)
            let inverse = 1 / max(variance.squareRoot(), 1e-6)
            var offset = mean
            for place in 0..<from {
                let value = solution[place * to + column]
                weight[column * from + place] = Float(value * inverse)
                offset -= value * sums[place] / count
            }
            bias.append(Float(offset * inverse))
            spread.append(Float(inverse))
        }
        return HiddenProjection(weight: weight, columns: from, bias: bias, inverseSpread: spread)
    }
}
