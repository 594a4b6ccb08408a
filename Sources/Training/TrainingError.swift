// The one error of this module: facts, not sentences.

public import Vocabulary

/// Why a run cannot start or go on.
public enum TrainingError: ClassifiedError, Equatable {
    case noExamples
    case exampleWithoutTargets(place: String)
    case exampleWithoutTokens(place: String)
    /// Example losses of a step are not finite; nothing was updated.
    case nonFiniteLoss(step: Int, examples: [String])
    /// The gradient of a step is not finite; nothing was updated.
    case nonFiniteGradient(step: Int, tensor: String, examples: [String])
    case nonFiniteEvaluation(step: Int)
    /// The snapshot belongs to another run.
    case otherFingerprint(expected: String, found: String)
    /// The snapshot's trainable matrices are not those of this run.
    case otherParameters(expected: [String], found: [String])
    /// The snapshot's numbers contradict each other or this run.
    case damagedSnapshot(reason: String)
}

extension TrainingError {
    public var kind: FailureKind {
        switch self {
        case .nonFiniteLoss, .nonFiniteGradient, .nonFiniteEvaluation: .internal
        default: .badInput
        }
    }

    private static let divergence =
        "\nhint: lower train.learning_rate or adapter.alpha, or lengthen train.warmup_steps"

    public var description: String {
        switch self {
        case .noExamples: "there are no training examples"
        case .exampleWithoutTargets(let place): "\(place): no token of the example carries loss"
        case .exampleWithoutTokens(let place): "\(place): the example has no tokens"
        case .nonFiniteLoss(let step, let examples):
            "step \(step): the loss is not finite for \(examples.joined(separator: ", "))" + Self.divergence
        case .nonFiniteGradient(let step, let tensor, let examples):
            "step \(step): the gradient of \(tensor) is not finite; examples \(examples.joined(separator: ", "))"
                + Self.divergence
        case .nonFiniteEvaluation(let step):
            "after step \(step): the held-out loss is not finite" + Self.divergence
        case .otherFingerprint(let expected, let found):
            "the snapshot belongs to another run: fingerprint \(found) instead of \(expected)"
        case .otherParameters(let expected, let found):
            "the snapshot holds other parameters: expected \(expected.joined(separator: ", ")), "
                + "found \(found.joined(separator: ", "))"
        case .damagedSnapshot(let reason): "the snapshot cannot be used: \(reason)"
        }
    }
}
