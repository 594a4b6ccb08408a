// What objectives count: sums by name, of each unit and of all, so that batches add up however a step is cut.

/// Numbers by name that add up.
public struct NamedSums: Sendable, Equatable {
    /// Σ of the losses, weighted as they count.
    public static let loss = "loss"
    /// What Σ of the losses is divided by.
    public static let weight = "weight"

    public private(set) var names: [String]
    public private(set) var values: [Double]
    /// What a task's head answered: a number for each of its outputs; empty where none answered, where the pass went back, and of
    /// several units together.
    public private(set) var answers: [Double] = []

    /// - Parameters:
    ///   - loss: Σ of the losses.
    ///   - weight: what it is divided by.
    ///   - others: the objective's own numbers.
    ///   - answers: of a task's head.
    public init(loss: Double, weight: Int, _ others: KeyValuePairs<String, Double> = [:], answers: [Double] = []) {
        self.init(loss: loss, weight: weight, others.map { ($0.key, $0.value) })
        self.answers = answers
    }

    /// The same, of numbers that are not always the same ones.
    public init(loss: Double, weight: Int, _ others: [(name: String, value: Double)]) {
        names = [Self.loss, Self.weight] + others.map(\.name)
        values = [loss, Double(weight)] + others.map(\.value)
    }

    /// Nothing of anything.
    public init() { (names, values) = ([], []) }

    /// The sum of that name; 0 where nothing was counted.
    public subscript(name: String) -> Double { names.firstIndex(of: name).map { values[$0] } ?? 0 }

    public var lossSum: Double { self[Self.loss] }
    public var weight: Int { Int(self[Self.weight]) }
    /// Σ losses / Σ weights; nil where nothing counts.
    public var meanLoss: Double? { mean(Self.loss) }
    /// The sum of that name / Σ weights; nil where nothing counts.
    public func mean(_ name: String) -> Double? { weight > 0 ? self[name] / self[Self.weight] : nil }

    /// The same with more of a loss.
    func adding(loss: Double) -> NamedSums {
        var sums = self
        sums.values[0] += loss
        return sums
    }

    /// The same with what was answered.
    public func answering(_ answers: [Double]) -> NamedSums {
        var sums = self
        sums.answers = answers
        return sums
    }

    /// - Precondition: sums of the same objective.
    public static func += (left: inout NamedSums, right: NamedSums) {
        guard !left.names.isEmpty else { return left = right }
        guard !right.names.isEmpty else { return }
        precondition(left.names == right.names, "sums of two objectives")
        for index in left.values.indices { left.values[index] += right.values[index] }
        left.answers = []
    }
}

/// What an objective counted in a batch, or in several.
public struct LossSums: Sendable, Equatable {
    /// Over all units: of each batch, then of the batches.
    public private(set) var total: NamedSums
    /// Of each unit, in the batch's order.
    public private(set) var units: [NamedSums]

    public init(units: [NamedSums] = []) {
        self.units = units
        total = units.reduce(into: NamedSums()) { $0 += $1 }
    }

    /// Adds `other`, its units after these.
    public mutating func append(_ other: LossSums) {
        total += other.total
        units += other.units
    }
}
