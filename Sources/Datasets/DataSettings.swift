// How rows become tokens. No default stands here: they stand in the recipe's data section.

/// The form of a row.
public enum RowFormat: String, Sendable, CaseIterable {
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
}

/// What happens to a row of too many tokens.
public enum TooLongRule: String, Sendable, CaseIterable { case error, truncate, drop }

/// How rows become tokens.
public struct DataSettings: Sendable, Equatable {
    public var format: RowFormat
    /// Field of Lathe → column of the file.
    public var columns: [String: String]
    /// The label set of classification rows; empty: any label.
    public var labels: [String]
    public var maxLength: Int
    public var tooLong: TooLongRule
    /// Every token but the first carries loss.
    public var trainOnPrompt: Bool
    /// How files are read.
    public var input: InputSettings

    public init(
        format: RowFormat, columns: [String: String], labels: [String], maxLength: Int, tooLong: TooLongRule,
        trainOnPrompt: Bool, input: InputSettings = .strict
    ) {
        self.format = format
        self.columns = columns
        self.labels = labels
        self.maxLength = maxLength
        self.tooLong = tooLong
        self.trainOnPrompt = trainOnPrompt
        self.input = input
    }

    /// The settings that change tokens, written the same way always.
    var canonicalText: String {
        let columns = self.columns.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(
            separator: "\u{1F}")
        return [
            format.rawValue, columns, labels.joined(separator: "\u{1F}"), "\(maxLength)", tooLong.rawValue,
            "\(trainOnPrompt)", input.canonicalText,
        ].joined(separator: "\u{1E}")
    }
}
