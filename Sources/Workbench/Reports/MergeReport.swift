// What a merge says of itself.

internal import Foundation
public import JSON
internal import ModelExport

/// A merge and its certificate.
public struct MergeReport: Presentable {
    let output: String
    let certificate: MergeCertificate
    /// What the merged adapter was combined from; nil for an adapter as it was trained.
    let combination: CombinationReport?
    /// Of the adapter's whole change, what is in the weights.
    let survivingShare: Double?
    /// What is lost of the fine-tune.
    let lost: [String]
    /// Whether that was allowed.
    let allowsNearNoOp: Bool
    let warnings: [String]

    var passed: Bool { certificate.passed && (lost.isEmpty || allowsNearNoOp) }

    public var json: JSONValue {
        var object = certificate.json.object ?? JSONObject()
        object["surviving_share"] = survivingShare.map { .double($0) } ?? .null
        if allowsNearNoOp, !lost.isEmpty { object["allowed"] = .array(lost.map { .string($0) }) }
        if let combination { object["combination"] = .object(combination.json) }
        object["output"] = .string(output)
        object["warnings"] = .array(warnings.map { .string($0) })
        return .object(object)
    }

    /// Once: the warnings were said when they were found.
    public var text: String {
        ((combination?.lines ?? []) + facts + ["merged model: \(path: output)"]).joined(separator: "\n")
    }

    /// What was merged and how it compares.
    var facts: [String] {
        let merge = certificate.merge
        let logits = certificate.logits
        let losses = certificate.losses
        let lines = [
            "merged: \(merge.tensorsApplied) of \(merge.tensorsExpected) factor pairs applied, "
                + String(format: "‖ΔW‖ %.4g, ", merge.deltaNorm) + merge.type.rawValue,
            "weights, read back: \(certificate.weights.count) compared, \(certificate.weights.strayCount) are not base + adapter "
                + "rounded to \(merge.type.rawValue)",
            String(
                format:
                    "against base + adapter: logits differ by %.2e on average, %.2e at most, same first choice %.2f%%",
                logits.meanDifference, logits.maximumDifference, 100 * logits.topAgreement),
            String(
                format: "probe loss: base %.4f, base + adapter %.4f, merged %.4f: ", losses.base, losses.adapter,
                losses.merged)
                + (passed ? "passed" : "FAILED"),
        ]
        let share = survivingShare.map {
            [String(format: "of the adapter's change %.1f%% is in the weights", 100 * $0)]
        }
        return lines + (share ?? []) + lost.map { (allowsNearNoOp ? "allowed all the same: " : "") + $0 }
            + certificate.failures
    }
}
