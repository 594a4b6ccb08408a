// Which texts of a row a step sees.

internal import Datasets
internal import JSON
internal import Recipes

/// The texts of a row that a step reads or rewrites.
public struct TextFields: Sendable {
    private enum Choice {
        /// Every text, however deep.
        case all
        /// What the row's format reads: prompts, answers, messages, documents; not names, addresses, labels.
        case content([[UInt8]])
        case paths([[[UInt8]]])
    }

    private let choice: Choice

    /// Every text of the row.
    public static let all = TextFields(choice: .all)

    /// - Parameters:
    ///   - paths: fields such as "messages.content"; a list on the way stands for each of its elements.
    ///   - columns: where the file has what the format reads.
    ///   - coversAll: what no path means: every text, or what the format reads.
    init(_ paths: [String], columns: ColumnNames, coversAll: Bool) {
        if !paths.isEmpty {
            choice = .paths(paths.map { $0.split(separator: ".").map { Array($0.utf8) } })
        } else if coversAll {
            choice = .all
        } else {
            choice = .content(Self.contentNames.flatMap { columns.sources(of: $0) })
        }
    }

    private init(choice: Choice) { self.choice = choice }

    /// What the row asks: the fields of prompts, the text of documents, the messages that no assistant wrote.
    static func prompt(columns: ColumnNames) -> TextFields {
        TextFields(choice: .content(promptNames.flatMap { columns.sources(of: $0) }))
    }

    private static let contentNames = [
        "messages", "conversations", "prompt", "completion", "instruction", "input", "output", "text", "chosen",
        "rejected", "anchor", "positive", "negative",
    ]
    private static let promptNames = ["prompt", "instruction", "input", "text", "anchor"]
    /// Members of messages that are no text of anybody's.
    private static let silentNames = ["role", "from", "type", "id", "tool_call_id"].map { Array($0.utf8) }

    // MARK: Reading

    /// Calls `body` with each text, in the row's order.
    func forEach(in fields: JSONObject, _ body: (String) -> Void) {
        switch choice {
        case .all: for member in fields.members { Self.visit(member.value, body) }
        case .content(let names):
            var isFound = false
            for member in fields.members where names.contains(where: { member.key.utf8.elementsEqual($0) }) {
                isFound = true
                Self.visitContent(member.value, body)
            }
            if !isFound { for member in fields.members { Self.visit(member.value, body) } }
        case .paths(let paths):
            for path in paths { Self.visit(.object(fields), path[...], body) }
        }
    }

    /// The texts one after the other, a line break between two.
    func appendText(of fields: JSONObject, to bytes: inout [UInt8]) {
        let start = bytes.count
        forEach(in: fields) { text in
            if bytes.count > start { bytes.append(0x0A) }
            bytes.append(utf8Of: text)
        }
    }

    private static func visit(_ value: JSONValue, _ body: (String) -> Void) {
        switch value {
        case .string(let text): body(text)
        case .array(let elements): for element in elements { visit(element, body) }
        case .object(let object): for member in object.members { visit(member.value, body) }
        default: break
        }
    }

    private static func visitContent(_ value: JSONValue, _ body: (String) -> Void) {
        switch value {
        case .string(let text): body(text)
        case .array(let elements): for element in elements { visitContent(element, body) }
        case .object(let object):
            for member in object.members where !silentNames.contains(where: { member.key.utf8.elementsEqual($0) }) {
                visitContent(member.value, body)
            }
        default: break
        }
    }

    private static func visit(_ value: JSONValue, _ path: ArraySlice<[UInt8]>, _ body: (String) -> Void) {
        if case .array(let elements) = value {
            for element in elements { visit(element, path, body) }
        } else if let name = path.first {
            guard case .object(let object) = value else { return }
            for member in object.members where member.key.utf8.elementsEqual(name) {
                visit(member.value, path.dropFirst(), body)
            }
        } else {
            visitScalar(value, body)
        }
    }

    /// Numbers and truth values that a path names count as the text that they are written with.
    private static func visitScalar(_ value: JSONValue, _ body: (String) -> Void) {
        switch value {
        case .integer, .digits, .double, .bool: body(value.text())
        default: visit(value, body)
        }
    }

    // MARK: Rewriting

    /// Replaces each text by what `change` gives for it and the key that it stands under; `nil` leaves it.
    func rewrite(_ fields: inout JSONObject, _ change: (String, _ key: String) -> String?) {
        switch choice {
        case .all:
            Self.rewrite(&fields) { _ in
                true
            } change: {
                change($0, $1)
            }
        case .content(let names):
            let isContent = { (key: String) in names.contains { key.utf8.elementsEqual($0) } }
            if fields.members.contains(where: { isContent($0.key) }) {
                Self.rewrite(&fields, where: isContent, change: change)
            } else {
                Self.rewrite(&fields) { _ in
                    true
                } change: {
                    change($0, $1)
                }
            }
        case .paths(let paths):
            for path in paths { Self.rewrite(&fields, path[...], change) }
        }
    }

    private static func rewrite(
        _ object: inout JSONObject, where isWanted: (String) -> Bool, change: (String, String) -> String?
    ) {
        for index in object.members.indices where isWanted(object.members[index].key) {
            let key = object.members[index].key
            rewrite(&object.members[index].value, key: key, change)
        }
    }

    private static func rewrite(_ value: inout JSONValue, key: String, _ change: (String, String) -> String?) {
        switch value {
        case .string(let text): if let new = change(text, key) { value = .string(new) }
        case .array(var elements):
            // The value lets go of its elements, or changing them would copy them.
            value = .null
            for index in elements.indices { rewrite(&elements[index], key: key, change) }
            value = .array(elements)
        case .object(var object):
            value = .null
            rewrite(&object, where: { _ in true }, change: change)
            value = .object(object)
        default: break
        }
    }

    private static func rewrite(
        _ object: inout JSONObject, _ path: ArraySlice<[UInt8]>, _ change: (String, String) -> String?
    ) {
        guard let name = path.first else { return }
        for index in object.members.indices where object.members[index].key.utf8.elementsEqual(name) {
            rewrite(&object.members[index].value, path.dropFirst(), key: object.members[index].key, change)
        }
    }

    private static func rewrite(
        _ value: inout JSONValue, _ path: ArraySlice<[UInt8]>, key: String, _ change: (String, String) -> String?
    ) {
        if path.isEmpty { return rewrite(&value, key: key, change) }
        switch value {
        case .array(var elements):
            value = .null
            for index in elements.indices { rewrite(&elements[index], path, key: key, change) }
            value = .array(elements)
        case .object(var object):
            value = .null
            rewrite(&object, path, change)
            value = .object(object)
        default: break
        }
    }
}

/// Which fields of the file hold what a format reads.
struct ColumnNames: Sendable, ExpressibleByDictionaryLiteral {
    private let columns: [String: String]
    /// Field of Lathe → the fields that its template names.
    private let templates: [String: [String]]
    /// Who speaks a conversation's turns.
    let roles: TurnRoles

    init(columns: [String: String], templates: [String: String], roles: TurnRoles = TurnRoles()) {
        self.columns = columns
        self.roles = roles
        // A template that cannot be read is refused where it is applied.
        self.templates = templates.mapValues { (try? FieldTemplate($0))?.sources ?? [] }
    }

    init(_ data: DataSection) {
        self.init(
            columns: data.columns, templates: data.template,
            roles: TurnRoles(names: data.roles.mapValues(\.rawValue), inTurn: data.turnRoles.map(\.rawValue)))
    }

    init(dictionaryLiteral elements: (String, String)...) {
        self.init(columns: Dictionary(elements, uniquingKeysWith: { $1 }), templates: [:])
    }

    /// The column that stands for a field, where the recipe names one.
    subscript(name: String) -> String? { columns[name] }

    /// The file's fields that a field of Lathe is made of.
    func sources(of name: String) -> [[UInt8]] {
        (templates[name] ?? [columns[name] ?? name]).map { Array($0.utf8) }
    }
}

extension [UInt8] {
    /// Appends the bytes of a text.
    mutating func append(utf8Of text: String) {
        let isDone: Void? = text.utf8.withContiguousStorageIfAvailable { append(contentsOf: $0) }
        if isDone == nil { append(contentsOf: text.utf8) }
    }
}
