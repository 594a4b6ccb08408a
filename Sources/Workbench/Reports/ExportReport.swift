// What an export says of itself.

internal import Foundation
public import JSON
internal import ModelExport
internal import Spelling

/// What was written, and, for a model, what reading it back has shown.
public struct ExportReport: Presentable {
    let format: String
    let path: String
    /// The type of a model's weights; nil for an adapter.
    let type: String?
    let bytes: Int
    /// Of the file; of a folder, that of the list that `sha256sum` prints of its files in the order of their names.
    let sha256: String
    /// What was checked before it took its place; nil for an adapter.
    let check: ExportVerdict?
    /// What lies beside a GGUF file.
    var deployment: DeploymentFiles?

    public var json: JSONValue {
        var object = JSONObject([("format", .string(format))])
        if let type { object["type"] = .string(type) }
        object["path"] = .string(path)
        object["bytes"] = .integer(bytes)
        object["sha256"] = .string(sha256)
        if let check { object["check"] = check.json }
        object.members += deployment?.members ?? []
        return .object(object)
    }

    public var text: String {
        (["exported \(format)\(type.map { " in \($0)" } ?? "") to \(path: path) (\(ByteCount.text(bytes)))"]
            + (check?.lines ?? []) + (deployment?.lines ?? [])).joined(separator: "\n")
    }
}

/// What the check of a written model came to.
struct ExportVerdict {
    let finding: ExportFinding
    /// Of checks beside it.
    let others: [CheckFinding]
    /// The types of all matrices, where single ones were chosen.
    let types: [(path: String, type: String)]
    /// Why nothing was put in place; empty where it may be.
    let failures: [String]
    /// What is lost of the fine-tune and was allowed.
    let allowed: [String]

    var passed: Bool { failures.isEmpty }

    var json: JSONValue {
        let weights = finding.weights
        var members = finding.scores.members
        members += [
            ("weights_compared", .integer(weights.count)), ("weights_not_the_sum", .integer(weights.strayCount)),
            ("surviving_share", finding.survivingShare.map { .double($0) } ?? .null),
        ]
        if !finding.shares.isEmpty { members.append(("tensors", .array(finding.shares.map(Self.json)))) }
        if !types.isEmpty {
            members.append(("tensor_types", .object(JSONObject(types.map { ($0.path, .string($0.type)) }))))
        }
        members += others.flatMap(\.members)
        if !allowed.isEmpty { members.append(("allowed", .array(allowed.map { .string($0) }))) }
        members += [("failures", .array(failures.map { .string($0) })), ("passed", .bool(passed))]
        return .object(JSONObject(members))
    }

    private static func json(_ tensor: TensorShare) -> JSONValue {
        [
            "path": .string(tensor.path), "type": .string(tensor.type),
            "surviving_share": tensor.share.value.map { .double($0) } ?? .null,
            "delta_norm": .double(tensor.share.change.squareRoot()),
        ]
    }

    var lines: [String] {
        var lines = finding.scores.lines
        if let share = finding.survivingShare {
            lines.append(
                String(format: "of the adapter's change %.1f%% is in the weights", 100 * share)
                    + (finding.shares.count > 1 ? Self.spread(finding.shares) : ""))
        }
        lines += others.flatMap(\.lines) + allowed.map { "allowed all the same: \($0)" } + failures
        return lines + ["check: " + (passed ? "passed" : "FAILED")]
    }

    /// The tensor of which least survived.
    private static func spread(_ shares: [TensorShare]) -> String {
        let known = shares.compactMap { tensor in tensor.share.value.map { (tensor.path, $0) } }
        guard let least = known.min(by: { ($0.1, $0.0) < ($1.1, $1.0) }) else { return "" }
        return String(format: ", least in %@ (%.1f%%)", least.0, 100 * least.1)
    }
}
