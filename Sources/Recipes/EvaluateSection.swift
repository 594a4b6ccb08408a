// How base and adapter are compared, as values. Every default stands here; what each key means stands in `EvaluateKeys`.

/// How base and adapter are compared.
public struct EvaluateSection: Sendable, Equatable {
    public var enabled = true
    /// Beyond loss, perplexity and token accuracy, which are always there.
    public var metrics: [EvaluationMetric] = []
    public var maxNewTokens = 128
    public var bootstrapSamples = 1000
    /// Held-out rows beside those of `data.held_out`, each set measured by itself, in the recipe's order.
    public var heldOut: [HeldOutFiles] = []
    /// The name of the set among them that shows whether the model forgot what it was not trained on.
    public var general = "general"
    /// Fields of the rows by whose values the metrics are told too.
    public var slices: [String] = []
    /// The field whose equal values say that rows belong together; `nil`: each row stands alone.
    public var clusterBy: String?
    /// An adapter with the head of a reward model, which says how good generated answers are; `nil`: none does.
    public var rewardModel: String?
    /// How many rows a model is shown with their answers before it is asked one of the held-out rows.
    public var fewShot = 0
    /// The file whose first rows these are.
    public var fewShotFrom: String?

    public init() {}
}

extension Recipe {
    /// The set that shows what was forgotten; `nil` where there is none, or where the model writes no text.
    public var generalSet: HeldOutFiles? {
        task.hasHead ? nil : evaluate.heldOut.first { $0.name == evaluate.general }
    }
}

extension Recipe {
    /// The metrics of generated answers that are asked for: the rewards too, where the model learns from them, and what a reward
    /// model says, where one is named.
    public var metricsOfAnswers: [EvaluationMetric] {
        EvaluationMetric.allCases.filter { metric in
            metric.isOfAnswers
                && (evaluate.metrics.contains(metric) || (metric == .reward && train.objective.writesAnswers)
                    || (metric == .rewardModel && evaluate.rewardModel != nil))
        }
    }
}

/// A set of held-out rows by its name.
public struct HeldOutFiles: Sendable, Equatable {
    public var name: String
    public var files: [String]

    public init(name: String, files: [String]) {
        self.name = name
        self.files = files
    }
}

/// What held-out rows are measured by.
public enum EvaluationMetric: String, Sendable, CaseIterable {
    case accuracy
    case macroF1 = "macro_f1"
    case weightedF1 = "weighted_f1"
    case calibrationError = "ece"
    case exactMatch = "exact_match"
    case rouge1 = "rouge_1"
    case rouge2 = "rouge_2"
    case rougeL = "rouge_l"
    case rougeLsum = "rouge_lsum"
    case bleu
    case chrF = "chrf"
    case chrFPlusPlus = "chrf_pp"
    /// What train.rewards say of the answer.
    case reward
    /// What the head of a reward model says of the answer.
    case rewardModel = "reward_model"

    /// As the libraries write it that people know.
    static let otherSpellings: [String: EvaluationMetric] = [
        "rouge1": .rouge1, "rouge2": .rouge2, "rougeL": .rougeL, "rougeLsum": .rougeLsum, "chrf++": .chrFPlusPlus,
    ]

    /// Whether it compares the likeliest label with the row's; these come together wherever rows are classified.
    public var isOfLabels: Bool {
        switch self {
        case .accuracy, .macroF1, .weightedF1, .calibrationError: true
        default: false
        }
    }

    /// Whether it compares a generated answer with the row's.
    public var isOfAnswers: Bool { !isOfLabels }

    /// Whether it goes to 100, and not to 1.
    public var isPercentage: Bool {
        switch self {
        case .bleu, .chrF, .chrFPlusPlus: true
        default: false
        }
    }

    /// Whether it counts words, or characters where a script puts no spaces between them.
    public var countsUnits: Bool {
        switch self {
        case .rouge1, .rouge2, .rougeL, .rougeLsum, .bleu: true
        default: false
        }
    }
}
