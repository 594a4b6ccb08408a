// JSON out: the members' own order, the shortest digits that read back to the same number.

extension JSONValue {
    public enum Layout: Sendable {
        /// No white space at all.
        case compact
        /// Two spaces a level.
        case pretty
    }

    /// The value as JSON text. Numbers that JSON cannot hold (NaN, infinity) are written as `null`.
    public func text(_ layout: Layout = .compact) -> String {
        var output = ""
        write(into: &output, layout: layout, level: 0)
        return output
    }

    private func write(into output: inout String, layout: Layout, level: Int) {
        switch self {
        case .null: output += "null"
        case .bool(let bool): output += bool ? "true" : "false"
        case .integer(let integer): output += String(integer)
        case .digits(let digits): output += digits
        case .double(let double): output += double.isFinite ? "\(double)" : "null"
        case .string(let string): JSONValue.writeQuoted(string, into: &output)
        case .array(let elements):
            JSONValue.writeList("[", "]", elements, into: &output, layout, level) { element, output in
                element.write(into: &output, layout: layout, level: level + 1)
            }
        case .object(let object):
            JSONValue.writeList("{", "}", object.members, into: &output, layout, level) { member, output in
                JSONValue.writeQuoted(member.key, into: &output)
                output += layout == .pretty ? ": " : ":"
                member.value.write(into: &output, layout: layout, level: level + 1)
            }
        }
    }

    private static func writeList<Element>(
        _ opening: String, _ closing: String, _ elements: [Element], into output: inout String,
        _ layout: Layout, _ level: Int, _ writeElement: (Element, inout String) -> Void
    ) {
        output += opening
        for (index, element) in elements.enumerated() {
            if index > 0 { output += "," }
            if layout == .pretty { output += "\n" + String(repeating: "  ", count: level + 1) }
            writeElement(element, &output)
        }
        if layout == .pretty, !elements.isEmpty { output += "\n" + String(repeating: "  ", count: level) }
        output += closing
    }

    private static func writeQuoted(_ string: String, into output: inout String) {
        output += "\""
        JSONEscapes.append(string, to: &output)
        output += "\""
    }
}
