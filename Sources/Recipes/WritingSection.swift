// What a model writes for a student to learn from. Every default stands here; what each key means stands in `WritingKeys`.

/// Answers that the teacher writes (`source: sequence`), or the student itself (`source: on_policy`). The keys stand in `distill`.
public struct WritingSection: Sendable, Equatable {
    /// Files of prompts; empty: those of the training rows.
    public var prompts: [String] = []
    /// New prompts that the teacher writes after the pattern of the given ones.
    public var variations = 0
    /// Answers to each prompt.
    public var samples = 1
    public var maxNewTokens = 256
    /// 0: the most likely token, always.
    public var samplingTemperature = 0.7
    public var topP = 0.95
    /// Which of a prompt's answers become rows.
    public var agreement = AgreementRule.none
    /// What an answer must be like to become a row: judged by its `prompt`, `completion`, `tokens`, `logprob` and `agreement`.
    public var filters = [DataStep.filter(usualBounds), .deduplicate(usualDistance)]
    /// How much a reason counts beside a label or answer; 0: none is written.
    public var rationale = 0.0
    /// What stands before a prompt that asks for the answer, where there are reasons.
    public var labelPrefix = ""
    /// What stands before a prompt that asks for the reason.
    public var rationalePrefix = "Explain: "
    /// The share of rows that the student writes itself.
    public var onPolicyShare = 0.5
    public var remote = RemoteTeacher()

    public init() {}

    /// An answer says something, and does not go round in circles.
    private static var usualBounds: FilterStep {
        var step = FilterStep()
        step.fields = ["completion"]
        step.minCharacters = 1
        step.maxWordRepetition = 0.5
        step.maxTopNgram = 0.4
        return step
    }

    /// No row says nearly what an earlier one said.
    private static var usualDistance: DeduplicateStep {
        var step = DeduplicateStep()
        step.by = .near
        step.fields = ["prompt", "completion"]
        return step
    }
}

/// Which of a prompt's answers become rows.
public enum AgreementRule: String, Sendable, CaseIterable {
    /// All of them.
    case none
    /// One: the answer that most of them give.
    case exact
    /// One: the answer that is most like the others, by ROUGE-L.
    case rougeL = "rouge_l"
}

/// A teacher behind an address, and what may be asked of it.
public struct RemoteTeacher: Sendable, Equatable {
    /// What the server calls the model; `nil`: what it offers first.
    public var model: String?
    /// The environment variable that holds the key; the key itself stands nowhere.
    public var keyFrom: String?
    /// The most requests in all.
    public var maxRequests = 10_000
    /// The most tokens that are written in all; `nil`: as many as the requests come to.
    public var maxTokens: Int?
    /// Seconds that an answer may take.
    public var timeout = 120
    /// How often a request is sent again where the server is busy.
    public var retries = 5

    public init() {}
}
