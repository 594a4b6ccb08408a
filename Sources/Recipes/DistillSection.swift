// What is distilled. Every default stands here; what each key means stands in `DistillKeys`.

/// The teacher, what is kept of it, and how the student learns from it.
public struct DistillSection: Sendable, Equatable {
    /// A model, or the address of one; `nil`: the student's own base, where an adapter or a context makes a teacher of it.
    public var teacher: String?
    public var teacherAdapter: String?
    public var source = DistillSource.capture
    /// The file of what the teacher says; `nil`: `capture.h5` in the run directory.
    public var path: String?
    /// What the teacher reads before each row and the student does not: texts, or files that hold one.
    public var context: [String] = []
    public var keep = KeptDistribution.sampled
    /// Of `keep: sampled`: about how many tokens that differ are kept of each distribution.
    public var tokens = 12
    /// Of `keep: top_k`: how many tokens are kept of each distribution.
    public var k = 64
    public var loss = DivergenceKind.forwardKL
    /// Of `jsd`: the teacher's share in the mixture.
    public var beta = 0.5
    /// Of `skew_kl`: the teacher's share in the student's mixture.
    public var alpha = 0.1
    public var temperature = 1.0
    /// The share of the labels' own loss.
    public var crossEntropy = 0.0
    /// What the distance of hidden states from the teacher's counts beside that of predictions; 0: they are not looked at.
    public var hidden = 0.0
    /// Of `hidden`: the numbers of the student's blocks, each with that of the teacher's that it is held against; empty: at even depths.
    public var hiddenLayers: [String: Int] = [:]
    /// Whether the same student is trained on labels alone, to be compared.
    public var compare = false
    /// By how much a metric of generated text may fall below the undistilled student's or the teacher's before the student is not
    /// called good.
    public var margin = 0.02
    /// Answers that teacher or student write.
    public var writing = WritingSection()

    public init() {}

    /// Whether there is a teacher.
    public var isAsked: Bool { teacher != nil || teacherAdapter != nil || !context.isEmpty || source == .context }

    /// Whether the rows to train on are written to prompts of their own.
    public var bringsPrompts: Bool { writesRows && !writing.prompts.isEmpty }

    /// Whether the student writes a part of the rows that it is taught on.
    public var isOnPolicy: Bool { isAsked && source == .onPolicy }

    /// Whether a teacher writes the rows to train on.
    public var writesRows: Bool { isAsked && source == .sequence }

    /// Whether the teacher is one behind an address, which writes answers and nothing else.
    public var isRemote: Bool {
        teacher.map { $0.lowercased().hasPrefix("http://") || $0.lowercased().hasPrefix("https://") } ?? false
    }
}

/// Where the student finds what the teacher says.
public enum DistillSource: String, Sendable, CaseIterable {
    /// In a file that is written once.
    case capture
    /// From the teacher, beside the student, at each step.
    case online
    /// The same, on rows that the student writes.
    case onPolicy = "on_policy"
    /// In answers that the teacher writes.
    case sequence
    /// In a file that is written once, by a teacher that reads a context which the student never sees.
    case context

    /// Whether the teacher itself is there at each step.
    public var isBeside: Bool { self == .online || self == .onPolicy }
    /// Whether there is a file of distributions.
    public var isCaptured: Bool { self == .capture || self == .context }
    /// Whether the student learns from distributions, not from answers alone.
    public var hasDistributions: Bool { self != .sequence }
}

/// What a capture keeps of a distribution.
public enum KeptDistribution: String, Sendable, CaseIterable {
    /// Tokens drawn from it: an unbiased estimate.
    case sampled
    /// Its most likely tokens, and what the rest comes to.
    case topK = "top_k"
}

/// How far the student is from the teacher.
public enum DivergenceKind: String, Sendable, CaseIterable {
    case forwardKL = "forward_kl"
    case reverseKL = "reverse_kl"
    case jensenShannon = "jsd"
    case skewedKL = "skew_kl"
}
