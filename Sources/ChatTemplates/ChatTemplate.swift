// A chat template: the small program in a model's files that turns messages into the text the model was trained on.

public import JSON

/// A parsed template. Rendering gives the bytes that Jinja2 gives in the environment that transformers sets up for chat
/// templates: `trim_blocks`, `lstrip_blocks`, the immutable sandbox, `break` and `continue`, `{% generation %}`.
public struct ChatTemplate: Sendable {
    /// The template as it was given.
    public let source: String
    private let body: [Statement]

    /// Reads a template.
    public init(source: String) throws(TemplateError) {
        self.source = source
        body = try Parser.parse(source)
    }

    /// A rendered text and where its `{% generation %}` blocks lie: ranges of UTF-8 bytes, in the order they were written.
    public struct Rendering: Sendable, Equatable {
        public let text: String
        public let generationSpans: [Range<Int>]
    }

    /// Renders a chat.
    ///
    /// - Parameters:
    ///   - messages: objects with `role` and `content`, and whatever else the template reads.
    ///   - addGenerationPrompt: whether the text ends with the opening of an assistant turn.
    ///   - extra: further variables: `bos_token`, `eos_token`, `tools`, `documents`, `enable_thinking`, …
    ///   - now: what `strftime_now` tells. Without it the function is undefined, and a template that asks
    ///     `strftime_now is defined` falls back to its fixed date.
    public func render(
        messages: [JSONValue], addGenerationPrompt: Bool, extra: JSONObject = JSONObject(), now: TemplateClock? = nil
    ) throws(TemplateError) -> String {
        try renderWithGenerationSpans(
            messages: messages, addGenerationPrompt: addGenerationPrompt, extra: extra, now: now
        ).text
    }

    /// Renders a chat, and tells what the template marks as said by the assistant.
    public func renderWithGenerationSpans(
        messages: [JSONValue], addGenerationPrompt: Bool, extra: JSONObject = JSONObject(), now: TemplateClock? = nil
    ) throws(TemplateError) -> Rendering {
        // Templates are written against transformers, where these two are always defined.
        var context = JSONObject([("tools", .null), ("documents", .null)])
        for member in extra.members { context[member.key] = member.value }
        context["messages"] = .array(messages)
        context["add_generation_prompt"] = .bool(addGenerationPrompt)
        return try rendering(of: context, now: now)
    }

    /// Renders with exactly the variables of `context`.
    public func render(context: JSONObject, now: TemplateClock? = nil) throws(TemplateError) -> String {
        try rendering(of: context, now: now).text
    }

    /// Whether the source has a `{% generation %}` tag at all.
    public var marksGeneration: Bool { ChatTemplate.marksGeneration(body) }

    private func rendering(of context: JSONObject, now: TemplateClock?) throws(TemplateError) -> Rendering {
        let scope = Scope(parent: nil)
        for member in context.members { scope.set(member.key, to: try Value(member.value)) }
        let interpreter = Interpreter(now: now)
        // The template's own names lie above the context, as in Jinja2.
        try interpreter.render(body, context: scope)
        return Rendering(text: interpreter.output, generationSpans: interpreter.generationSpans)
    }

    private static func marksGeneration(_ body: [Statement]) -> Bool {
        body.contains { statement in
            switch statement.kind {
            case .generation: true
            case .branch(let branches, let otherwise):
                branches.contains { marksGeneration($0.body) } || marksGeneration(otherwise)
            case .loop(let loop): marksGeneration(loop.body) || marksGeneration(loop.otherwise)
            case .setBlock(_, _, let body), .filterBlock(_, let body), .with(_, let body), .scope(let body):
                marksGeneration(body)
            case .macro(let macro), .callBlock(let macro, _, _): marksGeneration(macro.body)
            default: false
            }
        }
    }
}
