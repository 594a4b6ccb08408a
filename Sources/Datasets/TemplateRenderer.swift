// The real chat template as data preparation sees it.

public import ChatTemplates
public import JSON
public import Tokenizers

/// A `ChatTemplate` with the variables of its tokenizer, and the one that takes its place where a row has tools. The date is a
/// given one: today's in the text would make a run depend on its day.
public struct TemplateRenderer: ConversationRenderer {
    public let template: ChatTemplate
    private let toolTemplate: ChatTemplate?
    private let variables: JSONObject
    private let date: TemplateClock
    public var name = "the chat template"

    /// - Parameters:
    ///   - toolTemplate: for conversations with tools.
    ///   - variables: `bos_token`, `eos_token` and what else the template reads.
    ///   - date: what `strftime_now` tells.
    public init(
        _ template: ChatTemplate, toolTemplate: ChatTemplate? = nil, variables: JSONObject,
        date: TemplateClock = .fixedDate
    ) {
        self.template = template
        self.toolTemplate = toolTemplate
        self.variables = variables
        self.date = date
    }

    /// With the special tokens of `tokenizer`.
    public init(
        _ template: ChatTemplate, toolTemplate: ChatTemplate? = nil, tokenizer: Tokenizer,
        date: TemplateClock = .fixedDate
    ) {
        func text(_ id: Int32?) -> JSONValue { .string(id.flatMap { tokenizer.text(ofToken: $0) } ?? "") }
        self.init(
            template, toolTemplate: toolTemplate,
            variables: JSONObject([
                ("bos_token", text(tokenizer.bosID)), ("eos_token", text(tokenizer.eosID)),
                ("pad_token", text(tokenizer.padID)),
                ("unk_token", text(tokenizer.unknownID)),
            ]), date: date)
    }

    public func renderConversation(_ messages: [JSONValue], addGenerationPrompt: Bool, extra: JSONObject) throws
        -> String
    {
        var variables = self.variables
        for member in extra.members { variables[member.key] = member.value }
        let hasTools = !(extra["tools"] ?? .null).isNull
        let template = hasTools ? toolTemplate ?? template : template
        return try template.render(
            messages: messages, addGenerationPrompt: addGenerationPrompt, extra: variables, now: date)
    }

    private var sources: [String] { [template.source] + (toolTemplate.map { [$0.source] } ?? []) }

    public func reads(_ member: String) -> Bool {
        sources.contains { Array($0.utf8).holds(Array(member.utf8)) }
    }

    public var dayTold: String? { reads("strftime_now") ? date.text("%Y-%m-%d") : nil }

    public var rendererSource: String {
        sources.joined(separator: "\n") + "\n" + JSONValue.object(variables).text() + (dayTold.map { "\n" + $0 } ?? "")
    }
}
