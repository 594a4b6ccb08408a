// What the head of a task says of each row's text: its class, its classes, a number.

internal import Adapters
internal import Datasets
internal import Evaluation
internal import JSON
internal import Objectives
internal import Recipes
internal import Spelling
internal import Vocabulary

/// Asks the head that the adapter was trained with.
final class HeadPredictor: ChunkPredictor {
    private let head: SavedHead
    private let preparation: RowPreparation
    private let rowEvaluator: RowEvaluator
    private let decoder: RowDecoder
    private var report = DatasetReport()

    let rowsAtOnce = 256

    /// For adapters with the head of a task that answers a text as a whole.
    static func of(_ call: PredictionCall) throws -> (any RowPredictor)? {
        let task = call.session.recipe.task
        guard task != .embed, let head = try call.session.taskHead() else {
            guard task.hasHead else { return nil }
            throw Failure(
                .badInput, "task: \(task.rawValue): neither the model nor an adapter has the head of a task",
                hint: "name an adapter that was trained with one: --adapter")
        }
        return ChunkedPredictor(try HeadPredictor(call, head))
    }

    private init(_ call: PredictionCall, _ head: SavedHead) throws {
        let session = call.session, recipe = session.recipe
        try call.settings.requireNoGeneration(recipe, because: "rows are answered by the head of a task")
        try call.settings.requireNoVectors(hint: "leave it out")
        self.head = head
        preparation = try session.preparation(for: recipe.learnt)
        decoder = try RowDecoder(preparation.settings, format: .classification, hasTemplate: false)
        rowEvaluator = try RowEvaluator(session, recipe.learnt)
    }

    var fields: [PredictionField] {
        let probabilities = PredictionField(name: "probabilities", kind: .numbers(head.labels))
        if head.task == .regress { return [PredictionField(name: "value", kind: .number)] }
        return head.isMultiLabel
            ? [PredictionField(name: "labels", kind: .json), probabilities]
            : [PredictionField(name: "label", kind: .text), probabilities]
    }

    var identity: JSONValue {
        [
            "kind": "head", "task": .string(head.task.rawValue),
            "most_tokens": .integer(preparation.settings.maxLength),
            "too_long": .string(preparation.settings.tooLong.rawValue),
            "labels": .array(head.labels.map { .string($0) }),
        ]
    }

    var predictedBytes: Int { rowEvaluator.predictedBytes(longest: report.longestExample) }

    var notes: [String] {
        let limit = preparation.settings.maxLength
        var notes = ["each row is answered by the head of task \(head.task.rawValue)"]
        if head.isMultiLabel {
            notes.append(
                "a row has the labels that reach "
                    + (head.thresholds.isEmpty ? "a probability of 0.5" : "the thresholds that the head has for each"))
        }
        if report.truncatedRows > 0 {
            notes.append("\(Count.text(report.truncatedRows, "text")) cut at data.max_length (\(limit))")
        }
        if report.droppedRows > 0 {
            notes.append("\(Count.text(report.droppedRows, "text")) longer than data.max_length (\(limit)) left out")
        }
        return notes
    }

    func question(_ row: SourceRow, counts: Bool) throws -> TokenizedExample? {
        if counts {
            let example = try example(row, counting: &report)
            if let example { try preparation.opened.requireInVocabulary(example) }
            return example
        }
        var ignored = DatasetReport()
        return try example(row, counting: &ignored)
    }

    func predictions(of examples: [TokenizedExample]) throws -> [Prediction] {
        let scores = try rowEvaluator.evaluator.scores(of: examples).rows
        return try zip(examples, scores).map { example, score in
            guard score.answers.count == head.outputs, score.answers.allSatisfy(\.isFinite) else {
                throw Failure(.badInput, "\(example.place): the head's answer is no number")
            }
            return Prediction(values: values(score.answers))
        }
    }

    private func values(_ answers: [Double]) -> [Prediction.Value] {
        if head.task == .regress { return [.number(answers[0])] }
        guard head.isMultiLabel else {
            let probabilities = LabelLikelihood.probabilities(lossSums: answers.map { -$0 })
            let best = answers.indices.reduce(0) { answers[$1] > answers[$0] ? $1 : $0 }
            return [.text(head.labels[best]), named(probabilities)]
        }
        let probabilities = answers.map(LabelLikelihood.probability(logit:))
        let chosen = head.labels.indices.filter { place in
            probabilities[place] >= (head.thresholds.isEmpty ? 0.5 : head.thresholds[place])
        }.map { JSONValue.string(head.labels[$0]) }
        return [.json(.array(chosen)), named(probabilities)]
    }

    private func named(_ probabilities: [Double]) -> Prediction.Value {
        .numbers(zip(head.labels, probabilities).map { (name: $0, value: $1) })
    }

    /// The row's text as the head reads it; nil where it is too long and is left out.
    private func example(_ row: SourceRow, counting report: inout DatasetReport) throws -> TokenizedExample? {
        let data = DataRow(content: .document(try decoder.text(of: row)), place: row.place, index: row.index)
        var example = try preparation.builder.examples(of: data, counting: &report).first
        // What is wanted is not known, and a loss is not asked for.
        if !head.isMultiLabel { example?.wanted = [0] }
        return example
    }
}
