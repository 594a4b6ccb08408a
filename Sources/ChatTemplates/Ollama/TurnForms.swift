// What a chat template writes around what is said, learnt from what it makes of conversations.

/// The texts between the contents of a conversation, in its order.
struct TurnForms {
    /// Makes the text of a conversation; the flag asks for the opening of an answer.
    typealias Rendering = ([TextTurn], _ opensAnswer: Bool) throws -> String

    /// Before the first turn of a user, where there is no system message.
    let begin: String
    /// Between what a user said and the answer.
    let userToAnswer: String
    /// Between an answer and what the user says next.
    let answerToUser: String
    /// After the last turn, up to the answer that is asked for.
    let end: String
    /// After a user's last turn, where no answer is asked for; nil where that is no part of what stands there otherwise.
    let userEnd: String?
    let answerEnd: String?
    /// Before and after a system message that comes first; nil where the template has no place for one.
    let system: (before: String, after: String)?
    /// What stands between a system message and the last turn of the user where it goes before that one; nil where it does not.
    let systemInLastTurn: String?

    /// nil where the template writes turns alike only now and then.
    init?(_ render: Rendering) throws {
        func texts(_ turns: String, opensAnswer: Bool = true, order: String? = nil) -> [String]? {
            guard let text = try? render(turns.enumerated().map(Self.turn), opensAnswer) else { return nil }
            return Self.texts(in: text, between: Self.contents(turns, order ?? turns))
        }
        guard let long = texts("uauau"), let short = texts("u"), long[0] == short[0], long[5] == short[1],
            long[1] == long[3], long[2] == long[4]
        else { return nil }
        (begin, userToAnswer, answerToUser, end) = (long[0], long[1], long[2], long[5])
        userEnd = texts("u", opensAnswer: false).map { $0[1] }
        answerEnd = texts("ua", opensAnswer: false).map { $0[2] }
        system = texts("su").map { ($0[0], $0[1]) }
        let late = texts("suau", order: "uasu")
        systemInLastTurn = late.flatMap { $0[0] == long[0] && $0[2] == long[2] ? $0[3] : nil }
    }

    /// A turn of which every other turn's content differs.
    private static func turn(_ number: Int, _ side: Character) -> TextTurn {
        switch side {
        case "s": TextTurn("system", "qzs\(number)zq")
        case "u": TextTurn("user", "qzu\(number)zq")
        default: TextTurn("assistant", "qza\(number)zq")
        }
    }

    /// The contents of the conversation `turns` in the order `order`: that of its sides where one goes elsewhere.
    private static func contents(_ turns: String, _ order: String) -> [String] {
        var left = turns.enumerated().map { ($1, turn($0, $1).content) }
        return order.compactMap { side in
            left.firstIndex { $0.0 == side }.map { left.remove(at: $0).1 }
        }
    }

    /// What stands before, between and after `contents`; nil where not each of them is there once.
    private static func texts(in text: String, between contents: [String]) -> [String]? {
        var texts: [String] = []
        var rest = Substring(text)
        for content in contents {
            guard let place = rest.range(of: content) else { return nil }
            texts.append(String(rest[..<place.lowerBound]))
            rest = rest[place.upperBound...]
        }
        texts.append(String(rest))
        return texts.contains { $0.contains("qz") } ? nil : texts
    }
}

extension String {
    /// What follows `start`; nil where it does not begin so.
    func after(_ start: String?) -> String? { start.flatMap { hasPrefix($0) ? String(dropFirst($0.count)) : nil } }

    /// What stands before `end`; nil where it does not end so.
    func before(_ end: String?) -> String? { end.flatMap { hasSuffix($0) ? String(dropLast($0.count)) : nil } }
}
