// What of the rows does not reach the text, in the words of who wrote them.

public import Datasets
internal import Pages

extension RemarkCount {
    /// "2 training rows: 3 declared tools are not in the text that the chat template renders (a.jsonl:1, a.jsonl:4)".
    public func line(_ side: String) -> String {
        let rows = "\(Figures.count(self.rows)) \(side) \(self.rows == 1 ? "row" : "rows")"
        let more = self.rows > places.count ? ", …" : ""
        return rows + ": " + fact + " (" + places.map(\.description).joined(separator: ", ") + more + ")"
    }

    /// What is remarked, without the rows.
    public var fact: String {
        switch kind {
        case .systemPrompt: lost("system prompt")
        case .developerTurn: lost("turn of the developer", "turns of the developer")
        case .userTurn: lost("turn of the user, or part of it,", "turns of the user, or parts of them,")
        case .toolTurn: lost("result of a tool", "results of tools")
        case .otherTurn:
            lost("turn of the role \(shownDetail)", "turns of the role \(shownDetail)") + "; data.roles maps names"
        case .answer: lost("part of an answer", "parts of answers")
        case .reasoning: lost("piece of reasoning", "pieces of reasoning") + ", so nothing of it is trained"
        case .earlierReasoning:
            lost("piece of reasoning of an earlier answer", "pieces of reasoning of earlier answers")
        case .toolCall: lost("name or argument of a call of a tool", "names and arguments of calls of tools")
        case .tool: lost("declared tool")
        case .toolDetail: lost("description or parameter of a tool", "descriptions and parameters of tools")
        case .joinedParts: "content in parts is joined to one text, as the chat template takes no parts"
        case .lossElsewhere:
            Figures.count(count, "turn") + (count == 1 ? " asks" : " ask")
                + " for loss and is not the assistant's: data.train_on: all trains every turn"
        case .unknownRole:
            Figures.count(count, "turn") + (count == 1 ? " has" : " have")
                + " the role \(shownDetail), which the chat template "
                + "does not name: nothing of it is trained; data.roles maps names"
        case .unreadMember: "nothing reads the member \(shownDetail) of messages (\(Figures.count(count, "time")))"
        case .unreadField: "nothing reads the field \(shownDetail) (\(Figures.count(count, "time")))" + wayToRead
        case .cutWord:
            Figures.count(count, "word") + " behind data.max_length " + (count == 1 ? "has" : "have") + " no tag"
        case .lostWord:
            Figures.count(count, "word") + (count == 1 ? " has" : " have") + " no token, and so no tag"
        case .joinedWord:
            Figures.count(count, "word") + (count == 1 ? " begins" : " begin")
                + " with the token of the word before, and " + (count == 1 ? "shares" : "share") + " its tag"
        case .partedWord:
            Figures.count(count, "span") + (count == 1 ? " begins or ends" : " begin or end")
                + " within a word: all of the word is taken for it, and strict scores count it as not found"
        }
    }

    /// What would let the field be read.
    private var wayToRead: String {
        switch detail {
        case "label": "; data.format: classification trains on labels, and each row needs one"
        case "tools", "functions": "; data.prompt_style: chat shows them to a template that knows tools"
        case "system_prompt", "system_message": "; data.columns: { system: \(detail) } reads it"
        case "messages", "conversations": "; data.format: chat reads it, and not the fields of another form"
        case "prompt", "completion": "; data.format: prompt_completion reads it, and not the fields of another form"
        case "instruction", "input", "output": "; data.format: alpaca reads it, and not the fields of another form"
        case "text": "; data.format: text reads it, and not the fields of another form"
        case "context", "document", "documents", "passages": "; data.template puts a field into the prompt"
        case "sample_weight": "; each row counts as much as every other"
        case "image", "images", "video", "videos", "audio", "audios": "; only text is trained"
        default: ""
        }
    }

    private func lost(_ one: String, _ many: String? = nil) -> String {
        Figures.count(count, one, plural: many) + (count == 1 ? " is" : " are")
            + " not in the text that the chat template renders"
    }

    private var shownDetail: String { "\"" + (detail.count > 40 ? detail.prefix(39) + "…" : detail) + "\"" }
}
