// What a recipe's model learns where it makes vectors of texts.

public import Models
public import Recipes

extension Recipe {
    /// Held-out rows whose loss is of one another, whatever the steps of training are: so that models are scored alike.
    public static let heldOutStep = 64

    /// What the model learns, where the task is to make vectors.
    public var learntOfVectors: EmbeddingObjective {
        EmbeddingObjective(
            embed.loss, pooling: embed.pooling.pooling ?? .mean, isNormalized: embed.normalize != .no,
            sizes: embed.dimensions, heldOutRows: Self.heldOutStep)
    }
}

extension EmbedSection {
    /// What it learns of vectors.
    public var loss: any VectorLoss {
        let pairs = InBatchNegatives(scale: scale, skipsDuplicates: skipDuplicates)
        switch objective {
        case .auto: return LossOfRows(pairs: pairs, scoredPairs: CoSENT(scale: scale))
        case .inBatchNegatives: return pairs
        case .triplet: return TripletLoss(margin: margin, distance: distance == .cosine ? .cosine : .euclidean)
        case .cosine: return CosineLoss()
        case .cosent: return CoSENT(scale: scale)
        }
    }
}

extension EmbedPooling {
    /// nil where the model's folder is to say it.
    public var pooling: Pooling? {
        switch self {
        case .auto: nil
        case .mean: .mean
        case .cls: .first
        case .last: .last
        }
    }

    public init(_ pooling: Pooling) {
        switch pooling {
        case .mean: self = .mean
        case .first: self = .cls
        case .last: self = .last
        }
    }
}
