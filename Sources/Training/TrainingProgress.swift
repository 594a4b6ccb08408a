// The counters of a run: how many steps are done, what was measured, and what follows from it.

/// Everything about a run that moves, but for the trainable numbers.
struct TrainingProgress: Sendable, Equatable {
    /// Steps completed.
    var step = 0
    var history: [StepRecord] = []
    var evaluations: [EvaluationRecord] = []
    var best: EvaluationRecord?
    var evaluationsWithoutImprovement = 0
    var isStoppedEarly = false

    /// Notes a held-out loss; true if it improves on the best so far by as much as counts.
    mutating func record(_ evaluation: EvaluationRecord, earlyStopping: EarlyStopping?) -> Bool {
        evaluations.append(evaluation)
        let isImprovement = best.map { evaluation.loss < $0.loss - (earlyStopping?.minimumImprovement ?? 0) } ?? true
        evaluationsWithoutImprovement = isImprovement ? 0 : evaluationsWithoutImprovement + 1
        if let earlyStopping, !isImprovement, evaluationsWithoutImprovement >= earlyStopping.patience {
            isStoppedEarly = true
        }
        if isImprovement { best = evaluation }
        return isImprovement
    }
}
