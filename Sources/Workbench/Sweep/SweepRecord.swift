// sweep.json: what a sweep is, and what its trials came to by now, so that nothing is trained twice.

internal import Files
internal import Foundation
internal import JSON

/// What a trial came to at the end of a round.
package enum TrialOutcome: Equatable {
    /// The loss on the validation rows after so many steps.
    case scored(step: Int, loss: Double)
    /// Its numbers ran away: why.
    case failed(String)

    package var loss: Double? { if case .scored(_, let loss) = self { loss } else { nil } }

    init?(_ json: JSONValue) {
        if let reason = json["failed"]?.string {
            self = .failed(reason)
        } else if let step = json["step"]?.integer, let loss = json["loss"]?.double {
            self = .scored(step: step, loss: loss)
        } else {
            return nil
        }
    }

    var json: JSONValue {
        switch self {
        case .scored(let step, let loss): ["step": .integer(step), "loss": .double(loss)]
        case .failed(let reason): ["failed": .string(reason)]
        }
    }
}

/// The content of `sweep.json`.
struct SweepRecord {
    let name: String
    let fingerprint: RunFingerprint
    /// The `train.memory_limit` of all trials.
    let memoryLimit: Int
    /// Of each trial, its outcomes round by round.
    private(set) var outcomes: [[TrialOutcome]]
    /// What the winner came to on held-out rows; nil where that is not known yet.
    var evaluation: StageResult?

    init(name: String, fingerprint: RunFingerprint, memoryLimit: Int, trials: Int) {
        (self.name, self.fingerprint, self.memoryLimit) = (name, fingerprint, memoryLimit)
        outcomes = [[TrialOutcome]](repeating: [], count: trials)
    }

    /// Reads `sweep.json`; nil where there is none, or one that is damaged or of another version.
    init?(_ file: URL) throws {
        guard let bytes = try WholeFile.bytes(ifThere: file), let json = try? JSONValue(parsing: bytes),
            let name = json["name"]?.string, let fingerprint = json["fingerprint"].flatMap({ RunFingerprint($0) }),
            let memoryLimit = json["memory_limit"]?.integer, let trials = json["trials"]?.array
        else { return nil }
        (self.name, self.fingerprint, self.memoryLimit) = (name, fingerprint, memoryLimit)
        var outcomes: [[TrialOutcome]] = []
        for trial in trials {
            guard let told = trial.array else { return nil }
            let known = told.compactMap { TrialOutcome($0) }
            guard known.count == told.count else { return nil }
            outcomes.append(known)
        }
        self.outcomes = outcomes
        evaluation = json["evaluation"].flatMap { StageResult(stored: $0) }
    }

    /// The steps that all trials have done.
    var stepsDone: Int {
        outcomes.reduce(0) { sum, outcomes in
            sum
                + (outcomes.compactMap { outcome -> Int? in
                    if case .scored(let step, _) = outcome { step } else { nil }
                }.max() ?? 0)
        }
    }

    /// Whether `trial`, counted from 1, has gone through `round`, counted from 0.
    func outcome(of trial: Int, round: Int) -> TrialOutcome? {
        let known = outcomes[trial - 1]
        return round < known.count ? known[round] : nil
    }

    mutating func note(_ outcome: TrialOutcome, of trial: Int) { outcomes[trial - 1].append(outcome) }

    var json: JSONValue {
        var object = JSONObject([
            ("name", .string(name)), ("fingerprint", fingerprint.json), ("memory_limit", .integer(memoryLimit)),
            ("trials", .array(outcomes.map { .array($0.map(\.json)) })),
        ])
        if let evaluation { object["evaluation"] = evaluation.stored }
        return .object(object)
    }
}
