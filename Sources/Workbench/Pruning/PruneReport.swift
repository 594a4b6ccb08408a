// What was removed of a base, and what that costs before any training.

internal import Evaluation
internal import Files
internal import Foundation
public import JSON
internal import ModelExport
internal import Models
internal import Spelling
internal import Tensors
internal import WeightFiles

/// A pruned model.
public struct PruneReport: Presentable {
    /// The file beside the model.
    static let fileName = "pruning_report.json"

    let path: String
    let type: String
    let base: Size
    let pruned: Size
    let baseDigest: String
    let choice: PruneChoice
    /// The loss of base and pruned model on the same rows.
    let comparison: PairedComparison
    /// Which rows.
    let rows: String
    let warnings: [String]
    /// Of what was written, once it is in its place: bytes, and the digest of its files.
    var written: (bytes: Int, sha256: String)?

    /// What a model is made of.
    struct Size {
        let path: String
        let blocks: Int
        let mlpWidth: Int
        let heads: Int
        let groups: Int
        let tokens: Int
        let parameters: Int

        init(_ path: String, _ configuration: ModelConfiguration, _ weights: any WeightSource) {
            self.path = path
            let block = configuration.blocks[0]
            blocks = configuration.layers
            mlpWidth = block.feedForward.width
            tokens = configuration.vocabularySize
            (heads, groups) = (block.attention.shape.heads, block.attention.shape.groups)
            parameters = weights.paths.reduce(0) { $0 + (weights.shape(at: $1)?.elementCount ?? 0) }
        }
    }

    /// Of the base's blocks, those that stay.
    private var blocks: [Int] { choice.plan.blocks }
    private var removedBlocks: [Int] { (0..<base.blocks).filter { !blocks.contains($0) } }

    // MARK: For programs

    public var json: JSONValue {
        var object = facts
        if let written {
            object["bytes"] = .integer(written.bytes)
            object["sha256"] = .string(written.sha256)
        }
        if !warnings.isEmpty { object["warnings"] = .array(warnings.map { .string($0) }) }
        return .object(object)
    }

    /// What stands beside the model.
    private var facts: JSONObject {
        JSONObject(
            [
                ("path", .string(path)), ("type", .string(type)),
                ("kept_layers", Self.list(blocks)), ("removed_layers", Self.list(removedBlocks)),
                (
                    "base",
                    .object(
                        JSONObject(
                            [("path", .string(base.path)), ("sha256", .string(baseDigest))]
                                + Self.members(base, comparison.base)))
                ),
                ("pruned", .object(JSONObject(Self.members(pruned, comparison.adapter)))),
                (
                    "difference",
                    [
                        "loss": comparison.difference.map { .double($0) } ?? .null,
                        "ci95": comparison.ci95.map { [.double($0.lowerBound), .double($0.upperBound)] } ?? .null,
                        "verdict": comparison.verdict.map { .string($0.rawValue) } ?? .null,
                        "rows": .integer(comparison.rowCount),
                    ]
                ),
            ] + choice.members)
    }

    private static func list(_ numbers: [Int]) -> JSONValue { .array(numbers.map { .integer($0) }) }

    private static func members(_ size: Size, _ loss: Double?) -> [JSONObject.Member] {
        [
            ("layers", .integer(size.blocks)), ("mlp_width", .integer(size.mlpWidth)),
            ("heads", .integer(size.heads)), ("kv_heads", .integer(size.groups)), ("vocabulary", .integer(size.tokens)),
            ("parameters", .integer(size.parameters)),
            ("loss", loss.map { $0.isFinite ? .double($0) : .null } ?? .null),
        ]
    }

    /// Writes it into a folder that is being filled.
    func write(into folder: URL) throws {
        let text = JSONValue.object(facts).text(.pretty) + "\n"
        try AtomicFile.write(Array(text.utf8), to: folder.appendingPathComponent(Self.fileName))
    }

    // MARK: For people

    /// What is gone, a line each.
    var removed: [String] {
        var lines: [String] = []
        func add(_ what: String, _ before: Int, _ after: Int, _ which: String = "") {
            if after < before { lines.append("\(before - after) of \(before) \(what)\(which)") }
        }
        add("blocks", base.blocks, pruned.blocks, ": \(removedBlocks.asBlockList)")
        add("inner channels of each block", base.mlpWidth, pruned.mlpWidth)
        add("query heads of each block", base.heads, pruned.heads, ", of key heads \(base.groups - pruned.groups)")
        add("tokens", base.tokens, pruned.tokens, " that the rows never use")
        return lines + [String(format: "%.1f%% of %@", removedShare, Count.text(base.parameters, "weight"))]
    }

    private var removedShare: Double { 100 * (1 - Double(pruned.parameters) / Double(max(base.parameters, 1))) }

    /// What that costs, before any training.
    var losses: String {
        func shown(_ loss: Double?) -> String { loss.map { String(format: "%.4f", $0) } ?? "unknown" }
        let interval =
            comparison.ci95.map { String(format: ", 95%% interval %+.4f to %+.4f", $0.lowerBound, $0.upperBound) } ?? ""
        return "loss on \(rows): base \(shown(comparison.base)), pruned \(shown(comparison.adapter)) "
            + "(\(ComparedRows.shown(comparison.difference))\(interval)), before any training"
    }

    public var text: String {
        let size = written.map { " (\(ByteCount.text($0.bytes)))" } ?? ""
        return
            (["pruned to \(Count.text(pruned.blocks, "block")) in \(type): \(path: path)\(size)"]
            + removed.map { "removed: " + $0 } + choice.lines + [losses]).joined(separator: "\n")
    }
}
