// What an adapter that was extracted from two models holds of their difference, tensor by tensor.

internal import Adapters
internal import Foundation
public import JSON
internal import Spelling

/// An extraction.
public struct ExtractionReport: Presentable {
    /// The file beside the adapter.
    static let fileName = "extraction_report.json"

    let output: String
    let base: (path: String, digest: String)
    let tuned: (path: String, digest: String)
    let modules: [ExtractedModule]
    let unheld: [UnheldChange]
    let warnings: [String]

    /// The share of ‖ΔW‖² over all linear layers that the adapter holds.
    private var share: Double {
        let energy = modules.reduce(0) { $0 + $1.energy }
        return energy > 0 ? modules.reduce(0) { $0 + $1.heldEnergy } / energy : 1
    }

    /// What a person should know of what is not held.
    static func warnings(_ unheld: [UnheldChange]) -> [String] {
        guard !unheld.isEmpty else { return [] }
        let shown = unheld.prefix(8).map { change in
            change.path
                + (change.relativeChange.map { String(format: " (by %.2g of its length)", $0) } ?? " (of another shape)")
        }
        let rest = unheld.count > shown.count ? " and \(unheld.count - shown.count) more" : ""
        return [
            "\(Count.text(unheld.count, "tensor")) differ\(unheld.count == 1 ? "s" : "") that no adapter of linear layers "
                + "holds, so base + adapter is not all of the tuned model: " + shown.joined(separator: ", ") + rest
        ]
    }

    public var json: JSONValue {
        [
            "output": .string(output),
            "base": ["path": .string(base.path), "sha256": .string(base.digest)],
            "tuned": ["path": .string(tuned.path), "sha256": .string(tuned.digest)],
            "energy_kept": .double(share), "rank": .integer(modules.map(\.rank).max() ?? 0),
            "tensors": .array(
                modules.map { module in
                    [
                        "path": .string(module.path), "rank": .integer(module.rank),
                        "relative_change": Self.number(module.relativeChange), "energy_kept": .double(module.share),
                        "relative_error": .double(module.error), "approximate": .bool(module.isApproximate),
                    ]
                }),
            "not_held": .array(
                unheld.map {
                    ["path": .string($0.path), "relative_change": $0.relativeChange.map(Self.number) ?? .null]
                }),
            "warnings": .array(warnings.map { .string($0) }),
        ]
    }

    private static func number(_ value: Double) -> JSONValue { value.isFinite ? .double(value) : .null }

    public var text: String {
        let weakest = modules.min { $0.share < $1.share }
        let ranks = modules.map(\.rank)
        return [
            "extracted: \(Count.text(modules.count, "module")), rank "
                + (Set(ranks).count == 1 ? "\(ranks[0])" : "\(ranks.min() ?? 0) to \(ranks.max() ?? 0)"),
            String(format: "energy kept: %.2f%% of ‖ΔW‖²", 100 * share)
                + (weakest.map { String(format: ", least %.2f%% in ", 100 * $0.share) + $0.path } ?? ""),
            "adapter: \(path: output)",
        ].joined(separator: "\n")
    }
}
