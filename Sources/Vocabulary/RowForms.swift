// What rows are and how they become tokens, as recipes say it and the data hears it.

/// The form of a row.
public enum RowFormat: String, Codable, Sendable, CaseIterable {
    /// Told from the fields of the first row.
    case auto
    /// `messages`, each with `role` and `content`.
    case chat
    /// `prompt` and `completion`: texts, or lists of messages.
    case promptCompletion = "prompt_completion"
    /// `instruction`, `input`, `output`, and perhaps `system`.
    case alpaca
    /// `conversations`, each with `from` and `value`.
    case sharegpt
    /// `text`.
    case text
    /// `text` and `label`.
    case classification
    /// `text` and `spans`, or `tokens` and `tags`.
    case spans
    /// `chosen` and `rejected` after a prompt.
    case preference
    /// An answer with a `rating`.
    case rated
    /// `anchor` and `positive`, perhaps with `negative` or `negatives`: texts that are to be near one another, or far.
    case pairs
    /// `sentence1`, `sentence2` and a `score`: how near two texts are to be.
    case scoredPairs = "scored_pairs"
}

/// What happens to a row of too many tokens.
public enum TooLongRule: String, Sendable, CaseIterable {
    case error, truncate, drop
    /// The prompt loses its oldest text; the answer stays whole.
    case truncatePrompt = "truncate_prompt"
    /// A document is cut into sequences of the largest length, one after the other; other rows are an error.
    case chunk
}

/// Which turns of a conversation carry loss.
public enum TrainedTurns: String, Sendable, CaseIterable {
    /// All of the assistant's.
    case assistant
    /// The assistant's last one.
    case last
    /// Every token but the first.
    case all
}

/// Who speaks a turn.
public enum TurnRole: String, Sendable, CaseIterable { case system, user, assistant, tool }

/// How rows that a chat template may render or not become text: prompt and completion, Alpaca, classification.
public enum PromptStyle: String, Codable, Sendable, CaseIterable {
    /// `chat` where there is a template, else `plain`.
    case auto
    /// Messages through the chat template.
    case chat
    /// The texts as they stand, one after the other.
    case plain
}
