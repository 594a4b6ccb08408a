// The spans that the head of task tag finds in each row's text.

internal import Adapters
internal import Datasets
internal import JSON
internal import Objectives
internal import Recipes
internal import Spelling
internal import Vocabulary

/// Asks a head that has a tag for each word.
final class SpanPredictor: ChunkPredictor {
    /// A text, and the words of it that the head answers.
    struct Question {
        let example: TokenizedExample
        let words: [Range<Int>]
        let text: [Unicode.Scalar]
    }

    private let head: SavedHead
    private let scheme: TagScheme
    private let preparation: RowPreparation
    private let decoder: RowDecoder
    private let rowEvaluator: RowEvaluator
    private var report = DatasetReport()

    let rowsAtOnce = 256

    /// For models with a head that answers words.
    static func of(_ call: PredictionCall) throws -> (any RowPredictor)? {
        guard let head = try call.session.taskHead(), head.task == .tag else { return nil }
        return ChunkedPredictor(try SpanPredictor(call, head))
    }

    private init(_ call: PredictionCall, _ head: SavedHead) throws {
        let session = call.session, recipe = session.recipe
        try call.settings.requireNoGeneration(recipe, because: "rows are answered by the head of a task")
        try call.settings.requireNoVectors(hint: "leave it out")
        self.head = head
        scheme = try head.scheme()
        preparation = try session.preparation(for: recipe.learnt)
        decoder = try RowDecoder(preparation.settings, format: .spans, hasTemplate: false)
        rowEvaluator = try RowEvaluator(session, recipe.learnt)
    }

    var fields: [PredictionField] { [PredictionField(name: "spans", kind: .json)] }

    var identity: JSONValue {
        [
            "kind": "spans", "most_tokens": .integer(preparation.settings.maxLength),
            "too_long": .string(preparation.settings.tooLong.rawValue),
            "labels": .array(head.labels.map { .string($0) }),
        ]
    }

    var predictedBytes: Int { rowEvaluator.predictedBytes(longest: report.longestExample) }

    var notes: [String] {
        let limit = preparation.settings.maxLength
        var notes = [
            "each word is tagged by the head of task \(head.task.rawValue); start and end of spans count characters (Unicode "
                + "scalars), of rows with tokens those of the tokens with a space between"
        ]
        if report.truncatedRows > 0 {
            notes.append("\(Count.text(report.truncatedRows, "text")) cut at data.max_length (\(limit))")
        }
        if report.droppedRows > 0 {
            notes.append("\(Count.text(report.droppedRows, "text")) longer than data.max_length (\(limit)) left out")
        }
        return notes + report.remarks.counts.map { $0.line("predicted") }
    }

    func question(_ row: SourceRow, counts: Bool) throws -> Question? {
        let (text, words) = try decoder.words(row)
        var ignored = DatasetReport()
        let asked =
            counts
            ? try preparation.builder.question(text, words: words, of: row, counting: &report)
            : try preparation.builder.question(text, words: words, of: row, counting: &ignored)
        guard let (example, words) = asked else { return nil }
        if counts { try preparation.opened.requireInVocabulary(example) }
        return Question(example: example, words: words, text: Array(text.unicodeScalars))
    }

    func predictions(of questions: [Question]) throws -> [Prediction] {
        let scores = try rowEvaluator.evaluator.scores(of: questions.map(\.example)).rows
        return try zip(questions, scores).map { question, score in
            let answers = TagAnswer.answers(score.answers)
            guard answers.count == question.words.count, answers.allSatisfy({ $0.probability.isFinite }) else {
                throw Failure(.badInput, "\(question.example.place): the head's answer is no number")
            }
            let spans = try FoundSpan.spans(answers, words: question.words, scheme, labels: head.labels)
            return Prediction(values: [.json(.array(spans.map { $0.json(in: question.text) }))])
        }
    }
}
