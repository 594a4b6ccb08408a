// How rows became text, so that a model is asked in the form in which it was trained.

internal import JSON
public import Vocabulary

extension PromptStyle {
    /// Whether messages go through the template.
    func isChat(hasTemplate: Bool) -> Bool { self == .auto ? hasTemplate : self == .chat }
}

/// How the rows of a data set became text.
public struct RowRendering: Codable, Sendable, Equatable {
    public var format: RowFormat
    /// `chat` or `plain`.
    public var style: PromptStyle
    /// The recipe's system message for rows that have none.
    public var system: String?

    public init(format: RowFormat, style: PromptStyle, system: String?) {
        self.format = format
        self.style = style
        self.system = system
    }

    /// What stands before an answer in plain style: what was said, a line each. Prompts of prompt/completion rows end as they
    /// were written; those put together from other fields end their line.
    public static func plainPrompt(_ texts: [String], format: RowFormat) -> String {
        let text = texts.joined(separator: "\n")
        return format == .alpaca || format == .classification ? text + "\n" : text
    }

    /// Whether something stands between a prompt and its answer: white space, or a sign that ends a prompt.
    static func isSeparated(_ prompt: String, _ answer: String) -> Bool {
        guard let last = prompt.unicodeScalars.last, let first = answer.unicodeScalars.first else { return true }
        return last.properties.isWhitespace || first.properties.isWhitespace || promptEnds.contains(last)
    }

    /// Ends of "Answer:", "### Response =", "<|assistant|>", "[/INST]", "->".
    private static let promptEnds: Set<UnicodeScalar> = [":", "：", ">", "]", "}", "|", "=", "#", "→", "»"]
}

extension ConversationRenderer {
    /// The system message that the template writes by itself where a conversation has none; `nil` where it writes none.
    ///
    /// Found by rendering: what stands between the marks that a system message given gets is what the template puts there.
    public var defaultSystemMessage: String? {
        let (mark, question) = ("0c5f1d27", "7be03a94")
        func rendered(_ messages: [(String, String)]) -> Substring? {
            let values = messages.map { RowDecoder.message($0.0, $0.1) }
            let text = try? renderConversation(values, addGenerationPrompt: false, extra: JSONObject())
            return text.flatMap { text in text.firstRange(of: question).map { text[..<$0.lowerBound] } }
        }
        guard let given = rendered([("system", mark), ("user", question)]), let own = rendered([("user", question)]),
            let place = given.firstRange(of: mark)
        else { return nil }
        let (head, tail) = (given[..<place.lowerBound], given[place.upperBound...])
        guard own.count > head.count + tail.count, own.hasPrefix(head), own.hasSuffix(tail) else { return nil }
        let text = String(own.dropFirst(head.count).dropLast(tail.count)).trimmingWhiteSpace
        return text.isEmpty ? nil : text
    }
}
