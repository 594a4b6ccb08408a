// Scored pairs: the cosine of two texts is to be their score. L = (cos(x, y) − score)².

public import Datasets

/// Learns how near texts are to be, as a number.
public struct CosineLoss: VectorLoss {
    public let need = TextNeed.scores
    public let measures: [Measure] = []

    public init() {}

    public func losses(_ vectors: TextVectors, scale: Double, gradients: inout [Float]?) -> [NamedSums] {
        let pairs = PairCosines(vectors), scores = vectors.scores ?? []
        let distances = zip(pairs.values, scores).map { $0 - $1 }
        if var added = gradients {
            pairs.addGradient(distances.map { 2 * scale * $0 }, to: &added)
            gradients = added
        }
        return distances.map { NamedSums(loss: $0 * $0, weight: 1) }
    }
}
