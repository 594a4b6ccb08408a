// Weights and density that are best on some rows: a coarse grid first, then steps around the best that grow shorter. Nothing is
// drawn, so the same rows give the same answer.

/// A search for the combination with the lowest loss.
public struct CombinationSearch: Sendable {
    /// What is chosen.
    public struct Point: Sendable, Equatable {
        /// Of each adapter.
        public var weights: [Double]
        /// nil where the method prunes nothing.
        public var density: Double?

        public init(weights: [Double], density: Double?) {
            self.weights = weights
            self.density = density
        }
    }

    /// A point that was tried, and what it came to.
    public typealias Trial = (point: Point, loss: Double)

    /// The density that a search begins with where nobody named one.
    public static let usualDensity = 0.5
    /// Points that are tried where nobody says how many.
    public static let usualLimit = 40

    private static let weightRange = -2.0...2.0
    private static let densityRange = 0.05...1.0
    private static let weightSteps = [0.2, 0.1, 0.05]
    private static let densitySteps = [0.15, 0.08, 0.04]

    private let limit: Int

    /// - Parameter limit: the most points that are tried.
    public init(limit: Int = Self.usualLimit) { self.limit = limit }

    /// All points that were tried, in order, from `start` on.
    ///
    /// - Parameter loss: of a point; what it throws ends the search.
    public func trials(from start: Point, loss: (Point) throws -> Double) rethrows -> [Trial] {
        var trials: [Trial] = []
        /// Tries a point, once; whether it is the best so far.
        func attempt(_ point: Point) throws -> Bool {
            let point = Self.rounded(point)
            guard trials.count < limit, !trials.contains(where: { $0.point == point }) else { return false }
            let found = try loss(point)
            let isBest = Self.best(of: trials).map { found < $0.loss } ?? true
            trials.append((point, found))
            return isBest
        }
        for point in Self.grid(from: start) { _ = try attempt(point) }
        if start.density != nil, let best = Self.best(of: trials)?.point {
            for density in [0.2, 0.8] { _ = try attempt(Point(weights: best.weights, density: density)) }
        }
        for (weightStep, densityStep) in zip(Self.weightSteps, Self.densitySteps) {
            var improves = true
            while improves, trials.count < limit, let best = Self.best(of: trials)?.point {
                improves = false
                for point in Self.neighbours(of: best, weightStep, densityStep) where try attempt(point) {
                    improves = true
                }
            }
        }
        return trials
    }

    /// The trial with the lowest loss, of equal ones the first; a loss that is no number is none.
    public static func best(of trials: [Trial]) -> Trial? {
        trials.filter { $0.loss.isFinite }.min { $0.loss < $1.loss }
    }

    /// The start, each adapter alone, all of them equally, and each before the others.
    private static func grid(from start: Point) -> [Point] {
        let count = start.weights.count, indices = 0..<count
        func leaning(_ most: Double, _ rest: Double) -> [[Double]] {
            indices.map { chosen in indices.map { $0 == chosen ? most : rest } }
        }
        let equal = [1 / Double(count), 1].map { [Double](repeating: $0, count: count) }
        let rest = 0.25 / Double(max(count - 1, 1))
        let weights = [start.weights] + equal + (count > 1 ? leaning(1, 0) + leaning(0.75, rest) : [])
        return weights.map { Point(weights: $0, density: start.density) }
    }

    private static func neighbours(of point: Point, _ weightStep: Double, _ densityStep: Double) -> [Point] {
        var points: [Point] = []
        for index in point.weights.indices {
            for step in [weightStep, -weightStep] {
                var other = point
                other.weights[index] += step
                points.append(other)
            }
        }
        guard let density = point.density else { return points }
        return points + [densityStep, -densityStep].map { Point(weights: point.weights, density: density + $0) }
    }

    /// Within what may be tried, and free of what adding up steps leaves.
    private static func rounded(_ point: Point) -> Point {
        func number(_ value: Double, _ range: ClosedRange<Double>) -> Double {
            (min(max(value, range.lowerBound), range.upperBound) * 1e4).rounded() / 1e4
        }
        return Point(
            weights: point.weights.map { number($0, weightRange) },
            density: point.density.map { number($0, densityRange) })
    }
}
