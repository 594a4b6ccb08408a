// The recipe as values. Every default stands here and nowhere else; what each key means stands in `RecipeKeys`.

public import Vocabulary

/// What one run does, with every key filled in.
public struct Recipe: Sendable, Equatable {
    /// Names the run directory.
    public var name = "run"
    public var seed = 42
    /// What the model is trained for.
    public var task = TaskKind.generate
    public var model = ModelSection()
    public var data = DataSection()
    public var adapter = AdapterSection()
    public var head = HeadSection()
    public var embed = EmbedSection()
    public var train = TrainSection()
    /// Keys of which `lathe sweep` tries several values.
    public var sweep: [SweptKey] = []
    public var search = SearchSection()
    public var evaluate = EvaluateSection()
    public var distill = DistillSection()
    public var merge = MergeSection()
    public var export: [ExportEntry] = []

    /// Key paths that the file or an override set, in order of their place in the recipe; all others hold their default.
    public internal(set) var setKeys: Set<String> = []
    /// Those of `setKeys` that an override set.
    public internal(set) var overriddenKeys: Set<String> = []
    /// Keys of a recipe file that would do nothing beside what else it says: whoever is to follow the recipe refuses them.
    public internal(set) var idleKeys: [RecipeDiagnostic] = []
    /// Where each of `setKeys` was given.
    var givenPlaces: [String: RecipePlace] = [:]
    /// Keys of other tools that were understood, and what was made of them.
    public internal(set) var notices: [RecipeDiagnostic] = []

    public init() {}

    /// Whether the file or an override gave this key, as "train.max_steps", or anything inside this section.
    public func isSet(_ path: String) -> Bool {
        setKeys.contains(path) || setKeys.contains { $0.hasPrefix(path + ".") }
    }
}

/// The base model.
public struct ModelSection: Sendable, Equatable {
    /// A Hugging Face directory or a GGUF file. Empty only where a verb takes the model from its command line.
    public var path = ""
    public var precision = Precision.auto

    public init() {}
}

/// How products are computed.
public enum Precision: String, Sendable, CaseIterable { case auto, bf16, fp32 }

/// The rows: where they are, what form they have, how they become tokens.
public struct DataSection: Sendable, Equatable {
    public var train: [String] = []
    public var heldOut: [String] = []
    /// Below 1 a share of the rows, from 1 on a number of rows; 0: none.
    public var valSize = 0.0
    public var format = RowFormat.auto
    /// Field of Lathe → column of the file.
    public var columns: [String: String] = [:]
    /// The label set of classification rows; empty: the labels that stand in the training rows.
    public var labels: [String] = []
    /// A template, or the path of a file that holds one; `nil`: the tokenizer's own.
    public var chatTemplate: String?
    /// What a template that asks for today's date is told.
    public var templateDate = "2025-01-01"
    public var maxLength = 512
    public var tooLong = TooLongRule.error
    public var trainOnPrompt = false
    public var trainOn = TrainedTurns.assistant
    /// Field of Lathe → template that builds it from the file's fields.
    public var template: [String: String] = [:]
    /// Label of the file → word that the model answers.
    public var labelWords: [String: String] = [:]
    /// Role of the file → role that chat templates know.
    public var roles: [String: TurnRole] = [:]
    /// Roles of messages that name none, in turn.
    public var turnRoles: [TurnRole] = []
    /// How prompt/completion, Alpaca and classification rows become text.
    public var promptStyle = PromptStyle.auto
    /// The system message of rows that have none; `nil`: the template's own, where it has one.
    public var system: String?
    /// How files are read.
    public var input = DataInput()
    public var shuffle = true
    /// What is done to the rows before they become tokens, in order.
    public var steps: [DataStep] = []
    public var split = SplitSection()
    public var leakage = LeakageRule.report

    public init() {}
}

/// The adapter.
public struct AdapterSection: Sendable, Equatable {
    public var method = AdapterMethodKind.lora
    public var r = 16
    public var alpha = 32.0
    public var dropout = 0.0
    public var targetModules = TargetModules.usual
    public var useRSLoRA = false
    /// Ranks of modules by pattern, in the recipe's order: the first that matches counts.
    public var rankPattern: [PatternNumber<Int>] = []
    /// Alphas of modules by pattern, in the same way.
    public var alphaPattern: [PatternNumber<Double>] = []
    /// A PEFT directory or a checkpoint whose adapter is trained further.
    public var continueFrom: String?
    /// Numbers of the blocks that get an adapter, counted from 0; `nil`: all.
    public var layers: [Int]?
    /// Ends of the paths of modules that are trained whole beside the factors.
    public var modulesToSave: [String] = []
    /// Biases that are trained beside the factors.
    public var bias = TrainedBiases.none
    /// Tokens whose rows of the embedding are trained, by their ids or by their texts.
    public var trainableTokenIndices: [String] = []
    /// Tokens before each text that are trained, and nothing else; 0: none.
    public var numVirtualTokens = 0
    /// Whether their keys and values are trained, and not their rows of the embedding.
    public var prefixTuning = false
    /// The text whose tokens they begin as; `nil`: random.
    public var promptTuningInitText: String?
    /// What only some methods read.
    public var settings = AdapterMethodSettings()
    /// How the factors begin.
    public var start = AdapterStartSection()

    public init() {}
}

/// A number for the modules that a pattern means.
public struct PatternNumber<Value: Sendable & Equatable>: Sendable, Equatable {
    public var pattern: String
    public var value: Value

    public init(pattern: String, value: Value) {
        self.pattern = pattern
        self.value = value
    }
}

/// Which linear layers get an adapter.
public enum TargetModules: Sendable, Equatable {
    /// What the method takes: all linear layers, with `ia3` those that PEFT takes in the model's family.
    case usual
    case allLinear
    /// Module names, glob patterns or regular expressions.
    case patterns([String])
}

/// The optimiser's work.
public struct TrainSection: Sendable, Equatable {
    public var epochs = 1.0
    /// Takes the place of `epochs` where it is given.
    public var maxSteps: Int?
    /// Examples in one optimiser step.
    public var batchSize = 8
    public var objective = ObjectiveKind.crossEntropy
    /// What is learnt from preferences, and how.
    public var preferences = PreferenceSettings()
    /// What is learnt from answers of the model's own, and how.
    public var policy = PolicySettings()
    /// `nil`: chosen from the machine's memory.
    public var memoryLimitBytes: Int?
    public var optimizer = OptimiserKind.adamw
    public var learningRate = 2e-4
    public var lrScheduler = ScheduleShape.cosine
    /// What forms it, beside its peak and its warm-up.
    public var schedule = ScheduleSection()
    public var warmupRatio = 0.03
    /// Takes the place of `warmup_ratio` where it is given.
    public var warmupSteps: Int?
    public var weightDecay = 0.0
    public var adamBeta1 = 0.9
    public var adamBeta2 = 0.999
    public var adamEpsilon = 1e-8
    public var adafactorScaleParameter = false
    /// Matrices with a rate or a decay of their own: the first entry that means one counts.
    public var parameterGroups: [ParameterGroupEntry] = []
    /// How much larger the rate of B is than that of A; `nil`: it is not.
    public var loraPlusRatio: Double?
    /// The decay where there is such a ratio; `nil`: `weight_decay`.
    public var loraPlusDecay: Double?
    /// 0: no noise.
    public var neftuneNoiseAlpha = 0.0
    /// `nil`: no mean of the steps is kept.
    public var emaDecay: Double?
    public var muonMomentum = 0.95
    public var muonNesterov = true
    public var muonSteps = 5
    public var muonAdjustment = MuonAdjustment.matchAdamW
    /// 0: no clipping.
    public var maxGradNorm = 1.0
    /// Steps between evaluations; 0: at the end only.
    public var evalEvery = 0
    /// Steps between checkpoints; 0: at the end only.
    public var saveEvery = 0
    public var keepLast = 2
    public var saveBest = true
    /// Evaluations without a better held-out loss after which training stops; 0: never.
    public var earlyStoppingPatience = 0
    public var recompute = Recompute.auto
    /// `nil`: as many as the machine has cores.
    public var threads: Int?
    public var logEvery = 1

    public init() {}
}

/// Whether a block's activations are computed again in the backward pass instead of kept.
public enum Recompute: String, Sendable, CaseIterable {
    case auto
    case on = "true"
    case off = "false"
}

/// One thing to write at the end of a run.
public struct ExportEntry: Sendable, Equatable {
    public var format = ExportFormat.peft
    public var what = ExportContent.auto
    /// `nil`: in `export` in the run directory, named as the format.
    public var path: String?
    public var type = WeightType.auto
    /// Whether a model in which little of the fine-tune is left is written all the same.
    public var allowNearNoOp = false
    /// The type of the matrices that the adapter changes, where it is finer.
    public var touchedType = WeightType.auto
    /// Matrices get finer types as long as the file is no larger.
    public var targetBytes: SizeWish?
    /// Matrices get finer types until the held-out loss is no higher.
    public var targetLoss: Double?
    /// What says how much each column counts where weights are rounded to blocks: "train", "none", a file of rows, or an
    /// importance matrix.
    public var calibrate = "train"
    /// The most tokens of rows that are looked at for it.
    public var calibrateTokens = 65_536
    public var rounding = Rounding.nearest
    /// The most bytes of weights in one GGUF file of a folder of them; nil: one file.
    public var splitMaxSize: Int?

    public init() {}
}
