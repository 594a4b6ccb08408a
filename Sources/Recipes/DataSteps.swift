// The steps of `data.steps`, the split and the leakage rule as values. Every default stands here and nowhere else; what each
// key means stands in `DataStepKeys`.

/// One step of data preparation.
public enum DataStep: Sendable, Equatable {
    case review(ReviewStep)
    case normalise(NormaliseStep)
    case filter(FilterStep)
    case deduplicate(DeduplicateStep)
    case mask(MaskStep)
    case balance(BalanceStep)
    case sample(SampleStep)
    case augment(AugmentStep)
    case map(MapStep)
    case select(SelectStep)
    case rank(RankStep)
}

extension DataStep {
    /// Whether the step works on training rows alone, so that rows are held out before it.
    public var isForTraining: Bool {
        switch self {
        case .balance, .augment, .select, .rank: true
        case .review, .normalise, .filter, .deduplicate, .mask, .sample, .map: false
        }
    }

    /// Whether the step leaves out what a person has marked.
    var isReview: Bool { if case .review = self { true } else { false } }

    /// Whether the step asks the model.
    public var asksModel: Bool {
        switch self {
        case .select, .rank: true
        default: false
        }
    }
}

/// Leaves out what a person has marked as wrong.
public struct ReviewStep: Sendable, Equatable {
    /// Files of marks, as `lathe studio` writes them.
    public var marks: [String] = []

    public init() {}
}

/// Makes different ways of writing the same text one.
public struct NormaliseStep: Sendable, Equatable {
    /// Paths of the fields; empty: every text of the row.
    public var fields: [String] = []
    public var unicode = UnicodeRule.nfc
    public var whitespace = WhitespaceRule.collapse
    public var html = true
    public var fullWidth = FullWidthRule.letters
    public var letterCase = LetterCaseRule.keep

    public init() {}
}

/// `lower`: no capitals, where they would give an answer away.
public enum LetterCaseRule: String, Sendable, CaseIterable { case keep, lower }

/// `nfc`: canonical composition.
public enum UnicodeRule: String, Sendable, CaseIterable { case nfc, keep }

/// `unify`: one kind of space, one kind of line end, none at the ends; `collapse`: runs of them too.
public enum WhitespaceRule: String, Sendable, CaseIterable { case collapse, unify, keep }

/// Which full-width forms become ASCII: letters, digits and signs within words; all; none.
public enum FullWidthRule: String, Sendable, CaseIterable { case letters, all, keep }

/// Keeps rows that lie within every bound given.
public struct FilterStep: Sendable, Equatable {
    /// Paths of the fields whose text is judged; empty: what the format reads.
    public var fields: [String] = []
    public var minCharacters: Int?
    public var maxCharacters: Int?
    public var minWords: Int?
    public var maxWords: Int?
    public var minTokens: Int?
    public var maxTokens: Int?
    /// Script → share of the letters.
    public var minScript: [String: Double] = [:]
    public var maxScript: [String: Double] = [:]
    public var minAlphanumeric: Double?
    public var maxAlphanumeric: Double?
    public var ngramWords = 5
    public var maxWordRepetition: Double?
    public var ngramCharacters = 10
    public var maxCharacterRepetition: Double?
    public var maxLineRepetition: Double?
    public var maxTopNgram: Double?
    public var matches: String?
    public var excludes: String?
    /// Field → values of which it must have one.
    public var whereField: [String: [String]] = [:]
    /// Field → values of which it must have none.
    public var whereNot: [String: [String]] = [:]
    public var minValue: [String: Double] = [:]
    public var maxValue: [String: Double] = [:]

    public init() {}
}

/// Keeps the first of rows that say the same.
public struct DeduplicateStep: Sendable, Equatable {
    public var by = DuplicateRule.exact
    /// Paths of the fields compared; empty: what the format reads.
    public var fields: [String] = []
    /// Jaccard similarity from which two rows are near-duplicates.
    public var threshold = 0.8
    /// Words in one shingle.
    public var shingleWords = 1
    /// Characters in one shingle of Chinese or Japanese text.
    public var shingleCharacters = 2

    public init() {}
}

/// What makes two rows duplicates.
public enum DuplicateRule: String, Sendable, CaseIterable { case exact, normalised, near }

/// Takes personal data out.
public struct MaskStep: Sendable, Equatable {
    /// Paths of the fields; empty: every text of the row.
    public var fields: [String] = []
    public var kinds: [PersonalDataKind] = PersonalDataKind.usual
    public var replaceWith = MaskReplacement.placeholder
    /// The environment variable that holds the key of pseudonyms. The key itself never stands in a recipe, a run directory or a
    /// report.
    public var keyFrom: String?

    public init() {}
}

/// Kinds of personal data: those that texts can hold of the eighteen that US health law lists (45 CFR 164.514), fax numbers among
/// telephone numbers, and some that it does not name.
public enum PersonalDataKind: String, Sendable, CaseIterable, Codable {
    case email, phone, card, iban, ssn, nhs
    case chineseID = "chinese_id"
    case ip
    case urlCredentials = "url_credentials"
    case birthDate = "birth_date"
    case recordNumber = "record_number"
    case name
    /// A street with its number, and the place after it.
    case address
    case postcode
    /// A day of a visit, a stay, an operation, a death.
    case date
    /// An age over 89.
    case age
    case passport
    case healthPlan = "health_plan"
    /// Numbers of accounts that are no IBAN.
    case account
    /// Driving, professional and other licences and certificates.
    case licence
    case vehicle, device
    /// Web addresses.
    case url

    /// What is masked where a recipe names no kinds: all but web addresses, which are mostly nobody's.
    public static let usual = allCases.filter { $0 != .url }
}

public enum MaskReplacement: String, Sendable, CaseIterable { case placeholder, pseudonym }

/// Evens out how often each class stands among the training rows.
public struct BalanceStep: Sendable, Equatable {
    public var by = "label"
    public var method = BalanceRule.undersample
    /// Rows of a class at most; `nil`: as many as the rarest (undersample) or the commonest (oversample) has.
    public var perClass: Int?

    public init() {}
}

public enum BalanceRule: String, Sendable, CaseIterable { case undersample, oversample }

/// Keeps a seeded sample.
public struct SampleStep: Sendable, Equatable {
    /// Up to 1 a share of the rows, above a number of rows.
    public var size = 1.0

    public init() {}
}

/// Adds changed copies of training rows.
public struct AugmentStep: Sendable, Equatable {
    public var fields: [String] = ["text"]
    public var copies = 1
    /// Share of the words left out of a copy.
    public var drop = 0.0
    /// Share of the words that change places with the next.
    public var swap = 0.0
    /// Share of the words that have synonyms replaced by one.
    public var replace = 0.0
    /// Word → words that can stand for it.
    public var synonyms: [String: [String]] = [:]

    public init() {}
}

/// Builds fields from templates.
public struct MapStep: Sendable, Equatable {
    /// Field → template, `{name}` standing for a field of the row.
    public var fields: [String: String] = [:]
    /// Whether the fields that no template builds stay.
    public var keep = true

    public init() {}
}

/// Keeps the training rows that would teach what a few target rows show.
public struct SelectStep: Sendable, Equatable {
    /// Files of target rows, each a group of its own.
    public var targets: [String] = []
    /// Up to 1 a share of the rows, above a number of rows.
    public var size = 0.2
    public var across = GroupRule.max
    /// Where the gradients are taken: an adapter on disk; `nil`: one that is trained briefly on the rows.
    public var adapter: String?
    /// Steps of that brief training.
    public var warmupSteps = 32
    /// Numbers that a row's gradient is projected to.
    public var projection = 4096

    public init() {}
}

/// What a row's likeness to several groups of target rows comes to: that of the nearest group, or the mean.
public enum GroupRule: String, Sendable, CaseIterable { case max, mean }

/// Lists the training rows by how likely their answers are wrong.
public struct RankStep: Sendable, Equatable {
    public var by = RankRule.auto
    /// An adapter on disk that judges; `nil`: each row is judged by an adapter that was trained on others.
    public var adapter: String?
    /// Parts into which rows are cut for that.
    public var folds = 4
    /// Passes over the other parts that such an adapter is trained for; `nil`: none where labels are asked, which the base's own states
    /// tell, and `usualEpochs` for others.
    public var epochs: Double?
    public static let usualEpochs = 1.0
    /// Share of the rows that is left out, the worst first.
    public var dropShare = 0.0

    public init() {}

    /// Whether it asks what label a row should have, where rows have labels.
    public var asksLabels: Bool { by == .auto || by == .label }
    /// Whether no adapter judges rows with labels.
    public var readsStates: Bool { asksLabels && adapter == nil && epochs == nil }
}

/// `label`: how much likelier another label is; `loss`: the answer's loss a token under the adapter; `change`: the share of the base's
/// loss that the adapter leaves; `auto`: `label` where rows have labels, else `change`.
public enum RankRule: String, Sendable, CaseIterable { case auto, label, loss, change }

/// How rows are held out of the training files.
public struct SplitSection: Sendable, Equatable {
    public var by = SplitRule.prompt
    /// Rows of one value of this field are never split.
    public var groupBy: String?
    /// Rows are held out from the end of this field's order.
    public var timeField: String?
    /// Each value of this field gives its share to the held-out rows.
    public var stratifyBy: String?
    /// Near-duplicates stand on one side.
    public var nearTogether = true

    public init() {}
}

/// `prompt`: rows that ask the same stay together; `row`: each row for itself.
public enum SplitRule: String, Sendable, CaseIterable { case prompt, row }

/// What happens to training rows that stand among the held-out ones too.
public enum LeakageRule: String, Sendable, CaseIterable { case error, drop, report }
