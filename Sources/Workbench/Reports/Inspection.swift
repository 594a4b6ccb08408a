// What `lathe inspect` shows of a file or folder.

public import JSON
internal import Spelling

/// Facts about a model, an adapter, a checkpoint, a run, a weight file or a dataset.
public struct Inspection: Presentable {
    public let json: JSONValue

    public var text: String { Self.lines(json, indent: "").joined(separator: "\n") }

    /// Tensors of one type and shape, whatever their layer: one line with their number.
    private static func grouped(_ tensors: [JSONValue]) -> [String] {
        var groups: [(key: String, line: String, count: Int)] = []
        for tensor in tensors {
            let name = tensor["name"]?.string ?? "?"
            let bits = tensor["bits_per_weight"]?.double.map { "  \(Self.short($0)) bits" } ?? ""
            let form = "\(tensor["type"]?.string ?? "?")  \(tensor["shape"]?.string ?? "?")\(bits)"
            // The layers' numbers apart: model.layers.*.mlp.up_proj.
            let kind = name.split(separator: ".", omittingEmptySubsequences: false)
                .map { $0.allSatisfy(\.isNumber) && !$0.isEmpty ? "*" : String($0) }.joined(separator: ".")
            if let index = groups.firstIndex(where: { $0.key == kind + form }) {
                groups[index].count += 1
                groups[index].line = "\(kind)  \(form)"
            } else {
                groups.append((kind + form, "\(name)  \(form)", 1))
            }
        }
        return groups.map { $0.count > 1 ? "\($0.line)  × \($0.count)" : $0.line }
    }

    private static func lines(_ value: JSONValue, indent: String) -> [String] {
        (value.object?.members ?? []).flatMap { key, value -> [String] in
            switch value {
            case .array(let elements) where elements.isEmpty: return []
            case .object: return ["\(indent)\(ShownText.name(key)):"] + lines(value, indent: indent + "  ")
            case .array(let elements) where elements.contains { $0["name"] != nil && $0["shape"] != nil }:
                return ["\(indent)\(key): \(elements.count)"]
                    + grouped(elements).map { indent + "  " + ShownText.name($0) }
            case .array(let elements) where key == "holds":
                return ["\(indent)\(key): " + elements.compactMap(\.string).map(ShownText.name).joined(separator: ", ")]
            case .array(let elements) where key == "health":
                return elements.compactMap { HealthFinding($0) }
                    .map { "\(indent)health: \(ShownText.name($0.line))" }
            case .array(let elements) where elements.contains { $0.object != nil }:
                return ["\(indent)\(ShownText.name(key)):"]
                    + elements.map { element in
                        indent + "  "
                            + (element.object?.members.map { "\($0.key) \(shown($0.value))" }
                                .joined(separator: "  ") ?? element.text())
                    }
            default: return ["\(indent)\(ShownText.name(key)): \(shown(value))"]
            }
        }
    }

    private static func short(_ number: Double) -> String {
        number == number.rounded() ? "\(Int(number))" : "\(number)"
    }

    private static func shown(_ value: JSONValue) -> String { ShownText.name(value.string ?? value.text()) }
}
