// What a step shows of the run's health: whose loss it was, and how far it moved what is trained. No number of the run depends on it.

internal import Objectives
internal import Tensors

/// What a step shows beside its record.
public struct StepSigns: Sendable, Equatable, Codable {
    /// The unit that has the most of a step's loss.
    public struct Heaviest: Sendable, Equatable, Codable {
        /// Where its row stands.
        public var place: String
        /// Its share of the step's loss, from 0 to 1.
        public var lossShare: Double
        /// Its share of what counts in the mean: of the target tokens, or one of the step's pairs.
        public var weightShare: Double

        public init(place: String, lossShare: Double, weightShare: Double) {
            self.place = place
            self.lossShare = lossShare
            self.weightShare = weightShare
        }
    }

    /// nil where no unit has a loss.
    public var heaviest: Heaviest?
    /// |change| / |numbers| of what is trained, by a sample; nil where all of it is zero.
    public var updateRatio: Double?
    /// Σ gradient · change, by a sample: what the step does to the step's loss where that is straight. Below 0 where it falls.
    public var expectedChange: Double

    public init(heaviest: Heaviest?, updateRatio: Double?, expectedChange: Double) {
        self.heaviest = heaviest
        self.updateRatio = updateRatio
        self.expectedChange = expectedChange
    }
}

extension StepSigns.Heaviest {
    /// Of the units of a step; nil where none has a loss.
    init?(_ units: [NamedSums], place: (Int) -> String) {
        let total = units.reduce(0) { $0 + abs($1.lossSum) }, weight = units.reduce(0) { $0 + $1.weight }
        guard total > 0, weight > 0, let first = units.indices.first else { return nil }
        let heaviest = units.indices.reduce(first) {
            abs(units[$1].lossSum) > abs(units[$0].lossSum) ? $1 : $0
        }
        self.init(
            place: place(heaviest), lossShare: abs(units[heaviest].lossSum) / total,
            weightShare: Double(units[heaviest].weight) / Double(weight))
    }
}

/// A sample of the numbers that are trained, as they were before a step: a copy of all of them would be one more slab.
struct UpdateProbe {
    private let places: [Int]
    /// Numbers for which one of the sample stands.
    private let weight: Double
    private var before: [Float]

    /// - Parameter limit: numbers of the sample, at most.
    init(_ slab: ParameterSlab, limit: Int = 1 << 15) {
        let count = slab.parameterCount
        var stride = max(1, (count + limit - 1) / limit)
        // Widths of matrices are even: an even stride would look at some columns only.
        if stride.isMultiple(of: 2) { stride += 1 }
        var places: [Int] = []
        var next = 0
        for slot in slab.trainedSlots {
            while next < slot.count {
                places.append(slot.offset + next)
                next += stride
            }
            next -= slot.count
        }
        self.places = places
        weight = places.isEmpty ? 0 : Double(count) / Double(places.count)
        before = Array(repeating: 0, count: places.count)
    }

    /// Notes the numbers as they are before a step.
    mutating func take(_ slab: ParameterSlab) {
        for (index, place) in places.enumerated() { before[index] = slab.values[place] }
    }

    /// How far the step moved them; the slab still has its gradients.
    func signs(_ slab: ParameterSlab, heaviest: StepSigns.Heaviest?) -> StepSigns {
        var (moved, size, expected) = (0.0, 0.0, 0.0)
        for (index, place) in places.enumerated() {
            let value = Double(slab.values[place]), change = value - Double(before[index])
            moved += change * change
            size += value * value
            expected += change * Double(slab.gradients[place])
        }
        return StepSigns(
            heaviest: heaviest, updateRatio: size > 0 ? (moved / size).squareRoot() : nil,
            expectedChange: expected * weight)
    }
}
