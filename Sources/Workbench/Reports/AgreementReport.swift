// Whether adapters that were combined pull the same way, layer by layer.

internal import Adapters
internal import Foundation
internal import JSON

/// Two of the adapters, by their places in the combination.
struct AgreementReport: Sendable {
    let first: Int
    let second: Int
    let agreement: AdapterAgreement

    /// What is measured, as reports call it.
    private static var measures: [(name: String, value: KeyPath<AdapterAgreement.Module, Double>)] {
        [
            ("sign_conflicts", \.signConflicts), ("cosine", \.cosine), ("column_overlap", \.columnOverlap),
            ("row_overlap", \.rowOverlap),
        ]
    }

    var json: JSONValue {
        let means = Self.measures.map { ($0.name, agreement.mean($0.value).map { .double($0) } ?? JSONValue.null) }
        let modules = agreement.modules.map { module in
            JSONValue.object(
                JSONObject(
                    [("path", .string(module.path))]
                        + Self.measures.map { ($0.name, .double(module[keyPath: $0.value])) }))
        }
        return .object(
            JSONObject(
                [("first", .integer(first)), ("second", .integer(second))] + means + [("modules", .array(modules))]))
    }

    /// A row a block, means over its modules.
    var lines: [String] {
        func row(_ name: String, _ cells: [String]) -> String {
            "  " + name.padding(toLength: 10, withPad: " ", startingAt: 0)
                + cells.map { String(repeating: " ", count: max(1, 16 - $0.count)) + $0 }.joined()
        }
        let names = Self.measures.map { $0.name.replacingOccurrences(of: "_", with: " ") }
        var blocks: [(name: String, modules: [AdapterAgreement.Module])] = []
        for module in agreement.modules {
            let name = module.path.split(separator: ".").first { Int($0) != nil }.map { "block \($0)" } ?? module.path
            if blocks.last?.name == name {
                blocks[blocks.count - 1].modules.append(module)
            } else {
                blocks.append((name, [module]))
            }
        }
        return ["adapters \(first + 1) and \(second + 1):", row("", names)]
            + blocks.map { block in
                row(
                    block.name,
                    Self.measures.map { measure in
                        let sum = block.modules.reduce(0) { $0 + $1[keyPath: measure.value] }
                        return String(format: "%.3f", sum / Double(block.modules.count))
                    })
            }
    }
}
