// A field of a file of rows, as far as its values tell what it is for.

internal import JSON

/// What stands under one name in the rows that were looked at.
struct FieldLook {
    let name: String
    /// Names of the JSON types that its values have, in the order in which they were met; nulls apart.
    private(set) var types: [String] = []
    /// Rows that have a value.
    private(set) var count = 0
    /// How often each short value stands there; nil once there are too many different ones, or a long one.
    private(set) var counts: [String: Int]? = [:]
    private(set) var characters = 0
    private(set) var longest = 0
    /// Whether each value is a number, or the text of one.
    private(set) var isNumeric = true
    /// Letters and digits with which its texts begin.
    private var signs = (letters: 0, digits: 0)
    /// Whether the elements of each list are texts.
    private var listsTexts = true
    /// Names of members that all elements of its lists have; nil before there was one.
    private var elementMembers: Set<String>?

    private static let mostValues = 200
    private static let longestLabel = 60

    init(_ name: String) { self.name = name }

    mutating func add(_ value: JSONValue) {
        guard !value.isEmptyCell else { return }
        count += 1
        if !types.contains(value.typeName) { types.append(value.typeName) }
        if value.bool != nil || value.array != nil || value.object != nil {
            isNumeric = false
        } else if value.double == nil {
            isNumeric = isNumeric && Double(value.string ?? "") != nil
        }
        let text = value.string ?? (value.array == nil && value.object == nil ? value.text() : "")
        characters += text.count
        longest = max(longest, text.count)
        for element in value.array ?? [] { add(element: element) }
        for scalar in text.unicodeScalars.prefix(Self.longestLabel) {
            if scalar.properties.numericType == .decimal {
                signs.digits += 1
            } else if scalar.properties.isAlphabetic {
                signs.letters += 1
            }
        }
        guard value.array == nil, value.object == nil, text.count <= Self.longestLabel else { return counts = nil }
        counts?[text, default: 0] += 1
        if let known = counts, known.count > Self.mostValues { counts = nil }
    }

    private mutating func add(element: JSONValue) {
        listsTexts = listsTexts && element.string != nil
        let names = Set(element.object?.members.map(\.key) ?? [])
        elementMembers = elementMembers?.intersection(names) ?? names
    }

    var isText: Bool { types == [JSONValue.string("").typeName] }
    var isList: Bool { types == [JSONValue.array([]).typeName] }
    /// Whether its values are lists of names.
    var isListOfTexts: Bool { isList && listsTexts }
    /// Whether its values are lists of messages, in either manner of writing them.
    var isTalk: Bool {
        [["role", "content"], ["from", "value"]].contains { isList && elementMembers?.isSuperset(of: $0) ?? false }
    }
    /// Whether it is text that says something, and no date, number or amount.
    var isSpoken: Bool { isText && signs.letters >= signs.digits }
    /// Whether each value is true or false, which tables of texts hold as texts.
    var isFlag: Bool {
        if types == [JSONValue.bool(true).typeName] { return true }
        guard isText, let counts, !counts.isEmpty else { return false }
        return counts.keys.allSatisfy { ["true", "false"].contains($0.lowercased()) }
    }
    var meanCharacters: Double { count > 0 ? Double(characters) / Double(count) : 0 }

    /// Whether its values are those of a few classes, each of which several rows have.
    var isFewClasses: Bool {
        guard let counts, counts.count >= 2 else { return false }
        return counts.count <= 100 && count >= 3 * counts.count
    }

    /// Whether its values are numbers that say how much of something there is: not yes and no.
    var isMeasure: Bool { isNumeric && count > 0 && !(isFewClasses && labels.count == 2) }

    /// Its values with their rows, the commonest first.
    var labels: [(name: String, rows: Int)] {
        (counts ?? [:]).map { ($0.key, $0.value) }.sorted { one, other in
            one.1 != other.1 ? one.1 > other.1 : one.0.utf8.lexicographicallyPrecedes(other.0.utf8)
        }
    }
}

extension JSONValue {
    /// Whether nothing stands there: null, or a text of white space alone, as tables have it.
    var isEmptyCell: Bool { isNull || string?.allSatisfy(\.isWhitespace) ?? false }
}
