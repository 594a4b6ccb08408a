// Triplets (Hermans et al., "In Defense of the Triplet Loss for Person Re-Identification", 2017): a text that belongs to another is to be
// nearer to it than one that does not, by a margin:
//
//     L = max(d(a, p) − d(a, n) + m, 0),      d(x, y) = ‖x − y‖ or 1 − cos(x, y)

public import Datasets

/// Learns from texts that are to be near and far. Of several negatives in a row, the mean.
public struct TripletLoss: VectorLoss {
    /// How far vectors are from one another.
    public enum Distance: Sendable { case euclidean, cosine }

    public let need = TextNeed.negatives
    /// The share of triplets whose right text is the nearer one.
    public let measures = [
        Measure("triplet_accuracy", isToldInSteps: true) {
            $0.names.contains("triplet_accuracy") ? $0.mean("triplet_accuracy") : nil
        }
    ]
    public let margin: Double
    public let distance: Distance

    public init(margin: Double = 5, distance: Distance = .euclidean) {
        self.margin = margin
        self.distance = distance
    }

    public func losses(_ vectors: TextVectors, scale: Double, gradients: inout [Float]?) -> [NamedSums] {
        // A cosine's slope is that of vectors of length 1.
        let unit = distance == .cosine ? UnitVectors(vectors.values, width: vectors.width) : nil
        let values = unit?.values ?? vectors.values
        var slopes: [Float]? = gradients == nil ? nil : Array(repeating: 0, count: values.count)
        let units = zip(vectors.firstTexts, vectors.textCounts).map { first, count in
            let negatives = first + 2..<first + count
            precondition(!negatives.isEmpty, "a triplet lacks its negative")
            var (loss, right) = (0.0, 0.0)
            let near = apart(values, first, first + 1, vectors.width)
            for negative in negatives {
                let far = apart(values, first, negative, vectors.width)
                if near < far { right += 1 }
                guard near - far + margin > 0 else { continue }
                loss += near - far + margin
                let weight = scale / Double(negatives.count)
                addSlope(weight, values, first, first + 1, near, vectors.width, to: &slopes)
                addSlope(-weight, values, first, negative, far, vectors.width, to: &slopes)
            }
            let share = 1 / Double(negatives.count)
            return NamedSums(loss: loss * share, weight: 1, ["triplet_accuracy": right * share])
        }
        if let slopes {
            let part = unit?.backward(slopes) ?? slopes
            for place in part.indices { gradients?[place] += part[place] }
        }
        return units
    }

    private func apart(_ values: [Float], _ x: Int, _ y: Int, _ width: Int) -> Double {
        var sum = 0.0
        for place in 0..<width {
            let (a, b) = (Double(values[x * width + place]), Double(values[y * width + place]))
            sum += distance == .cosine ? a * b : (a - b) * (a - b)
        }
        return distance == .cosine ? 1 - sum : sum.squareRoot()
    }

    /// Adds `weight` · ∂d(x, y); of equal vectors, whose distance has no slope, nothing.
    private func addSlope(
        _ weight: Double, _ values: [Float], _ x: Int, _ y: Int, _ apart: Double, _ width: Int,
        to slopes: inout [Float]?
    ) {
        guard slopes != nil, distance == .cosine || apart > 0 else { return }
        for place in 0..<width {
            let (a, b) = (Double(values[x * width + place]), Double(values[y * width + place]))
            let (da, db) = distance == .cosine ? (-b, -a) : ((a - b) / apart, (b - a) / apart)
            slopes?[x * width + place] += Float(weight * da)
            slopes?[y * width + place] += Float(weight * db)
        }
    }
}
