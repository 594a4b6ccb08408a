// HTML that is well-formed XML too, whatever texts go into it. Nothing else writes a `<`.

internal import Spelling

/// A piece of a page. Made of elements and texts; texts are escaped on their way in, so there is no way to forget it.
package struct Markup: Sendable {
    package private(set) var source = ""

    package static let empty = Markup()

    private init(source: String = "") { self.source = source }

    /// A text.
    package init(_ text: String) { Self.escape(text, isAttribute: false, into: &source) }

    /// An element. `nil` attributes are left out.
    package init(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?> = [:], _ children: Markup...)
    {
        self.init(name, attributes, children: children)
    }

    package init(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?> = [:], children: [Markup]) {
        source = "<\(name)"
        for (key, value) in attributes {
            guard let value else { continue }
            source += " \(key)=\""
            Self.escape(value, isAttribute: true, into: &source)
            source += "\""
        }
        // Void elements close themselves; others must not, or HTML takes them for open.
        guard !children.isEmpty || !Self.isVoid("\(name)") else {
            source += "/>"
            return
        }
        source += ">"
        for child in children { source += child.source }
        source += "</\(name)>"
    }

    /// An element that holds a text.
    package init(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?> = [:], _ text: String) {
        self.init(name, attributes, children: [Markup(text)])
    }

    /// Source that stands in this module: styles and the document's frame.
    package init(literal: StaticString) { source = "\(literal)" }

    package static func + (left: Markup, right: Markup) -> Markup { Markup(source: left.source + right.source) }

    package mutating func append(_ other: Markup) { source += other.source }

    /// Pieces one after the other.
    package static func list(_ pieces: [Markup]) -> Markup { Markup(source: pieces.map(\.source).joined()) }

    private static func isVoid(_ name: String) -> Bool {
        ["meta", "link", "br", "wbr", "hr", "rect", "line", "path", "use", "circle", "col"].contains(name)
    }

    private static func escape(_ text: String, isAttribute: Bool, into output: inout String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": output += "&amp;"
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            case "\"": output += "&quot;"
            case "'": output += "&#39;"
            case "\n" where !isAttribute: output += "\n"
            case "\n": output += "&#10;"
            case "\t" where !isAttribute: output += "\t"
            default:
                if scalar.isUnprintable { output += scalar.picture } else { output.unicodeScalars.append(scalar) }
            }
        }
    }
}
