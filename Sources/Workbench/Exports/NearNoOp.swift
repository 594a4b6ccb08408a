// A written model in which the fine-tune is lost: the base in another file. It is refused unless the person wants it.

internal import Foundation
internal import ModelExport

/// Says whether so little of an adapter is left in a written model that it is the base once more.
struct NearNoOp {
    /// The share of the adapter's change below which it counts as lost.
    static let leastShare = 0.5
    /// The share of the adapter's gain on held-out rows, where there is one beyond chance, below which it counts as
    /// lost.
    static let leastGain = 0.5

    /// What is lost, one sentence each; empty where the fine-tune is there.
    let losses: [String]

    init(_ finding: ExportFinding) {
        var losses: [String] = []
        let scores = finding.scores
        // Rounding with feedback moves a small change to other weights, where it does the same: then the gain says it is there.
        let keepsGain = scores.hasGain && scores.keptGain.map { $0 >= Self.leastGain } ?? false
        if let share = finding.survivingShare, share < Self.leastShare, !keepsGain {
            losses.append(
                "rounding leaves \(Self.percent(share)) of the adapter's change in the weights, "
                    + "less than \(Self.percent(Self.leastShare))")
        }
        if scores.hasGain, let kept = scores.keptGain, kept < Self.leastGain {
            losses.append(
                String(
                    format: "of the adapter's gain on %@ (loss %.4f to %.4f) the written model (%.4f) keeps ",
                    scores.source, scores.baseLoss ?? .nan, scores.referenceLoss, scores.writtenLoss)
                    + (kept > 0 ? Self.percent(kept) : "nothing") + ", less than \(Self.percent(Self.leastGain))")
        }
        self.losses = losses
    }

    /// Tenths only where there are no whole ones: "4%", "0.3%".
    private static func percent(_ share: Double) -> String {
        String(format: share > 0 && share < 0.01 ? "%.2f%%" : "%.0f%%", 100 * share)
    }

    /// What keeps the fine-tune, the way that loses least first.
    static let ways = """
        keep the adapter in a file of its own, beside the base that it was trained on: --format gguf-lora
        or the tensors that it changes in a finer type: --touched-type Q8_0
        or round with the change in mind: --rounding feedback
        or let the types be searched: --target-loss X, or --target-bytes 110%
        or write it all the same: --allow-near-no-op
        """
}
