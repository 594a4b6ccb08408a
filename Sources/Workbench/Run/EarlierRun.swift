// What an earlier call left in a run's directory, and whether this one may go on from it. Reading it changes nothing.

internal import Checkpoints
internal import Foundation
internal import Recipes
internal import Training

/// The state of a run's directory.
struct EarlierRun {
    let record: RunRecord?
    /// The newest checkpoint that can be used.
    let newest: CheckpointFolder.Newest?
    /// Newer ones that cannot.
    let skipped: [CheckpointError]
    private let directory: RunDirectory

    init(_ directory: RunDirectory) throws {
        self.directory = directory
        record = try RunRecord(directory.run)
        var skipped: [CheckpointError] = []
        newest = try CheckpointFolder(directory.url).newest(skipped: &skipped)
        self.skipped = skipped
    }

    /// What is safe on disk, in words; empty where nothing is.
    var saved: String {
        if record?["train"] != nil { return "the adapter in \(path: directory.adapter.path)" }
        return newest?.url.path ?? ""
    }

    /// What decided the numbers that lie here; `nil` where nothing was trained yet.
    private var fingerprintText: String? {
        newest?.snapshot.identity.fingerprint ?? (record?["train"] != nil ? record?.fingerprint.text : nil)
    }

    /// Throws where the recipe alone shows that this is another run.
    func requireSameKeys(as recipe: Recipe) throws {
        guard let text = fingerprintText else { return }
        guard let there = RunFingerprint(text: text) else {
            throw refusal(["the form of its notes (another version of Lathe)"])
        }
        let differences = RunFingerprint(keys: recipe.decidingKeys, parts: []).differencesOfKeys(from: there)
        if !differences.isEmpty { throw refusal(differences) }
    }

    /// Throws where this is another run.
    func requireSame(as fingerprint: RunFingerprint) throws {
        guard let text = fingerprintText, text != fingerprint.text else { return }
        throw refusal(RunFingerprint(text: text).map(fingerprint.differences) ?? ["the form of its notes"])
    }

    private func refusal(_ differences: [String]) -> Failure {
        Failure(
            .badInput,
            "\(path: directory.url.path) holds another run, which differs in\n  "
                + differences.joined(separator: "\n  "),
            hint: "--fresh starts over and removes what that run made; another name: keeps both"
                + (differences.contains { $0.hasPrefix(RunFingerprint.microBatch) }
                    ? "; a train.memory_limit keeps micro-batches the same whatever memory is free" : ""))
    }
}
