// How rows become tokens. No default stands here: they stand in the recipe's data section.

public import Vocabulary

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
    /// Which turns carry loss; `all` is the same as `trainOnPrompt`.
    public var trainOn: TrainedTurns
    /// Field → template that builds it from the file's fields.
    public var templates: [String: String]
    /// Label of the file → word that the model answers.
    public var labelWords: [String: String]
    /// Role of the file → `system`, `user`, `assistant` or `tool`.
    public var roles: [String: String]
    /// Roles of messages that name none, in turn, from each conversation's first message on; empty: such messages are bad.
    public var turnRoles: [String]
    /// How prompt/completion, Alpaca and classification rows become text.
    public var promptStyle: PromptStyle
    /// The system message of rows that have none.
    public var system: String?
    /// What a model reads before each row, in front of the system message's own text.
    public var context: String?
    /// How files are read.
    public var input: InputSettings
    /// What the rows are to be: pairs, or sequences by themselves; `nil`: either. Decides no token.
    public var unit: ExampleUnit?
    /// The longest sequence that the model was made for, in tokens; `nil` where no model is known. Decides no token.
    public var contextLength: Int?
    /// What is asked of each text by a head of its own; `nil`: rows are answered with text.
    public var task: RowTask?
    /// With what a model begins to write that reads with an encoder; `nil` where what is read and what is written are one text.
    public var startToken: Int32?

    public init(
        format: RowFormat, columns: [String: String], labels: [String], maxLength: Int, tooLong: TooLongRule,
        trainOnPrompt: Bool, trainOn: TrainedTurns = .assistant, templates: [String: String] = [:],
        labelWords: [String: String] = [:], roles: [String: String] = [:], turnRoles: [String] = [],
        promptStyle: PromptStyle = .auto, system: String? = nil, input: InputSettings = .strict
    ) {
        self.format = format
        self.columns = columns
        self.labels = labels
        self.maxLength = maxLength
        self.tooLong = tooLong
        self.trainOnPrompt = trainOnPrompt || trainOn == .all
        self.trainOn = trainOn
        self.templates = templates
        self.labelWords = labelWords
        self.roles = roles
        self.turnRoles = turnRoles
        self.promptStyle = promptStyle
        self.system = system
        self.input = input
    }

    /// Throws where rows of the form, which is known, are not what is learnt from.
    public func requireUnit(_ place: RowPlace) throws(DatasetError) {
        if let task, !task.formats.contains(format) {
            throw DatasetError(
                .unsupported, place,
                "the rows have data.format: \(format.rawValue), and task: \(task.kind.rawValue) learns from "
                    + task.formats.map(\.rawValue).joined(separator: " or "),
                hint: "give rows with \(task.fields); data.columns maps names")
        }
        if task == nil, format == .spans {
            throw DatasetError(
                .unsupported, place, "the rows have data.format: spans, which task: tag learns from",
                hint: "set task: tag, or data.format to another form of row")
        }
        try requireSource(place)
        guard let unit, unit != ExampleUnit(format) else { return }
        let found = "the rows have data.format: \(format.rawValue)"
        switch unit {
        case .pair:
            throw DatasetError(
                .unsupported, place,
                found + ", and train.objective: dpo, cpo, simpo and orpo learn from pairs of answers",
                hint: "give rows with prompt, chosen and rejected, or train.objective: cross_entropy")
        case .rated:
            throw DatasetError(
                .unsupported, place, found + ", and train.objective: kto learns from rated answers",
                hint: "give rows with prompt, completion and label, or train.objective: cross_entropy")
        case .sequence:
            throw DatasetError(
                .unsupported, place, found + ", which train.objective: cross_entropy does not learn from",
                hint: ExampleUnit(format) == .rated
                    ? "train.objective: kto learns from ratings"
                    : "train.objective: dpo learns from pairs; to train on one of the answers: data.format: "
                        + "prompt_completion with data.columns: { prompt: …, completion: chosen }")
        }
    }

    /// The settings that change tokens, written the same way always.
    var canonicalText: String {
        func text(_ map: [String: String]) -> String {
            map.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "\u{1F}")
        }
        return [
            format.rawValue, text(columns), labels.joined(separator: "\u{1F}"), "\(maxLength)", tooLong.rawValue,
            "\(trainOnPrompt)", trainOn.rawValue, text(templates), text(labelWords), text(roles),
            turnRoles.joined(separator: "\u{1F}"), promptStyle.rawValue, system ?? "", input.canonicalText,
        ].joined(separator: "\u{1E}") + (context.map { "\u{1E}context \($0)" } ?? "") + (task?.canonicalText ?? "")
            + (startToken.map { "\u{1E}start \($0)" } ?? "")
    }
}

extension ExampleUnit {
    /// What rows of `format` give.
    fileprivate init(_ format: RowFormat) {
        self =
            switch format {
            case .preference: .pair
            case .rated: .rated
            default: .sequence
            }
    }
}
