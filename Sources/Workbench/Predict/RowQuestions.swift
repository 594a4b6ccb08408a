// What rows ask, as a model's tokens, and what was counted on the way.

internal import DataReports
internal import Datasets
internal import Models
internal import Recipes
internal import Spelling
internal import Vocabulary

/// Turns rows into questions, and counts those that are cut, left out or not read whole.
final class RowQuestions {
    let opened: OpenedModel
    let reader: QuestionReader
    let preparation: RowPreparation
    /// Tokens of a question at most.
    private let limit: Int
    private let rule: TooLongRule
    /// Tokens of the longest question that was counted.
    private(set) var longest = 0
    private var cut = 0
    private var leftOut = 0
    private var remarks = RemarkCounts()

    /// - Parameter reserve: tokens that an answer needs beside the question, within the model's context.
    init(_ call: PredictionCall, _ reader: QuestionReader, reserve: Int) throws {
        let recipe = try call.session.renderedRecipe()
        opened = try call.session.base()
        self.reader = reader
        preparation = try call.session.preparation()
        let room = try opened.configuration.contextLength - call.session.tokensAhead() - max(reserve, 1)
        guard room > 0 else {
            throw Failure(
                .badInput,
                "an answer takes \(reserve) tokens and the model's context has room for \(room + max(reserve, 1))")
        }
        limit = recipe.isSet("data.max_length") ? min(recipe.data.maxLength, room) : room
        rule = recipe.data.tooLong
        guard rule != .truncate, rule != .chunk else {
            throw Failure(
                .badInput, "data.too_long: \(rule.rawValue) would cut off what a prompt ends with",
                hint: "set data.too_long: truncate_prompt | drop | error")
        }
    }

    /// How rows of the call are understood as questions.
    static func reader(_ call: PredictionCall, hasLabels: Bool) throws -> QuestionReader {
        let recipe = try call.session.renderedRecipe()
        guard let first = call.survey.first else { throw Failure(.badInput, "there are no rows") }
        let noted = try call.session.rendering().rendering.format
        return try QuestionReader(
            recipe.data.settings, first: first, noted: hasLabels ? .classification : noted,
            hasTemplate: call.session.renderer() != nil)
    }

    /// What the row asks; nil where it is too long and is left out.
    ///
    /// - Parameter counts: whether what becomes of the row is counted.
    func question(_ row: SourceRow, counts: Bool) throws -> QuestionTokens? {
        let asked = try reader.row(row)
        let question = try preparation.builder.question(of: asked, limit: limit, tooLong: rule)
        guard counts else { return question }
        remarks.count(asked.remarks, at: row.place)
        guard let question else {
            leftOut += 1
            return nil
        }
        try opened.requireInVocabulary(question.ids, at: row.place)
        if question.isCut { cut += 1 }
        longest = max(longest, question.ids.count)
        return question
    }

    /// What was counted, a line each.
    var notes: [String] {
        var lines: [String] = []
        if cut > 0 {
            lines.append(
                "\(Count.text(cut, "row")) lost \(opened.hasEncoder ? "the end" : "the oldest text") of the prompt to fit \(limit) tokens"
            )
        }
        if leftOut > 0 {
            lines.append("\(Count.text(leftOut, "row")) of more than \(limit) tokens left out: data.too_long: drop")
        }
        if reader.format == .text {
            lines.append(
                "rows of texts are continued as they stand; --set data.columns.prompt=text has them answered as prompts"
            )
        }
        return lines + remarks.counts.map { $0.line("predicted") }
    }

    /// All that decides the questions, beside rows, tokenizer and template.
    var identity: String { "\(reader.format.rawValue) \(limit) \(rule.rawValue)" }
}
