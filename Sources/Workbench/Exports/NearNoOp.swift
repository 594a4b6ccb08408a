// A written model in which the fine-tune is lost: the base in another file. It is refused unless the person wants it.

internal import Foundation

/// What of the adapter's gain on held-out rows a written model has.
struct KeptGain {
    /// What the rows are, in words.
    let source: String
    /// The losses of the base, of the base with the adapter, and of what was written.
    let base: Double
    let reference: Double
    let written: Double
    /// Whether the adapter makes the loss lower by more than chance would.
    let isBeyondChance: Bool

    /// nil without a gain.
    var share: Double? { base > reference ? (base - written) / (base - reference) : nil }
}

/// Says whether so little of an adapter is left in a written model that it is the base once more.
struct NearNoOp {
    /// The share of the adapter's change below which it counts as lost.
    static let leastShare = 0.5
    /// The share of the adapter's gain on held-out rows, where there is one beyond chance, below which it counts as
    /// lost.
    static let leastGain = 0.5

    /// What is lost, one sentence each; empty where the fine-tune is there.
    let losses: [String]

    /// - Parameters:
    ///   - survivingShare: of the whole change; nil without an adapter.
    ///   - gain: nil without an adapter.
    init(survivingShare: Double?, gain: KeptGain?) {
        var losses: [String] = []
        let kept = gain.flatMap { $0.isBeyondChance ? $0.share : nil }
        // Rounding with feedback moves a small change to other weights, where it does the same: then the gain says it is there.
        let keepsGain = kept.map { $0 >= Self.leastGain } ?? false
        if let share = survivingShare, share < Self.leastShare, !keepsGain {
            losses.append(
                "rounding leaves \(Self.percent(share)) of the adapter's change in the weights, "
                    + "less than \(Self.percent(Self.leastShare))")
        }
        if let gain, let kept, kept < Self.leastGain {
            losses.append(
                String(
                    format: "of the adapter's gain on %@ (loss %.4f to %.4f) the written model (%.4f) keeps ",
                    gain.source, gain.base, gain.reference, gain.written)
                    + (kept > 0 ? Self.percent(kept) : "nothing") + ", less than \(Self.percent(Self.leastGain))")
        }
        self.losses = losses
    }

    /// Tenths only where there are no whole ones: "4%", "0.3%".
    private static func percent(_ share: Double) -> String {
        String(format: share > 0 && share < 0.01 ? "%.2f%%" : "%.0f%%", 100 * share)
    }
}

extension NearNoOp {
    init(_ finding: ExportFinding) { self.init(survivingShare: finding.survivingShare, gain: finding.scores.keptShare) }
}

extension ExportScores {
    /// What the written model has of the adapter's gain; nil without an adapter.
    fileprivate var keptShare: KeptGain? {
        baseLoss.map {
            KeptGain(
                source: source, base: $0, reference: referenceLoss, written: writtenLoss, isBeyondChance: hasGain)
        }
    }
}
