// Scored pairs in their order (Huang et al., "CoSENT: Consistent Sentence Embedding via Similarity Ranking", 2024): a pair with a higher
// score is to have the higher cosine. One loss of all pairs of a step:
//
//     L = log (1 + Σ exp(s · (cos_i − cos_j))) over all i, j with score_i < score_j

public import Datasets
import Foundation

/// Learns the order of scored pairs. Each row counts the loss of its step.
public struct CoSENT: VectorLoss {
    public let need = TextNeed.scores
    public let measures: [Measure] = []
    /// What cosines are multiplied by.
    public let scale: Double

    public init(scale: Double = 20) { self.scale = scale }

    public func losses(_ vectors: TextVectors, scale weight: Double, gradients: inout [Float]?) -> [NamedSums] {
        let pairs = PairCosines(vectors), scores = vectors.scores ?? []
        let logits = pairs.values.map { scale * $0 }
        var largest = 0.0
        for i in logits.indices {
            for j in logits.indices where scores[i] < scores[j] { largest = max(largest, logits[i] - logits[j]) }
        }
        var sum = exp(-largest)
        var slopes = [Double](repeating: 0, count: logits.count)
        for i in logits.indices {
            for j in logits.indices where scores[i] < scores[j] {
                let part = exp(logits[i] - logits[j] - largest)
                sum += part
                slopes[i] += part
                slopes[j] -= part
            }
        }
        let loss = largest + log(sum)
        if var added = gradients {
            // As many rows count the loss.
            let factor = weight * Double(logits.count) * scale / sum
            pairs.addGradient(slopes.map { $0 * factor }, to: &added)
            gradients = added
        }
        // A cosine that is no number reaches no comparison.
        let isFinite = logits.allSatisfy(\.isFinite)
        return logits.map { _ in NamedSums(loss: isFinite ? loss : .nan, weight: 1) }
    }
}
