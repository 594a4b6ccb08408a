import Foundation
public import Tensors

/// One step of Adafactor on the numbers of a matrix, as transformers' `Adafactor` takes it without relative steps (Shazeer and Stern 2018).
public enum AdafactorUpdate {
    /// What a step is beside its rate.
    public struct Settings: Sendable {
        /// The power of the step's number by which older squares lose weight.
        public var decayRate = -0.8
        /// The root mean square of an update above which it is made smaller.
        public var clipThreshold = 1.0
        /// Whether the rate is of the values' own root mean square, `smallestScale` at least.
        public var scalesByValues = false
        public var smallestScale = 1e-3
        /// Added to each square.
        public var epsilon = 1e-30

        public init() {}
    }

    /// - Parameters:
    ///   - values: `[rows, columns]`, as are `gradients`.
    ///   - means: of the squares, of each row `[rows, 1]` and of each column `[1, columns]`; of one matrix the squares' own means
    ///     `[rows, columns]`.
    ///   - gradientScale: multiplies each gradient first: the clipping factor.
    ///   - step: 1 for the first.
    public static func apply(
        values: Matrix, gradients: Matrix, means: [Matrix], gradientScale: Float, learningRate: Double,
        weightDecay: Double, step: Int, _ settings: Settings
    ) {
        precondition(step >= 1 && gradients.count == values.count && (1...2).contains(means.count))
        guard values.count > 0 else { return }
        let w = values.floats, g = gradients.floats
        let kept = Float(1 - pow(Double(step), settings.decayRate)),
            added = Float(pow(Double(step), settings.decayRate))
        let scale =
            settings.scalesByValues ? max(settings.smallestScale, (sumOfSquares(w) / Double(w.count)).squareRoot()) : 1
        let epsilon = Float(settings.epsilon)
        if means.count == 1 {
            let squares = means[0].floats
            for index in g.indices {
                let gradient = g[index] * gradientScale
                squares[index] = squares[index] * kept + (gradient * gradient + epsilon) * added
            }
        } else {
            average(g, values, into: means[0].floats, means[1].floats, gradientScale, epsilon, kept, added)
        }
        let factor = Factors(means, columns: values.columns)
        var squares = 0.0
        for row in 0..<values.rows {
            for index in row * values.columns..<(row + 1) * values.columns {
                let update = factor(row, index) * (g[index] * gradientScale)
                squares += Double(update) * Double(update)
            }
        }
        let size = (squares / Double(w.count)).squareRoot()
        let divisor = Float(max(1, size / settings.clipThreshold)), rate = Float(learningRate * scale)
        let decay = Float(weightDecay * learningRate * scale)
        for row in 0..<values.rows {
            for index in row * values.columns..<(row + 1) * values.columns {
                let update = factor(row, index) * (g[index] * gradientScale) / divisor * rate
                w[index] = w[index] - decay * w[index] - update
            }
        }
    }

    private static func sumOfSquares(_ numbers: UnsafeMutableBufferPointer<Float>) -> Double {
        Elements.sumOfSquares(UnsafeBufferPointer(numbers))
    }

    /// Moves the means of rows and columns towards those of the squares.
    private static func average(
        _ gradients: UnsafeMutableBufferPointer<Float>, _ shape: Matrix, into rows: UnsafeMutableBufferPointer<Float>,
        _ columns: UnsafeMutableBufferPointer<Float>, _ gradientScale: Float, _ epsilon: Float, _ kept: Float,
        _ added: Float
    ) {
        var sums = [Double](repeating: 0, count: shape.columns)
        for row in 0..<shape.rows {
            var sum = 0.0
            for column in 0..<shape.columns {
                let gradient = gradients[row * shape.columns + column] * gradientScale
                let square = Double(gradient * gradient + epsilon)
                sum += square
                sums[column] += square
            }
            rows[row] = rows[row] * kept + Float(sum / Double(shape.columns)) * added
        }
        for column in columns.indices {
            columns[column] = columns[column] * kept + Float(sums[column] / Double(shape.rows)) * added
        }
    }

    /// One over the root of what the squares are thought to be.
    private struct Factors {
        private let ofRows: [Float]
        private let ofColumns: [Float]
        private let own: UnsafeMutableBufferPointer<Float>?
        private let columns: Int

        init(_ means: [Matrix], columns: Int) {
            self.columns = columns
            guard means.count == 2 else {
                (ofRows, ofColumns, own) = ([], [], means[0].floats)
                return
            }
            let rows = means[0].floats
            let mean = Float(rows.reduce(0) { $0 + Double($1) } / Double(rows.count))
            ofRows = rows.map { 1 / ($0 / mean).squareRoot() }
            ofColumns = means[1].floats.map { 1 / $0.squareRoot() }
            own = nil
        }

        func callAsFunction(_ row: Int, _ index: Int) -> Float {
            own.map { 1 / $0[index].squareRoot() } ?? ofRows[row] * ofColumns[index - row * columns]
        }
    }
}
