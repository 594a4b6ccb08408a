// What held-out rows are asked beyond their loss, looked through before anything is trained: which have labels to choose among, which
// have answers to compare, which cannot take part and why.

internal import Adapters
internal import Datasets
internal import Evaluation
internal import Foundation
internal import JSON
internal import Recipes

/// The tasks of held-out rows. What stands here can be done: nothing of it fails after training.
struct HeldOutTasks {
    /// A row whose answer is generated and compared.
    struct Answered {
        let row: Int
        let promptTokens: Int
        let referenceTokens: Int
    }

    /// The label set; empty where rows are not classified.
    private(set) var labels: [String] = []
    /// Numbers of the rows that are classified.
    private(set) var labelled: [Int] = []
    /// Tokens of all their candidates.
    private(set) var candidateTokens = 0
    /// Whether the prompts name the labels, so that a base without an adapter can know them; nil where nothing is classified.
    private(set) var namesLabels: Bool?
    /// Rows whose answers are generated; empty where no such metric is asked for.
    private(set) var answered: [Answered] = []
    /// Metrics of generated answers that are asked for.
    private(set) var generated: [EvaluationMetric]
    /// What says how good answers are; nil where that is not asked.
    private(set) var rewards: RecipeRewards?
    /// The reward model that says how good answers are; nil where none is asked.
    private(set) var judge: RewardModelJudge?
    /// What a person should know, a line each.
    private(set) var notes: [String] = []
    /// What is shown before questions, for a report; nil where nothing is.
    private(set) var shownWords: String?

    private let preparation: RowPreparation
    /// What stands before each question.
    private let shown: [DataRow]
    private let recipe: Recipe
    private let contextLength: Int
    /// Whether a metric that fits no row is an error, and not a note.
    private let isOwn: Bool

    /// Nothing is asked beyond the loss.
    init(nothingOf recipe: Recipe, preparation: RowPreparation) {
        self.recipe = recipe
        self.preparation = preparation
        shown = []
        contextLength = preparation.opened.configuration.contextLength
        isOwn = false
        generated = []
        rewards = nil
    }

    /// - Parameters:
    ///   - head: of the task, as an adapter has it; nil where it is yet to be trained, or the model writes text.
    ///   - ahead: tokens that an adapter has before each text, which take of the model's context.
    ///   - rewards: what says how good answers are; nil where that is not asked.
    ///   - judge: a reward model that says so, too.
    ///   - shown: rows that stand with their answers before each question.
    ///   - isOwn: whether these are the rows that the metrics are asked for; other sets may have no use for some.
    /// - Throws: `Failure` where a metric that the recipe asks for fits no row.
    init(
        _ recipe: Recipe, rows: PreparedDataset, preparation: RowPreparation, head: SavedHead? = nil, ahead: Int = 0,
        rewards: RecipeRewards? = nil, judge: RewardModelJudge? = nil,
        shown: [DataRow] = [], isOwn: Bool = true
    ) throws {
        self.recipe = recipe
        self.isOwn = isOwn
        self.shown = shown
        contextLength = preparation.opened.configuration.contextLength - ahead
        // A label is scored even where it makes a row longer than the rows that are trained on may be.
        self.preparation = preparation.allowing(maxLength: contextLength)
        let ofAnswers = recipe.evaluate.metrics + (recipe.evaluate.rewardModel == nil ? [] : [.rewardModel])
        if recipe.train.objective.comparesAnswers, let metric = ofAnswers.first {
            throw Failure(
                .badInput,
                "evaluate.metrics: \(metric.rawValue): rows of data.format preference have no one answer to compare with",
                hint:
                    "leave it out: train.objective \(recipe.train.objective.rawValue) tells rewards and their accuracy")
        }
        generated = recipe.metricsOfAnswers.filter {
            ($0 != .reward || rewards != nil) && ($0 != .rewardModel || judge != nil)
        }
        self.rewards = rewards
        self.judge = judge
        try checkRewards(rows)
        if rows.report.rows < 2 {
            notes.append("one held-out row allows no interval, so there will be no verdict")
        }
        if isOwn, recipe.task.hasHead, !Self.baseAnswers(recipe, preparation, head) {
            notes.append(
                "base has no head for task \(recipe.task.rawValue): in its place stands "
                    + (head?.knowsShares ?? true
                        ? "what is known without reading a text, "
                            + (recipe.learnsRewards
                                ? "0 for all answers"
                                : recipe.task == .regress
                                    ? "the mean of the training rows" : "how often each label is in the training rows")
                        : (recipe.task == .regress ? "0 for all rows" : "the same likelihood of all labels")
                            + ", as nothing is noted of the rows that the adapter was trained on"))
        }
        let isAsked = recipe.evaluate.metrics.contains(where: \.isOfLabels) || rows.report.format == .classification
        if isAsked, !recipe.task.hasHead {
            try findLabelled(rows)
        }
        if !generated.isEmpty { try findAnswered(rows) }
        try checkShown(rows)
    }

    /// Says what is shown; it has to be of the rows' own shape.
    private mutating func checkShown(_ rows: PreparedDataset) throws {
        guard let first = shown.first, rows.rows.count > 0 else { return }
        guard !labelled.isEmpty || !answered.isEmpty || !isOwn else {
            throw Failure(
                .badInput,
                "evaluate.few_shot: nothing is asked of the held-out rows but their loss, before which no row is shown",
                hint: "name what is to be asked in evaluate.metrics, or leave it out")
        }
        let asked = try (0..<rows.rows.count).count { number in
            let row = try rows.rows.row(number)
            return shown.allSatisfy(row.canFollow)
        }
        guard asked > 0 || !isOwn else {
            throw Failure(
                .badInput,
                "\(first.place): evaluate.few_shot: a row of this kind cannot stand before the held-out rows",
                hint: "evaluate.few_shot_from: rows that are like them, with a prompt and an answer")
        }
        shownWords =
            "evaluate.few_shot: \(shown.count) rows with their answers are shown before "
            + (asked == rows.rows.count ? "each question" : "\(asked) of \(rows.rows.count) questions")
            + "; losses are of the rows as they stand"
    }

    /// Whether the answers to all rows could be judged; other sets may have no use for rewards.
    private mutating func checkRewards(_ rows: PreparedDataset) throws {
        do { try rewards?.check(rows.rows) } catch let error as Failure where !isOwn && error.kind == .badInput {
            notes.append("evaluate.metrics: reward is not told of these rows: \(error.message)")
            rewards = nil
            generated.removeAll { $0 == .reward }
        }
    }

    // MARK: Labels

    private mutating func findLabelled(_ rows: PreparedDataset) throws {
        let asked = recipe.evaluate.metrics.first { $0.isOfLabels }, name = (asked ?? .accuracy).rawValue
        let labels = recipe.data.labels.isEmpty ? try rows.rows.labels() : recipe.data.labels
        let withLabel = try (0..<rows.rows.count).filter { try rows.rows.row($0).label != nil }
        guard labels.count > 1, !withLabel.isEmpty else {
            guard asked != nil else { return }
            return try leaveOut(
                withLabel.isEmpty
                    ? "\(name) needs rows with a label, and no held-out row has one"
                    : "\(name) needs at least two labels, the held-out rows have \(labels.count)",
                hint: "name the label's column with data.columns.label, the label set with data.labels")
        }
        self.labels = labels
        let sizes = labels.map { preparation.tokenCount(" " + $0) }
        let longest = zip(labels, sizes).max { $0.1 < $1.1 }
        let ofRows = shown.isEmpty ? recipe.data.maxLength + (longest?.1 ?? 0) : contextLength
        let limit = min(contextLength - Self.slack, ofRows)
        for row in withLabel {
            let length = try preparation.candidateLength(withShown(rows.rows.row(row)), label: longest?.0 ?? "")
            guard let length, length <= limit else { continue }
            labelled.append(row)
            candidateTokens += length + sizes.reduce(0, +)
        }
        try checkLeftOut(withLabel.count, labelled.count, name, asked != nil, "are longer than data.max_length")
        try checkNames(rows)
    }

    /// Tokens that another label may need beyond the one that has most by itself.
    private static let slack = 16

    /// Whether the prompts of the first rows name every label.
    private mutating func checkNames(_ rows: PreparedDataset) throws {
        let sample = labelled.prefix(32)
        guard !sample.isEmpty else { return }
        let told = try sample.count { row in
            guard let prompt = try preparation.builder.prompt(of: withShown(rows.rows.row(row))) else { return false }
            let text = preparation.opened.tokenizer.decode(prompt.ids, skipSpecialTokens: false).lowercased()
            return labels.allSatisfy { text.contains($0.lowercased()) }
        }
        namesLabels = 2 * told >= sample.count
        if namesLabels == false {
            notes.append(
                "the base was not told the labels: no prompt names all \(labels.count) of them, so its accuracy says how likely "
                    + "the label words are, not what it could do with instructions")
        }
    }

    // MARK: Answers

    private mutating func findAnswered(_ rows: PreparedDataset) throws {
        let names = generated.map(\.rawValue).joined(separator: ", ")
        var (documents, empty, long) = (0, 0, 0)
        for number in 0..<rows.rows.count {
            guard let (prompt, reference) = try preparation.builder.prompt(of: withShown(rows.rows.row(number))),
                !prompt.isEmpty
            else {
                documents += 1
                continue
            }
            if reference.allSatisfy(\.isWhitespace) {
                empty += 1
            } else if prompt.count >= contextLength {
                long += 1
            } else {
                answered.append(
                    Answered(
                        row: number, promptTokens: prompt.count, referenceTokens: preparation.tokenCount(reference)))
            }
        }
        guard !answered.isEmpty else {
            return try leaveOut(
                "\(names) compare answers, and no held-out row has a prompt and an answer",
                hint: "leave them out, or hold rows out that are conversations or have a prompt and a completion")
        }
        for (count, what) in [
            (documents, "have no prompt"), (empty, "have an empty answer"),
            (long, "have a prompt that fills the model's context"),
        ] where count > 0 {
            notes.append("\(count) of \(rows.rows.count) held-out rows \(what): \(names) leave them out")
        }
    }

    private mutating func checkLeftOut(_ all: Int, _ kept: Int, _ metric: String, _ isAsked: Bool, _ why: String) throws
    {
        guard kept < all else { return }
        let text = "\(all - kept) of \(all) labelled held-out rows \(why), so \(metric) leaves them out"
        guard kept == 0, isAsked else { return notes.append(text) }
        try leaveOut(text, hint: "raise data.max_length")
    }

    /// What a metric that fits no row comes to.
    private mutating func leaveOut(_ text: String, hint: String) throws {
        guard !isOwn else { throw Failure(.badInput, "evaluate.metrics: \(text)", hint: hint) }
        notes.append("evaluate.metrics: \(text)")
    }

    // MARK: Sequences

    /// The row answered with each of the labels.
    func candidates(_ row: DataRow) throws -> [TokenizedExample] {
        let examples = try labels.map { try preparation.candidate(withShown(row), label: $0) }
        guard examples.allSatisfy({ $0 != nil }) else {
            throw Failure(.internal, "\(row.place): a label has no tokens of its own")
        }
        return examples.compactMap { $0 }
    }

    /// The words of a row, as a head that answers words reads them.
    func words(_ row: DataRow) -> [Range<Int>] { preparation.builder.readWords(of: row) }

    /// A row's prompt and the answer that stands in the file.
    func prompt(_ row: DataRow) throws -> (ids: [Int32], reference: String)? {
        try preparation.builder.prompt(of: withShown(row))
    }

    /// The row behind those that are shown.
    private func withShown(_ row: DataRow) -> DataRow { row.asked(after: shown) }
}

extension RowPreparation {
    /// The same for rows of up to `maxLength` tokens; longer ones are dropped.
    fileprivate func allowing(maxLength: Int) -> RowPreparation {
        var copy = self
        copy.settings.maxLength = maxLength
        copy.settings.tooLong = .drop
        return copy
    }

    fileprivate func tokenCount(_ text: String) -> Int {
        encoder.encodeText(text, addSpecialTokens: false, parseSpecial: false).ids.count
    }

    /// The row answered with `label`; nil where that is too long.
    fileprivate func candidate(_ row: DataRow, label: String) throws -> TokenizedExample? {
        var report = DatasetReport()
        let answer = row.answerText.prefix { $0.isWhitespace } + label
        return try builder.examples(of: builder.replacingAnswer(of: row, with: String(answer)), counting: &report).first
    }

    fileprivate func candidateLength(_ row: DataRow, label: String) throws -> Int? {
        try candidate(row, label: label)?.ids.count
    }
}

extension HeldOutTasks {
    /// Whether the base has a head of its own that answers what is asked.
    /// - Parameter head: the one that answers, as far as it is known.
    fileprivate static func baseAnswers(_ recipe: Recipe, _ preparation: RowPreparation, _ head: SavedHead?) -> Bool {
        guard let own = preparation.opened.ownHead?.head.named(recipe.data.labels), own.task == recipe.task,
            own.isMultiLabel == recipe.head.multiLabel
        else { return false }
        let isSame = head.map(own.answersAlike) ?? true
        return isSame && (own.labels.isEmpty || own.labels == recipe.data.labels)
    }
}
