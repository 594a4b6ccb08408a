// What an optimiser is: a rule, and what the rule keeps from step to step.

public import Recipes
public import Tensors

/// A rule by which a step changes trained numbers.
///
/// A new one is a type in a file of its own, a case of `OptimiserKind`, and a line in `OptimiserKind.rule`.
public protocol OptimiserRule: Sendable {
    /// What is kept for a matrix `[rows, columns]` from step to step, all zeros before the first.
    static func states(rows: Int, columns: Int) -> [OptimiserState]

    /// Bytes that `update` takes from a workspace for a matrix `[rows, columns]`.
    static func scratchBytes(rows: Int, columns: Int) -> Int

    /// Whether what is learnt is a mean of the steps, and not the values at which gradients are taken.
    static var hasMean: Bool { get }

    /// The rule as a recipe sets it.
    init(_ train: TrainSection)

    /// Changes the values of one matrix, and what is kept for it. Called on several threads, for one matrix each.
    ///
    /// - Parameters:
    ///   - values: `[rows, columns]`.
    ///   - gradients: `[rows, columns]`, to be multiplied by the step's `gradientScale`.
    ///   - states: in the order of `states(rows:columns:)`.
    ///   - scratch: the thread's own, with room for `scratchBytes(rows:columns:)`.
    func update(_ values: Matrix, gradients: Matrix, states: [Matrix], in step: OptimiserStep, scratch: Workspace)

    /// Puts the mean that is learnt into `mean`, of a rule that has one.
    func mean(of values: Matrix, states: [Matrix], into mean: Matrix)
}

extension OptimiserRule {
    public static var hasMean: Bool { false }
    public static func scratchBytes(rows: Int, columns: Int) -> Int { 0 }

    public func mean(of values: Matrix, states: [Matrix], into mean: Matrix) {
        preconditionFailure("the rule learns its values")
    }
}

/// Numbers that a rule keeps for one matrix, themselves a matrix: of the same size, or smaller.
public struct OptimiserState: Sendable, Equatable {
    /// What its numbers can be.
    public enum Kind: Sendable, Equatable {
        case numbers
        /// Never below 0, as means of squares are.
        case neverNegative
        /// Whole numbers of 8 bits, a byte for each.
        case codes
    }

    /// Names the state in checkpoints: `first_moment`.
    public let name: String
    public let rows: Int
    public let columns: Int
    public let kind: Kind

    public init(_ name: String, rows: Int, columns: Int, kind: Kind = .numbers) {
        self.name = name
        self.rows = rows
        self.columns = columns
        self.kind = kind
    }

    public var count: Int { rows * columns }

    /// Whether `number` can be one of it.
    public func holds(_ number: Float) -> Bool {
        switch kind {
        case .numbers: number.isFinite
        case .neverNegative: number.isFinite && number >= 0
        case .codes: (0...255).contains(number) && number == number.rounded()
        }
    }

    /// Where it lies among matrices of fp32: as it is, or four codes in the place of a number.
    var slot: (name: String, rows: Int, columns: Int) {
        kind == .codes ? (name, 1, (count + 3) / 4) : (name, rows, columns)
    }
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
