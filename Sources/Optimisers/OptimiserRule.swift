// What an optimiser is: a rule, and what the rule keeps from step to step.

public import Recipes
public import Tensors

/// A rule by which a step changes trained numbers.
///
/// A new one is a type in a file of its own, a case of `OptimiserKind`, and a line in `OptimiserKind.rule`.
public protocol OptimiserRule: Sendable {
    /// What is kept for a matrix `[rows, columns]` from step to step, all zeros before the first.
    static func states(rows: Int, columns: Int) -> [OptimiserState]

    /// The rule as a recipe sets it.
    init(_ train: TrainSection)

    /// Changes the values of one matrix, and what is kept for it. Called on several threads, for one matrix each.
    ///
    /// - Parameters:
    ///   - values: `[rows, columns]`.
    ///   - gradients: `[rows, columns]`, to be multiplied by the step's `gradientScale`.
    ///   - states: in the order of `states(rows:columns:)`.
    func update(_ values: Matrix, gradients: Matrix, states: [Matrix], in step: OptimiserStep)
}

/// Numbers that a rule keeps for one matrix, themselves a matrix: of the same size, or smaller.
public struct OptimiserState: Sendable, Equatable {
    /// Names the state in checkpoints: `first_moment`.
    public let name: String
    public let rows: Int
    public let columns: Int
    /// Whether its numbers are never below 0, as means of squares are.
    public let isNeverNegative: Bool

    public init(_ name: String, rows: Int, columns: Int, isNeverNegative: Bool = false) {
        self.name = name
        self.rows = rows
        self.columns = columns
        self.isNeverNegative = isNeverNegative
    }

    public var count: Int { rows * columns }
}

/// What one step is for one matrix.
public struct OptimiserStep: Sendable {
    /// 1 for the first.
    public let number: Int
    /// Multiplies each gradient first: the clipping factor.
    public let gradientScale: Float
    /// How far the values may move, as the schedule and the matrix's group have it.
    public let learningRate: Double
    /// The share of the learning rate by which the values shrink towards 0, apart from the gradient.
    public let weightDecay: Double

    public init(number: Int, gradientScale: Float, learningRate: Double, weightDecay: Double) {
        self.number = number
        self.gradientScale = gradientScale
        self.learningRate = learningRate
        self.weightDecay = weightDecay
    }
}
