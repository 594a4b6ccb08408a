// New prompts after the pattern of given ones: a few of these are shown, and one more is asked for.

internal import Preparation
internal import Tensors

/// Asks for new prompts, and takes those that are new.
package struct PromptVariation {
    /// How many prompts a request shows.
    package static let shown = 8
    /// The similarity from which on a prompt is none of its own.
    static let threshold = 0.7
    /// Attempts for each prompt that is wanted, at most: a teacher that says the same again and again is left in the end.
    package static let attempts = 4
    /// What a prompt has at most.
    private static let mostCharacters = 2_000

    private let seeds: [String]
    private let random: RandomStream
    private var known = NearTexts(threshold: threshold)

    package init(of seeds: [String], seed: UInt64) {
        self.seeds = seeds.map(Self.onOneLine)
        random = RandomStream(seed: seed, purpose: .sampling)
        for text in self.seeds { _ = known.insert(text) }
    }

    /// The prompts that the request `attempt` shows, in an order of its own.
    package func examples(_ attempt: Int) -> [String] {
        let order = random.permutation(of: seeds.count, stream: WritingTask.variation.stream(attempt))
        return order.prefix(Self.shown).map { seeds[$0] }
    }

    /// What became of an attempt.
    package enum Verdict: String, CaseIterable {
        case taken
        case empty = "says nothing"
        case unfinished = "cut off"
        case near = "nearly the same as another prompt"
    }

    /// The prompt in what was written, and whether it is taken.
    package mutating func judge(_ written: WrittenText) -> (text: String, verdict: Verdict) {
        let text = Self.prompt(in: written.text)
        guard text.contains(where: \.isLetter) else { return (text, .empty) }
        guard written.isWhole, text.count <= Self.mostCharacters else { return (text, .unfinished) }
        return (text, known.insert(text) ? .taken : .near)
    }

    /// The first line that says something, without the number, bullet or quotation marks that lists have.
    package static func prompt(in text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline).map { $0.trimming(\.isWhitespace) }
        guard var line = lines.first(where: { !$0.isEmpty }) else { return "" }
        let marks = line.prefix { $0.isNumber }
        if !marks.isEmpty, let sign = line.dropFirst(marks.count).first, sign == "." || sign == ")" {
            line = line.dropFirst(marks.count + 1).trimming(\.isWhitespace)
        } else if let sign = line.first, "-*•".contains(sign), line.dropFirst().first?.isWhitespace == true {
            line = line.dropFirst(2).trimming(\.isWhitespace)
        }
        if line.count > 1, line.first == "\"", line.last == "\"" { line = line.dropFirst().dropLast() }
        return String(line)
    }

    static func onOneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}

/// How a model is asked for one text more.
public enum VariationPrompt {
    /// A list of `examples` that a model goes on with, up to the next line.
    public static func list(_ examples: [String]) -> String {
        let lines = examples.enumerated().map { "\($0 + 1). \($1)\n" }
        return "A list of different texts of one kind, each on a line of its own:\n\n" + lines.joined()
            + "\(examples.count + 1)."
    }

    /// The same as a question.
    public static func question(_ examples: [String]) -> String {
        "Here are \(examples.count) texts of one kind, each on a line of its own:\n\n"
            + examples.map { "- \($0)\n" }.joined()
            + "\nWrite one more text of this kind that says something else. Answer with the text alone, on one line."
    }
}

extension Substring {
    fileprivate func trimming(_ isOut: (Character) -> Bool) -> Substring {
        var text = drop(while: isOut)
        while let last = text.last, isOut(last) { text.removeLast() }
        return text
    }
}
