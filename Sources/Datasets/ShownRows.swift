// Few-shot prompts: rows with their answers that a model reads before it is asked another one.

internal import JSON

extension DataRow {
    /// The row asked after `rows`, each with its own answer: as earlier turns of a conversation, behind the row's own system message;
    /// of plain texts one after the other, with an empty line between two. Rows of another shape are not shown, and before a
    /// document nothing is.
    public func asked(after rows: [DataRow]) -> DataRow {
        var row = self
        switch content {
        case .conversation(let messages, let trained, let extra):
            let system = Array(messages.prefix(while: RowDecoder.isSystem))
            let shown = rows.flatMap { other -> [JSONValue] in
                guard case .conversation(let turns, _, _) = other.content else { return [] }
                return Array(turns.drop(while: RowDecoder.isSystem))
            }
            row.content = .conversation(
                messages: system + shown + messages.dropFirst(system.count), trained: trained.map { $0 + shown.count },
                extra: extra)
        case .completion(let prompt, let completion):
            let shown = rows.compactMap { other -> String? in
                guard case .completion(let prompt, let completion) = other.content else { return nil }
                return prompt + completion + "\n\n"
            }
            row.content = .completion(prompt: shown.joined() + prompt, completion: completion)
        case .document, .preference, .rated: break
        }
        return row
    }

    /// Whether `other` can be shown before it.
    public func canFollow(_ other: DataRow) -> Bool {
        switch (content, other.content) {
        case (.conversation, .conversation), (.completion, .completion): true
        default: false
        }
    }
}
