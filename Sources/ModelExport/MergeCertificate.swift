// The proof that goes with a merge: what was applied, and how far the merged model is from base + adapter.

public import JSON
public import Vocabulary

/// Mean losses on the probe rows.
public struct ProbeLosses: Sendable, Equatable {
    public var base: Double
    public var adapter: Double
    public var merged: Double

    public init(base: Double, adapter: Double, merged: Double) {
        self.base = base
        self.adapter = adapter
        self.merged = merged
    }
}

/// How far a merged model may be from base + adapter.
public struct MergeTolerance: Sendable, Equatable {
    /// Of logits that spread by one about their row's mean; where they spread wider, they may differ by as much more.
    public var maximumDifference: Double
    public var relativeError: Double
    public var topAgreement: Double
    /// Of a loss of one; a larger loss may move by as large a share. (Rounding a briefly trained 135M model to bf16 was seen to
    /// move a probe's loss of 2.60 by 2.2%.)
    public var loss: Double

    /// What rounding the weights once to `type` explains. fp32 changes only the order of sums; bf16 keeps 8 bits of each weight,
    /// f16 keeps 11. How far that moves predictions is the model's affair, so these are wide: the weights themselves are held
    /// against base + adapter one by one. What is wrong around them, a head or a configuration, moves predictions farther.
    public init(_ type: WeightType) {
        switch type {
        case .fp32: (maximumDifference, relativeError, topAgreement, loss) = (1e-3, 1e-4, 0.99, 1e-4)
        case .fp16: (maximumDifference, relativeError, topAgreement, loss) = (.infinity, 0.1, 0.9, 0.05)
        case .bf16: (maximumDifference, relativeError, topAgreement, loss) = (.infinity, 0.25, 0.7, 0.15)
        // What blocks do to predictions is measured, not foretold.
        default: (maximumDifference, relativeError, topAgreement, loss) = (.infinity, .infinity, 0, .infinity)
        }
    }
}

/// The certificate of a merge.
public struct MergeCertificate: Sendable {
    public let merge: MergeResult
    public let weights: WeightComparison
    public let logits: LogitComparison
    public let losses: ProbeLosses
    public let tolerance: MergeTolerance
    /// SHA-256 and types of the base's weights, as merged into.
    public let baseDigest: String
    public let baseQuantisation: String
    /// The digest the adapter was trained on, where it says.
    public let adapterBaseDigest: String?

    public init(
        merge: MergeResult, weights: WeightComparison, logits: LogitComparison, losses: ProbeLosses, baseDigest: String,
        baseQuantisation: String,
        adapterBaseDigest: String? = nil, tolerance: MergeTolerance? = nil
    ) {
        self.merge = merge
        self.weights = weights
        self.logits = logits
        self.losses = losses
        self.baseDigest = baseDigest
        self.baseQuantisation = baseQuantisation
        self.adapterBaseDigest = adapterBaseDigest
        self.tolerance = tolerance ?? MergeTolerance(merge.type)
    }

    /// Whether the adapter was trained on this very base; nil where it does not say.
    public var isTrainedBase: Bool? { adapterBaseDigest.map { $0 == baseDigest } }

    /// What is wrong, one sentence each; empty where the merge is sound.
    public var failures: [String] {
        var failures: [String] = []
        func check(_ holds: Bool, _ text: String) { if !holds { failures.append(text) } }
        check(
            merge.tensorsApplied == merge.tensorsExpected && merge.tensorsExpected > 0,
            "\(merge.tensorsApplied) of \(merge.tensorsExpected) factor pairs were applied")
        check(merge.deltaNorm > 0 && merge.deltaNorm.isFinite, "the delta's norm is \(merge.deltaNorm)")
        check(
            weights.count > 0 && weights.strayCount == 0,
            "\(weights.strayCount) of \(weights.count) weights are not base + adapter, rounded to \(merge.type.rawValue)"
                + (weights.firstStray.map { ", the first in \($0)" } ?? ""))
        check(logits.rows > 0, "no row was compared")
        let mostDifference = tolerance.maximumDifference * max(1, logits.spread)
        check(
            logits.maximumDifference <= mostDifference,
            "logits differ by up to \(logits.maximumDifference), more than \(mostDifference)")
        check(
            logits.relativeError <= tolerance.relativeError,
            "logits differ by a share of \(logits.relativeError), more than \(tolerance.relativeError)")
        check(
            logits.topAgreement >= tolerance.topAgreement,
            "the most likely token is the same in a share of \(logits.topAgreement), less than \(tolerance.topAgreement)"
        )
        check(
            abs(losses.merged - losses.adapter) <= tolerance.loss * max(1, losses.adapter),
            "the probe's loss is \(losses.merged) merged and \(losses.adapter) with the adapter")
        return failures
    }

    public var passed: Bool { failures.isEmpty }

    /// The certificate with the names of the command's output.
    public var json: JSONValue {
        func finite(_ value: Double) -> JSONValue { value.isFinite ? .double(value) : .null }
        return [
            "tensors_expected": .integer(merge.tensorsExpected), "tensors_applied": .integer(merge.tensorsApplied),
            "weights_compared": .integer(weights.count), "weights_not_the_sum": .integer(weights.strayCount),
            "delta_norm": finite(merge.deltaNorm), "max_abs_logit_difference": finite(logits.maximumDifference),
            "mean_abs_logit_difference": finite(logits.meanDifference),
            "relative_logit_error": finite(logits.relativeError), "top1_agreement": finite(logits.topAgreement),
            "probe_rows": .integer(logits.rows), "base": ["loss": finite(losses.base)],
            "adapter": ["loss": finite(losses.adapter)], "merged": ["loss": finite(losses.merged)],
            "type": .string(merge.type.rawValue), "untied_head": .bool(merge.untiedHead),
            "base_sha256": .string(baseDigest), "base_quantisation": .string(baseQuantisation),
            "trained_on_this_base": isTrainedBase.map { .bool($0) } ?? .null,
            "delta_norms": .object(JSONObject(merge.tensorDeltaNorms.map { ($0.path, finite($0.norm)) })),
            "failures": .array(failures.map { .string($0) }), "passed": .bool(passed),
        ]
    }
}
