// What held-out rows say of a model that learns from rewards: the mean reward of its likeliest answers.

internal import Datasets
internal import Evaluation
internal import Generation
internal import Objectives
internal import Training

extension GroupAnswers {
    /// Answers `rows` greedily; the mean reward, its negative as the loss, and of programs the share of answers without a number.
    ///
    /// - Returns: nil where the run is asked to stop before all rows are answered.
    func heldOutLoss(_ rows: PreparedDataset, unless stopRequest: StopRequest) throws -> HeldOutLoss? {
        let examples = try (0..<rows.examples.count).map(rows.examples.example)
        let places = try rows.rows.places
        let requests = examples.map { example in
            GenerationRequest(
                prompt: example.promptOfLastAnswer ?? [], maximumTokens: train.policy.maxCompletionLength,
                stopTokens: opened.stopIDs)
        }
        var answers: [Answer] = []
        for start in stride(from: 0, to: requests.count, by: Self.answersBetweenLooks) {
            if stopRequest.isSet { return nil }
            let part = requests[start..<min(start + Self.answersBetweenLooks, requests.count)]
            answers += try scheduler.answers(to: Array(part))
        }
        if stopRequest.isSet { return nil }
        let judged = try rewards.judged(
            zip(examples, answers).map { example, answer in
                try opened.judged(answer, to: rows.rows, places.place(of: example))
            })
        let count = Double(max(judged.rewards.count, 1)), mean = judged.rewards.reduce(0.0, +) / count
        let failures = MeasuredValue(name: "reward_failures", value: Double(judged.failures) / count)
        return HeldOutLoss(
            -mean, measures: [.init(name: "reward", value: mean)] + (rewards.sandbox == nil ? [] : [failures]))
    }

    /// How many answers are written before it is asked whether to stop: several times as many as run together.
    static let answersBetweenLooks = 64
}
