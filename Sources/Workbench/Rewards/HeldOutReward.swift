// What held-out rows say of a model that learns from rewards: the mean reward of its likeliest answers.

internal import Datasets
internal import Evaluation
internal import Generation
internal import Training

extension GroupAnswers {
    /// Answers `rows` greedily; the mean reward, its negative as the loss.
    func heldOutLoss(_ rows: PreparedDataset) throws -> HeldOutLoss {
        let examples = try (0..<rows.examples.count).map(rows.examples.example)
        let places = try rows.rows.places
        let requests = examples.map { example in
            GenerationRequest(
                prompt: example.promptOfLastAnswer ?? [], maximumTokens: train.policy.maxCompletionLength,
                stopTokens: opened.stopIDs)
        }
        let answers = try scheduler.answers(to: requests)
        let judged = try rewards.judged(
            zip(examples, answers).map { example, answer in
                try opened.judged(answer, to: rows.rows, places[example.index] ?? 0)
            })
        let mean = judged.rewards.reduce(0.0, +) / Double(max(judged.rewards.count, 1))
        return HeldOutLoss(-mean, measures: [.init(name: "reward", value: mean)])
    }
}
