// A run as a value between two steps, and going on from one.

internal import Objectives
internal import Optimisers
internal import Tensors

extension Trainer {
    /// The run as it stands between two steps.
    public func snapshot() -> TrainingSnapshot {
        let cursor = order.cursor(afterSteps: rowsOfSteps(step)), mean = meanValues
        return TrainingSnapshot(
            identity: identity, step: step, epoch: cursor.epoch, positionInEpoch: cursor.position,
            seed: configuration.seed, optimiser: optimiser.kind,
            parameters: slab.slots.enumerated().map { index, slot in
                TrainingSnapshot.Parameter(
                    name: slot.name, rows: slot.rows, columns: slot.columns, values: Array(slab.values[slot.range]),
                    states: optimiser.states(ofSlot: index), meanValues: mean.map { Array($0[slot.range]) },
                    bestValues: bestValues.map { Array($0[slot.range]) })
            },
            history: progress.history, evaluations: progress.evaluations, best: progress.best,
            evaluationsWithoutImprovement: progress.evaluationsWithoutImprovement,
            isStoppedEarly: progress.isStoppedEarly)
    }

    /// Goes on from `snapshot`; throws before anything is changed.
    public func restore(_ snapshot: TrainingSnapshot) throws(TrainingError) {
        try check(snapshot)
        var best = snapshot.hasBestValues ? [Float](repeating: 0, count: slab.count) : nil
        var mean = [Float](repeating: 0, count: slab.count)
        for (index, (slot, parameter)) in zip(slab.slots, snapshot.parameters).enumerated() {
            _ = slab.values(slot).floats.update(from: parameter.values)
            if !slab.isConstant[index] { optimiser.setStates(parameter.states, ofSlot: index) }
            if let values = parameter.meanValues { mean.replaceSubrange(slot.range, with: values) }
            if let values = parameter.bestValues { best?.replaceSubrange(slot.range, with: values) }
        }
        slab.valuesChanged()
        bestValues = best
        average?.values = snapshot.step > 0 ? mean : nil
        progress = TrainingProgress(
            step: snapshot.step, history: snapshot.history, evaluations: snapshot.evaluations, best: snapshot.best,
            evaluationsWithoutImprovement: snapshot.evaluationsWithoutImprovement,
            isStoppedEarly: snapshot.isStoppedEarly)
        savedStep = snapshot.step
    }

    private func check(_ snapshot: TrainingSnapshot) throws(TrainingError) {
        guard snapshot.identity.fingerprint == identity.fingerprint else {
            throw .otherFingerprint(expected: identity.fingerprint, found: snapshot.identity.fingerprint)
        }
        let expected = slab.slots.map { "\($0.name) [\($0.rows), \($0.columns)]" }
        let found = snapshot.parameters.map { "\($0.name) [\($0.rows), \($0.columns)]" }
        guard expected == found else {
            throw .otherParameters(
                expected: expected.filter { !found.contains($0) }, found: found.filter { !expected.contains($0) })
        }
        guard snapshot.optimiser == optimiser.kind else {
            throw .damagedSnapshot(
                reason: "its optimizer is \(snapshot.optimiser.rawValue), the run's \(optimiser.kind.rawValue)")
        }
        guard snapshot.hasMeanValues == (optimiser.hasMean || average != nil) else {
            throw .damagedSnapshot(
                reason: snapshot.hasMeanValues
                    ? "it has a mean of steps, the run none" : "it lacks the mean of its steps")
        }
        if let reason = snapshot.contradiction { throw .damagedSnapshot(reason: reason) }
        if let broken = zip(snapshot.parameters, slab.isConstant).first(where: { !$0.1 && $0.0.states.isEmpty })?.0 {
            throw .damagedSnapshot(
                reason: "\(broken.name) lacks what \(optimiser.kind.rawValue) keeps of its numbers")
        }
        guard snapshot.step <= configuration.totalSteps else {
            throw .damagedSnapshot(reason: "it has done \(snapshot.step) of \(configuration.totalSteps) steps")
        }
        let cursor = order.cursor(afterSteps: rowsOfSteps(snapshot.step))
        guard (snapshot.epoch, snapshot.positionInEpoch) == (cursor.epoch, cursor.position) else {
            throw .damagedSnapshot(
                reason: "after \(snapshot.step) steps it stands at place \(snapshot.positionInEpoch) of epoch "
                    + "\(snapshot.epoch)")
        }
        guard snapshot.seed == configuration.seed else {
            throw .damagedSnapshot(reason: "its seed is \(snapshot.seed), the run's \(configuration.seed)")
        }
    }
}
