// Whether a model forgot what it was not trained on: its loss on a general set of rows.

internal import Evaluation
internal import Foundation
internal import JSON
internal import Spelling

/// The adapter on the general set, with a word of its own.
struct Forgetting {
    /// What the set says.
    enum Verdict: String {
        /// The loss rose by more than chance would have it.
        case forgotten
        /// It did not.
        case kept
    }

    private let name: String
    private let loss: PairedComparison
    let verdict: Verdict?

    /// - Parameter set: nil without an adapter, or where it is not the general set.
    init?(_ set: EvaluatedSet) {
        guard set.heldOut.isGeneral, let name = set.heldOut.name, let loss = set.compared.comparisons.first else {
            return nil
        }
        self.name = name
        self.loss = loss
        verdict = loss.verdict.map { $0 == .worse ? .forgotten : .kept }
    }

    var json: JSONValue {
        [
            "set": .string(name), "loss": loss.difference.map { .double($0) } ?? .null,
            "ci95": loss.ci95.map { [.double($0.lowerBound), .double($0.upperBound)] } ?? .null,
            "verdict": verdict.map { .string($0.rawValue) } ?? .null, "rows": .integer(loss.rowCount),
        ]
    }

    var line: String {
        let word = verdict.map { "forgetting: \($0.rawValue)" } ?? "forgetting: not known"
        // What was not seen may be there all the same, up to the interval's end.
        let most =
            verdict == .kept && loss.verdict == .noDifference
            ? loss.ci95.map { String(format: "; at most %+.4f", max(0, $0.upperBound)) } ?? "" : ""
        return word + " (\(ShownText.name(name)): loss \(ComparedRows.shown(loss.difference)), "
            + ComparedRows.interval(loss) + most + ")"
    }
}
