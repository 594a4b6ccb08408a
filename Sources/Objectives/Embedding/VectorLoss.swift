// What is learnt of the vectors of a whole step: each loss says what it costs, and the slope at every number.

public import Datasets

/// A loss over the vectors of a step's texts.
public protocol VectorLoss: Sendable {
    /// What it needs of each row.
    var need: TextNeed { get }
    /// What its sums come to, beside the loss.
    var measures: [Measure] { get }
    /// What each row counts; the gradient of Σ loss · `scale` is added to `gradients` `[T, d]`, where there are any.
    func losses(_ vectors: TextVectors, scale: Double, gradients: inout [Float]?) -> [NamedSums]
}

/// The loss that rows ask for: of scored pairs their order, of others which texts belong together.
public struct LossOfRows: VectorLoss {
    public let need = TextNeed.any
    public let pairs: InBatchNegatives
    public let scoredPairs: CoSENT

    public init(pairs: InBatchNegatives, scoredPairs: CoSENT) {
        self.pairs = pairs
        self.scoredPairs = scoredPairs
    }

    public var measures: [Measure] { pairs.measures + scoredPairs.measures }

    public func losses(_ vectors: TextVectors, scale: Double, gradients: inout [Float]?) -> [NamedSums] {
        let loss: any VectorLoss = vectors.scores == nil ? pairs : scoredPairs
        return loss.losses(vectors, scale: scale, gradients: &gradients)
    }
}

/// Pairs of vectors as cosines, and the way back from there.
struct PairCosines {
    private let first: UnitVectors
    private let second: UnitVectors
    private let firstTexts: [Int]
    let values: [Double]

    /// Of the first two texts of each row.
    init(_ vectors: TextVectors) {
        firstTexts = vectors.firstTexts
        first = UnitVectors(vectors.gathered(firstTexts), width: vectors.width)
        second = UnitVectors(vectors.gathered(firstTexts.map { $0 + 1 }), width: vectors.width)
        let width = vectors.width, u = first.values, v = second.values
        values = firstTexts.indices.map { row in
            (row * width..<(row + 1) * width).reduce(0) { $0 + Double(u[$1]) * Double(v[$1]) }
        }
    }

    /// Adds what follows from `slopes`, one a row.
    func addGradient(_ slopes: [Double], to gradients: inout [Float]) {
        let width = first.width
        func spread(_ other: UnitVectors) -> [Float] {
            other.values.enumerated().map { Float(slopes[$0.offset / width]) * $0.element }
        }
        for (unit, gradient, offset) in [(first, spread(second), 0), (second, spread(first), 1)] {
            let own = unit.backward(gradient)
            for (row, text) in firstTexts.enumerated() {
                for place in 0..<width { gradients[(text + offset) * width + place] += own[row * width + place] }
            }
        }
    }
}
