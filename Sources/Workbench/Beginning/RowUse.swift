// What rows can be trained for, and which of their columns say what.

internal import Datasets
internal import Recipes
internal import Vocabulary

/// What is to be learnt, as `lathe init --task` names it.
public enum RowPurpose: String, Sendable, CaseIterable {
    case chat
    case promptCompletion = "prompt_completion"
    case text
    case classification
    case regression
    case spans
    case preference
    case rated
    case pairs
    case scoredPairs = "scored_pairs"

    /// In a person's words.
    public var meaning: String {
        switch self {
        case .chat: "conversations: what the assistant says is learnt"
        case .promptCompletion: "answers to prompts"
        case .text: "texts to go on writing in their manner"
        case .classification: "which class a text is of"
        case .regression: "a number for a text"
        case .spans: "parts of a text that have a type, such as names and doses"
        case .preference: "which of two answers is better"
        case .rated: "single answers rated good or bad"
        case .pairs: "texts that belong together, for search by meaning"
        case .scoredPairs: "how near two texts are"
        }
    }

    /// Who answers: the language's head, or one of the task.
    var task: TaskKind {
        switch self {
        case .chat, .promptCompletion, .text, .preference, .rated: .generate
        case .classification: .classify
        case .regression: .regress
        case .spans: .tag
        case .pairs, .scoredPairs: .embed
        }
    }
}

/// A way to train on the rows of a file.
struct RowUse {
    let purpose: RowPurpose
    let format: RowFormat
    /// Fields of the form, each with the column that stands for it.
    let columns: [(field: String, column: String)]
    /// Whether the columns were told by what is in them, and not by their names.
    var isGuess = false

    /// Columns that are called otherwise than the form's fields.
    var renamed: [(field: String, column: String)] { columns.filter { $0.field != $0.column } }

    func column(_ field: String) -> String? { columns.first { $0.field == field }?.column }

    /// "prompt in "question", completion in "answer"".
    var words: String {
        columns.map { $0.field == $0.column ? "\"\($0.column)\"" : "\($0.field) in \"\($0.column)\"" }
            .joined(separator: ", ")
    }
}

extension RowUse {
    /// All ways that the columns of a file allow, the likeliest first.
    static func all(of look: FileLook) -> [RowUse] {
        let named = forms.compactMap { $0.use(of: look) }
        // What the names of columns say outweighs what they hold; of texts they say little.
        let uses = named + (named.allSatisfy { $0.purpose == .text } ? guesses(of: look) : [])
        var known: [RowUse] = []
        for use in uses where !known.contains(where: { $0.purpose == use.purpose }) { known.append(use) }
        // What reads as the file stands comes first; but every row that has more than a text has a text too.
        guard let first = look.sample.first, let format = try? RowDecoder.detect(first, columns: [:]), format != .text
        else { return known }
        let standing = known.firstIndex { $0.format == format && $0.renamed.isEmpty && $0.purpose != .pairs }
        if let standing, !known[..<standing].contains(where: { $0.renamed.isEmpty }) {
            known.insert(known.remove(at: standing), at: 0)
        }
        return known
    }

    /// A form of rows by the columns that it wants.
    private struct Form {
        let purpose: RowPurpose
        let format: RowFormat
        /// Fields with the names that stand for them, the form's own first.
        let fields: [(field: String, names: [String])]
        /// Whether the columns found hold what the form wants.
        var fits: @Sendable ([FieldLook]) -> Bool = { _ in true }

        func use(of look: FileLook) -> RowUse? {
            var taken: [FieldLook] = []
            for (_, names) in fields {
                guard let found = Self.column(names, look.fields, besides: taken.map(\.name)) else { return nil }
                taken.append(found)
            }
            guard fits(taken) else { return nil }
            return RowUse(
                purpose: purpose, format: format,
                columns: zip(fields, taken).map { (field: $0.0.field, column: $0.1.name) })
        }

        /// The first of `names` that a column has: as its whole name, else as one of its words.
        private static func column(_ names: [String], _ fields: [FieldLook], besides taken: [String]) -> FieldLook? {
            let free = fields.filter { !taken.contains($0.name) && $0.count > 0 }
            for name in names {
                if let found = free.first(where: { words($0.name).joined(separator: "_") == name }) { return found }
            }
            for name in names where name.count > 3 {
                // The number of a question is none.
                if let found = free.first(where: { words($0.name).contains(name) && words($0.name).last != "id" }) {
                    return found
                }
            }
            return nil
        }

        private static func words(_ name: String) -> [String] {
            name.lowercased().split { $0 == "_" || $0 == "-" || $0 == "." || $0.isWhitespace }.map(String.init)
        }
    }

    private static let prompts = [
        "prompt", "question", "instruction", "query", "input", "user", "request", "problem", "source", "ask", "message",
        "article", "document", "dialogue", "text", "q", "frage", "pregunta", "domanda", "问题", "提问",
    ]
    private static let completions = [
        "completion", "answer", "response", "output", "reply", "assistant", "solution", "target", "summary", "a",
        "antwort", "respuesta", "risposta", "回答", "答案",
    ]
    private static let talks = ["messages", "conversation", "conversations", "dialog", "dialogue", "turns", "chat"]
    private static let texts = [
        "text", "sentence", "review", "comment", "message", "content", "body", "utterance", "description", "query",
        "question", "note", "title", "headline", "document", "essay", "文本", "内容", "评论",
    ]
    private static let labels = [
        "label", "class", "category", "intent", "sentiment", "topic", "tag", "type", "department", "priority", "stars",
        "rating", "score", "diagnosis", "标签", "类别", "分类",
    ]

    /// Forms in the order in which they are looked for: those that nothing else looks like come first.
    private static let forms: [Form] = [
        Form(
            purpose: .preference, format: .preference,
            fields: [
                ("prompt", prompts), ("chosen", ["chosen", "preferred", "accepted", "better", "winner"]),
                ("rejected", ["rejected", "dispreferred", "worse", "loser"]),
            ]),
        // Both with the prompt before them.
        Form(purpose: .preference, format: .preference, fields: [("chosen", ["chosen"]), ("rejected", ["rejected"])]),
        Form(purpose: .chat, format: .chat, fields: [("messages", ["messages"])], fits: { $0[0].isList }),
        Form(purpose: .chat, format: .sharegpt, fields: [("conversations", ["conversations"])], fits: { $0[0].isList }),
        Form(purpose: .chat, format: .chat, fields: [("messages", talks)], fits: { $0[0].isTalk }),
        Form(
            purpose: .spans, format: .spans,
            fields: [("tokens", ["tokens", "words"]), ("tags", ["tags", "ner_tags"])],
            fits: { $0.allSatisfy(\.isList) }),
        Form(
            purpose: .spans, format: .spans, fields: [("text", texts), ("spans", ["spans", "entities"])],
            fits: { $0[1].isList }),
        Form(
            purpose: .scoredPairs, format: .scoredPairs,
            fields: [
                ("sentence1", ["sentence1", "sentence_1", "text1"]),
                ("sentence2", ["sentence2", "sentence_2", "text2"]), ("score", ["score", "similarity", "label"]),
            ], fits: { $0[2].isNumeric }),
        Form(
            purpose: .pairs, format: .pairs, fields: [("anchor", ["anchor"]), ("positive", ["positive"])]),
        Form(
            purpose: .rated, format: .rated,
            fields: [("prompt", prompts), ("completion", completions), ("label", ["label", "good", "liked"])],
            fits: { $0[2].isFlag }),
        // Dialogues of which people judged the next turn, as Taskmaster has them.
        Form(
            purpose: .rated, format: .rated,
            fields: [("context", ["context"]), ("generation", ["generation"]), ("reward", ["reward"])]),
        Form(
            purpose: .promptCompletion, format: .alpaca,
            fields: [("instruction", ["instruction"]), ("output", ["output"])]),
        Form(
            purpose: .promptCompletion, format: .promptCompletion,
            fields: [("prompt", prompts), ("completion", completions)],
            fits: {
                $0.allSatisfy { ($0.isText && !$0.isNumeric) || $0.isList }
                    && !($0[1].isFewClasses && $0[1].meanCharacters < 30)
            }),
        Form(
            purpose: .classification, format: .classification, fields: [("text", texts), ("label", labels)],
            fits: { $0[0].isText && $0[1].isFewClasses }),
        // Any number of them for each text.
        Form(
            purpose: .classification, format: .classification,
            fields: [("text", texts), ("label", labels + ["labels", "classes", "categories", "topics", "tags"])],
            fits: { $0[0].isText && $0[1].isListOfTexts }),
        Form(
            purpose: .regression, format: .classification, fields: [("text", texts), ("label", labels)],
            fits: { $0[0].isText && $0[1].isMeasure }),
        Form(
            purpose: .pairs, format: .pairs,
            fields: [
                ("anchor", ["question", "query", "prompt"]),
                ("positive", ["answer", "passage", "document", "context"]),
            ],
            fits: { $0.allSatisfy(\.isText) }),
        Form(purpose: .text, format: .text, fields: [("text", texts)], fits: { $0[0].isText }),
    ]

    /// What columns may be whose names say nothing, by what is in them.
    private static func guesses(of look: FileLook) -> [RowUse] {
        let texts = look.fields.filter { $0.isSpoken && !$0.isNumeric && $0.count > 0 }
        guard let longest = texts.max(by: { $0.meanCharacters < $1.meanCharacters }) else { return [] }
        func use(_ purpose: RowPurpose, _ format: RowFormat, _ columns: [(field: String, column: String)]) -> RowUse {
            RowUse(purpose: purpose, format: format, columns: columns, isGuess: true)
        }
        var uses: [RowUse] = []
        let others = look.fields.filter { $0.name != longest.name }
        if let label = others.first(where: { $0.isFewClasses && 2 * $0.meanCharacters < longest.meanCharacters }) {
            uses.append(use(.classification, .classification, [("text", longest.name), ("label", label.name)]))
        }
        if let measure = others.first(where: { labels.contains($0.name.lowercased()) && $0.isMeasure }) {
            uses.append(use(.regression, .classification, [("text", longest.name), ("label", measure.name)]))
        }
        let long = texts.filter { $0.meanCharacters >= 10 && !$0.isFewClasses }
        if long.count >= 2 {
            uses.append(
                use(.promptCompletion, .promptCompletion, [("prompt", long[0].name), ("completion", long[1].name)]))
        }
        uses.append(use(.text, .text, [("text", longest.name)]))
        // Short texts may be answers, too, and nobody would guess it.
        if long.count < 2, texts.count >= 2 {
            uses.append(
                use(.promptCompletion, .promptCompletion, [("prompt", texts[0].name), ("completion", texts[1].name)]))
        }
        return uses
    }
}
