// A reward model that says how good generated answers are: the base under an adapter whose head learnt from pairs of answers.

internal import Adapters
internal import Datasets
internal import Evaluation
internal import Models
internal import Objectives
internal import Recipes
internal import Tensors
internal import Vocabulary

/// Gives answers numbers.
struct RewardModelJudge {
    private let model: LanguageModel
    private let adapters: AdapterBinding

    /// - Throws: where the adapter at `path` fits another model, or has no head that gives answers numbers.
    init(_ path: String, of session: Session) throws {
        let model = try session.model(), bound = model.adapters, stored = try StoredAdapter(path)
        defer { model.adapters = bound }
        guard stored.head?.task == .regress else {
            throw Failure(
                .badInput, "evaluate.reward_model: \(path: path) has no head that gives answers numbers",
                hint: "name an adapter of task: regress with train.objective: reward")
        }
        adapters = try stored.attached(to: model, session.base()).set.binding(to: model)
        self.model = model
    }

    /// The number at the last token of each sequence, which is a prompt with its answer.
    /// - Parameter workspace: not in use.
    func rewards(of sequences: [[Int32]], workspace: Workspace) throws -> [Double] {
        let bound = model.adapters
        defer { model.adapters = bound }
        model.adapters = adapters
        let examples = sequences.enumerated().map { number, ids in
            TokenizedExample(
                read: ids, isRead: ids.indices.map { $0 == ids.count - 1 }, wanted: [0],
                place: RowPlace(file: "", line: number + 1), index: number)
        }
        let evaluator = Evaluator(
            Learner(model, Regression()), workspace: workspace,
            rowLimit: EvaluationRows.limit(for: model, bytes: workspace.reservedBytes))
        return try evaluator.scores(of: examples).rows.map { score in
            guard let reward = score.answers.first, reward.isFinite else {
                throw Failure(.badInput, "evaluate.reward_model: of an answer it has no number")
            }
            return reward
        }
    }
}

extension Session {
    /// The reward model that the recipe names; nil where none is asked.
    func rewardModel() throws -> RewardModelJudge? {
        guard recipe.metricsOfAnswers.contains(.rewardModel) else { return nil }
        guard let path = recipe.evaluate.rewardModel else {
            throw Failure(
                .badInput, "evaluate.metrics: reward_model: nothing says which",
                hint: "evaluate.reward_model names the adapter with its head")
        }
        return try RewardModelJudge(path, of: self)
    }
}

extension MeasuredSide {
    /// The same, with how often the reward model finds an answer better than that of `base` to the same row; where it finds both as good,
    /// it counts half.
    func countingWins(over base: MeasuredSide) -> MeasuredSide {
        func rewards(_ side: MeasuredSide) -> RowMetric? {
            side.metrics.first { $0.name == EvaluationMetric.rewardModel.rawValue }
        }
        guard let own = rewards(self), let other = rewards(base), own.isComparable(to: other) else { return self }
        let shares = own.numbers.map { number -> Double in
            let difference = (own.value(ofRow: number) ?? 0) - (other.value(ofRow: number) ?? 0)
            return difference == 0 ? 0.5 : difference > 0 ? 1 : 0
        }
        var side = self
        side.metrics.append(.mean(EvaluationMetric.rewardModel.rawValue + "_wins", shares).numbered(own.numbers))
        return side
    }
}
