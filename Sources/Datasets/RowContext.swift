// A row as one reads it who knows more: with a context before it. What the row answers stays what it is.

internal import JSON

extension DataRow {
    /// The row after `context`: in front of its system message's text, as its system message where it has none, or in front of its
    /// plain prompt.
    public func reading(_ context: String) -> DataRow {
        var row = self
        switch content {
        case .conversation(let messages, let trained, let extra):
            let (messages, added) = Self.messages(messages, reading: context)
            row.content = .conversation(messages: messages, trained: trained.map { $0 + added }, extra: extra)
        case .completion(let prompt, let completion):
            row.content = .completion(prompt: context + "\n\n" + prompt, completion: completion)
        case .preference(var pair):
            pair.prompt = Self.messages(pair.prompt, reading: context).messages
            row.content = .preference(pair)
        case .document(let text): row.content = .document(context + "\n\n" + text)
        case .rated(let messages, let rating):
            row.content = .rated(messages: Self.messages(messages, reading: context).messages, rating: rating)
        }
        return row
    }

    private static func messages(
        _ messages: [JSONValue], reading context: String
    ) -> (messages: [JSONValue], added: Int) {
        guard let first = messages.first, RowDecoder.isSystem(first), var object = first.object else {
            return ([RowDecoder.message("system", context)] + messages, 1)
        }
        object["content"] = .string(context + "\n\n" + MessageText.of(first))
        return ([.object(object)] + messages.dropFirst(), 0)
    }
}
