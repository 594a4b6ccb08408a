// What a written model predicts, held against the model that it was made of, on rows that nothing was trained on.

internal import Evaluation
internal import Foundation
internal import JSON
internal import Spelling

/// Scores of a written model and of its reference: the base with the adapter, before anything was rounded.
struct ExportScores {
    /// How numbers that vary with the rows are bounded.
    struct Bootstrap {
        let seed: UInt64
        let sampleCount: Int
    }

    let rows: Int
    let targetTokens: Int
    /// What the rows are, in words.
    let source: String
    /// From the base without the adapter to the reference; nil without an adapter.
    let gain: PairedComparison?
    /// From the reference to the written model.
    let loss: PairedComparison
    let divergence: Bounded
    /// Below which 99 % of the tokens' divergences lie.
    let divergence99: Double
    /// The share of tokens for which both make the same first choice.
    let agreement: Bounded

    /// A number with its interval.
    struct Bounded {
        let value: Double
        let ci95: ClosedRange<Double>?

        init(_ metric: RowMetric, _ bootstrap: Bootstrap) {
            value = metric.value ?? 0
            ci95 = metric.interval(seed: bootstrap.seed, sampleCount: bootstrap.sampleCount)
        }
    }

    /// - Parameter base: of the same rows; nil without an adapter.
    init(
        _ compared: ModelDivergence, reference: HeldOutScores, written: HeldOutScores, base: HeldOutScores?,
        source: String, _ bootstrap: Bootstrap
    ) {
        rows = written.rows.count
        targetTokens = written.total.weight
        self.source = source
        func difference(_ before: HeldOutScores, _ after: HeldOutScores) -> PairedComparison {
            PairedComparison(
                base: .loss(before), adapter: .loss(after), seed: bootstrap.seed, sampleCount: bootstrap.sampleCount)
        }
        gain = base.map { difference($0, reference) }
        loss = difference(reference, written)
        divergence = Bounded(
            .mean(of: ModelDivergence.divergence, written, higherIsBetter: false), bootstrap)
        divergence99 = compared.quantile(0.99) ?? 0
        agreement = Bounded(.mean(of: ModelDivergence.sameChoice, written, higherIsBetter: true), bootstrap)
    }

    var baseLoss: Double? { gain?.base }
    var referenceLoss: Double { loss.base ?? .nan }
    var writtenLoss: Double { loss.adapter ?? .nan }

    /// Whether the adapter makes the loss lower by more than chance would.
    var hasGain: Bool { gain?.verdict == .better }

    /// The share of the adapter's gain that the written model has; nil without a gain.
    var keptGain: Double? {
        guard let difference = gain?.difference, let baseLoss, difference < 0 else { return nil }
        return (baseLoss - writtenLoss) / -difference
    }

    // MARK: Form

    var members: [JSONObject.Member] {
        var members: [JSONObject.Member] = [
            ("rows", .integer(rows)), ("target_tokens", .integer(targetTokens)), ("scored_on", .string(source)),
        ]
        if let baseLoss { members.append(("base_loss", .double(baseLoss))) }
        members += [
            ("reference_loss", .double(referenceLoss)), ("written_loss", .double(writtenLoss)),
            ("loss_difference", loss.difference.map { .double($0) } ?? .null), ("mean_kld", .double(divergence.value)),
            ("p99_kld", .double(divergence99)), ("top1_agreement", .double(agreement.value)),
            (
                "ci95",
                [
                    "loss_difference": Self.json(loss.ci95), "mean_kld": Self.json(divergence.ci95),
                    "top1_agreement": Self.json(agreement.ci95),
                ]
            ),
        ]
        if let keptGain {
            members.append(("gain_kept", .double(keptGain)))
            members.append(("gain_ci95", Self.json(gain?.ci95)))
        }
        return members
    }

    var lines: [String] {
        var lines = ["scored on \(source) (\(Count.text(targetTokens, "target token"))), read back from the file:"]
        lines.append(
            "loss: " + (baseLoss.map { String(format: "base %.4f, ", $0) } ?? "")
                + String(
                    format: "%@ %.4f, written %.4f; difference ", baseLoss == nil ? "base" : "base + adapter",
                    referenceLoss, writtenLoss)
                + ComparedRows.shown(loss.difference)
                + Self.interval(loss.ci95, "%+.4f to %+.4f"))
        lines.append(
            String(format: "KL divergence: mean %.5f", Self.shown(divergence.value))
                + Self.interval(
                    divergence.ci95.map { Self.shown($0.lowerBound)...Self.shown($0.upperBound) }, "%.5f to %.5f")
                + String(format: ", 99%% of tokens below %.4f", Self.shown(divergence99)))
        lines.append(
            String(format: "same first choice: %.2f%%", 100 * agreement.value)
                + Self.interval(agreement.ci95.map { 100 * $0.lowerBound...100 * $0.upperBound }, "%.2f to %.2f"))
        if let keptGain, hasGain {
            lines.append(String(format: "of the adapter's gain the written model has %.0f%%", 100 * keptGain))
        }
        return lines
    }

    /// Rounding may leave a divergence a little below nothing, which is nothing.
    private static func shown(_ divergence: Double) -> Double { divergence < 0 && divergence > -5e-5 ? 0 : divergence }

    private static func json(_ interval: ClosedRange<Double>?) -> JSONValue {
        interval.map { [.double($0.lowerBound), .double($0.upperBound)] } ?? .null
    }

    private static func interval(_ interval: ClosedRange<Double>?, _ format: String) -> String {
        interval.map { ", 95% interval " + String(format: format, $0.lowerBound, $0.upperBound) } ?? ""
    }
}

extension Session {
    /// How numbers are bounded that vary with the rows.
    var bootstrap: ExportScores.Bootstrap {
        .init(seed: UInt64(bitPattern: Int64(recipe.seed)), sampleCount: recipe.evaluate.bootstrapSamples)
    }
}
