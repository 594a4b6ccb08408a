public import Vocabulary

/// Why a teacher cannot be learnt from.
public enum DistillationError: ClassifiedError, Equatable {
    /// A divergence that is no mean over the teacher's probabilities, and only samples of these.
    case needsWholeDistribution

    public var kind: FailureKind { .badInput }

    public var description: String {
        switch self {
        case .needsWholeDistribution:
            "from samples of the teacher's predictions only loss: forward_kl can be learnt"
                + "\nhint: with distill.keep: top_k or distill.source: online every loss can"
        }
    }
}
