// The same thing said of many rows, tensors or keys: one line with a count and three examples, not a line for each.

/// Messages in the order of their first appearance, those that say the same together.
public struct MessageGroups: Sendable, Equatable {
    private struct Message: Sendable, Equatable {
        let subject: String
        let text: String
    }

    private struct Group: Sendable, Equatable {
        var examples: [Message]
        var count: Int
    }

    private var groups: [Group] = []
    private var places: [String: Int] = [:]
    private let noun: String

    /// Examples of a group; a group of no more has a line for each.
    private static let exampleCount = 3
    /// Groups that are shown.
    private static let groupLimit = 20

    /// - Parameter noun: what the subjects are, in the plural: "tensors", "rows".
    public init(of noun: String) { self.noun = noun }

    /// Says `text` of `subject`. Texts that differ in their numbers only say the same.
    /// - Parameter sense: what makes two messages the same, where texts hold more than that: names that are near, shapes.
    public mutating func add(_ text: String, of subject: String, sense: String? = nil) {
        let key = sense ?? Self.withoutNumbers(text)
        let message = Message(subject: subject, text: text)
        guard let index = places[key] else {
            places[key] = groups.count
            groups.append(Group(examples: [message], count: 1))
            return
        }
        groups[index].count += 1
        if groups[index].examples.count < Self.exampleCount { groups[index].examples.append(message) }
    }

    /// All messages.
    public var count: Int { groups.reduce(0) { $0 + $1.count } }

    /// `subject: text` for a few; `421 tensors: text (such as a, b, c)` for many.
    public var lines: [String] {
        let lines = groups.prefix(Self.groupLimit).flatMap { group in
            guard group.count > Self.exampleCount else {
                return group.examples.map { ($0.subject.isEmpty ? "" : $0.subject + ": ") + $0.text }
            }
            let texts = Set(group.examples.map { Self.withoutNumbers($0.text) })
            guard texts.count == 1 else {
                return [
                    "\(group.count) \(noun), such as "
                        + group.examples.map { "\($0.subject): \($0.text)" }.joined(separator: "; ")
                ]
            }
            let subjects = group.examples.map(\.subject).joined(separator: ", ")
            return ["\(group.count) \(noun): \(group.examples[0].text) (such as \(subjects))"]
        }
        let rest = groups.dropFirst(Self.groupLimit).reduce(0) { $0 + $1.count }
        return rest > 0 ? lines + ["and \(rest) more"] : lines
    }

    /// The same with `change` made to every text.
    public func mapTexts(_ change: (String) -> String) -> MessageGroups {
        var result = self
        for index in groups.indices {
            result.groups[index].examples = groups[index].examples.map {
                Message(subject: $0.subject, text: change($0.text))
            }
        }
        return result
    }

    private static func withoutNumbers(_ text: String) -> String {
        var result = ""
        var isNumber = false
        for character in text {
            if !("0"..."9" ~= character) { result.append(character) } else if !isNumber { result.append("#") }
            isNumber = "0"..."9" ~= character
        }
        return result
    }
}
