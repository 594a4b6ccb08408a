// What the reference of a preference objective says of the training rows: computed once before the first step, and kept in the run's
// directory for those that come after.

internal import Adapters
internal import Datasets
internal import Digests
internal import Evaluation
internal import Foundation
internal import JSON
internal import Objectives
internal import Tensors
internal import Training
internal import WeightFiles

extension TrainingSetup {
    /// The learner of steps: where it is held to a reference, what that says of the training rows is looked up.
    /// - Throws: `CancellationError` where the run was asked to stop.
    func steppingLearner(
        _ directory: RunDirectory, _ stopRequest: StopRequest, _ observer: any RunObserver
    ) throws -> Learner {
        guard let objective = learner.objective as? any ReferencedObjective, objective.reference != nil else {
            return learner
        }
        let file = ReferenceFile(directory, key: referenceKey(objective))
        if let kept = file.scores(count: units.examples.count) {
            observer.receive(
                .note("\(path: directory.reference.path): what the reference says of these rows, used again"))
            return Learner(learner.model, objective.looking(up: kept))
        }
        observer.receive(.stage("reference", detail: "log-probabilities of \(units.examples.count) answers, once"))
        let scorer = ObservedEvaluator(
            Learner(learner.model, ReferenceReading(of: objective)), workspace: workspace,
            longest: split.train.report.longestExample, observer: observer, stopRequest: stopRequest)
        let kept = KeptScores(try scorer.scores(of: units.examples, unit: "pairs").rows.flatMap(\.answers))
        try file.write(kept)
        return Learner(learner.model, objective.looking(up: kept))
    }

    /// The learner as steps will have it, to measure what they take: what is looked up is made up.
    var foreseenLearner: Learner {
        guard let objective = learner.objective as? any ReferencedObjective else { return learner }
        let made = KeptScores(Array(repeating: 0, count: units.examples.count))
        return Learner(learner.model, objective.looking(up: made))
    }

    /// SHA-256 of all that decides the scores.
    private func referenceKey(_ objective: any ReferencedObjective) -> String {
        let parts = fingerprint.parts(of: [
            "training and held-out rows", "base model", "chat template",
            "model.precision", "instruction set", "threads",
        ])
        let adapter = fingerprint.part("train.reference_adapter").map { [$0] } ?? []
        return SHA256.hex(
            of: (["lathe reference 1", "\(objective.weighting)"] + parts + adapter).joined(separator: "\n"))
    }
}

/// The file of scores, with the key of what decides them.
private struct ReferenceFile {
    let directory: RunDirectory
    let key: String

    init(_ directory: RunDirectory, key: String) {
        self.directory = directory
        self.key = key
    }

    /// What was kept of the same rows; nil where nothing was, or of others.
    func scores(count: Int) -> KeptScores? {
        guard let file = try? MappedFile(directory.reference),
            let json = try? JSONValue(parsing: [UInt8](file.bytes)), json["key"]?.string == key,
            let values = json["log_probabilities"]?.array?.compactMap(\.double), values.count == count,
            values.allSatisfy(\.isFinite)
        else { return nil }
        return KeptScores(values)
    }

    func write(_ scores: KeptScores) throws {
        let json: JSONValue = ["key": .string(key), "log_probabilities": .array(scores.values.map { .double($0) })]
        try directory.files.write(Array((json.text() + "\n").utf8), to: directory.reference.lastPathComponent)
    }
}
