// A recipe that is written for a person to read and change: the keys that were chosen, each below what it means.

/// Keys with their values, and why they have them.
public struct RecipeDraft: Sendable {
    /// A value as it will stand in the file.
    public enum Value: Sendable, Equatable {
        /// A number, true or false, or a word of the key's own.
        case word(String)
        /// Text of the person's: quoted where YAML would take it for something else.
        case text(String)
        /// Names to texts, in their order.
        case mapping([Entry])
        /// A list whose entries are YAML already, a line each; texts of the person's in them are `quoted`.
        case entries([String])

        /// A name with its text.
        public struct Entry: Sendable, Equatable {
            public var name: String
            public var text: String

            public init(_ name: String, _ text: String) {
                self.name = name
                self.text = text
            }
        }
    }

    private struct Line {
        let path: String
        let value: Value
        let reason: String?
    }

    private let introduction: [String]
    private var lines: [Line] = []

    /// Columns of a comment at most.
    private static let width = 100

    /// - Parameter introduction: what stands at the top, paragraph by paragraph.
    public init(_ introduction: [String]) { self.introduction = introduction }

    /// `text` as a value of YAML: in quotation marks where it would be taken for something else.
    public static func quoted(_ text: String) -> String { YAMLText.string(text) }

    /// Gives the key at `path`, as "data.train", a value.
    ///
    /// - Parameter reason: why it has this value; nil where nothing but its meaning needs saying.
    public mutating func set(_ path: String, _ value: Value, because reason: String? = nil) {
        lines.append(Line(path: path, value: value, reason: reason))
    }

    /// The recipe's text: sections and their keys in the order of the key table, the keys of a section in the order in which
    /// they were given.
    public var yaml: String {
        var text = introduction.map { Self.comment($0, "") }.joined(separator: "#\n")
        for key in Recipe.shape {
            let own = lines.filter { $0.path == key.name }
            let within = lines.filter { $0.path.hasPrefix(key.name + ".") }
            for line in own { text += "\n" + Self.text(of: line, named: key.name, meaning: key.meaning, "") }
            guard !within.isEmpty else { continue }
            text += "\n\(key.name):\n"
            for line in within {
                let name = String(line.path.dropFirst(key.name.count + 1))
                let meaning = key.members.first { $0.name == name }?.meaning ?? ""
                text += Self.text(of: line, named: name, meaning: meaning, "  ")
            }
        }
        return text
    }

    private static func text(of line: Line, named name: String, meaning: String, _ indentation: String) -> String {
        let said = [meaning, line.reason ?? ""].filter { !$0.isEmpty }
        return said.map { comment($0, indentation) }.joined() + indentation + name + ":"
            + written(line.value, indentation) + "\n"
    }

    private static func written(_ value: Value, _ indentation: String) -> String {
        switch value {
        case .word(let word): " " + word
        case .text(let text): " " + YAMLText.string(text)
        case .mapping(let entries):
            " { " + entries.map { "\(YAMLText.string($0.name)): \(YAMLText.string($0.text))" }.joined(separator: ", ")
                + " }"
        case .entries(let entries): entries.map { "\n\(indentation)  - \($0)" }.joined()
        }
    }

    /// Text as comments, words kept whole.
    private static func comment(_ text: String, _ indentation: String) -> String {
        var lines: [String] = []
        var line = ""
        // A line break would end the comment.
        for word in text.split(whereSeparator: \.isWhitespace) {
            if !line.isEmpty, indentation.count + 3 + line.count + word.count > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return (lines + [line]).map { "\(indentation)# \($0)\n" }.joined()
    }
}

extension KeyDescription {
    /// The keys of a section, or of an entry of a list.
    fileprivate var members: [KeyDescription] {
        func keys(_ shape: KeyShape) -> [KeyDescription] {
            switch shape {
            case .keys(let keys): keys
            case .any(let shapes): shapes.flatMap(keys)
            case .list(let element): keys(element)
            default: []
            }
        }
        return keys(shape)
    }
}
