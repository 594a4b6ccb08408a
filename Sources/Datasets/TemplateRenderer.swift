// The real chat template as data preparation sees it.

public import ChatTemplates
public import JSON
public import Tokenizers

/// A `ChatTemplate` with the variables of its tokenizer. No clock: a date in the text would make a run depend on its day.
public struct TemplateRenderer: ConversationRenderer {
    public let template: ChatTemplate
    private let variables: JSONObject

    /// - Parameter variables: `bos_token`, `eos_token` and what else the template reads.
    public init(_ template: ChatTemplate, variables: JSONObject) {
        self.template = template
        self.variables = variables
    }

    /// With the special tokens of `tokenizer`.
    public init(_ template: ChatTemplate, tokenizer: Tokenizer) {
        func text(_ id: Int32?) -> JSONValue { .string(id.flatMap { tokenizer.text(ofToken: $0) } ?? "") }
        self.init(
            template,
            variables: JSONObject([
                ("bos_token", text(tokenizer.bosID)), ("eos_token", text(tokenizer.eosID)),
                ("pad_token", text(tokenizer.padID)),
                ("unk_token", text(tokenizer.unknownID)),
            ]))
    }

    public func renderConversation(_ messages: [JSONValue], addGenerationPrompt: Bool, extra: JSONObject) throws
        -> String
    {
        var variables = self.variables
        for member in extra.members { variables[member.key] = member.value }
        return try template.render(messages: messages, addGenerationPrompt: addGenerationPrompt, extra: variables)
    }

    public var rendererSource: String { template.source + "\n" + JSONValue.object(variables).text() }
}
