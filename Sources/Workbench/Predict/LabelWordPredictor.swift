// One of given labels for every row: the one that the model would most likely answer with.

internal import Datasets
internal import Evaluation
internal import JSON
internal import Models
internal import Objectives
internal import Recipes
internal import Spelling

/// Chooses among label words, by the likelihood of each as the row's answer.
final class LabelWordPredictor: ChunkPredictor {
    private let questions: RowQuestions
    private let labels: [String]
    private let rowEvaluator: RowEvaluator
    private let areOfRows: Bool
    /// Room for an answer: tokens of the longest label and its end.
    private let labelTokens: Int

    let rowsAtOnce = 128

    /// For rows of classification of which the labels are known: by `data.labels`, or because every row has one.
    static func of(_ call: PredictionCall) throws -> (any RowPredictor)? {
        let data = call.session.recipe.data
        let reader = try RowQuestions.reader(call, hasLabels: !data.labels.isEmpty)
        guard reader.format == .classification else {
            guard data.labels.isEmpty else {
                throw Failure(
                    .badInput, "data.labels has no effect: the rows have data.format: \(reader.format.rawValue)",
                    hint: "labels are chosen for rows with a text: data.columns.text names its column")
            }
            return nil
        }
        let found = call.survey.values[data.columns["label"] ?? "label"] ?? nil
        let ofRows = Set((found ?? []).map { data.labelWords[$0] ?? $0 })
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let labels = data.labels.isEmpty ? ofRows : data.labels
        guard labels.count > 1 else {
            guard data.labels.isEmpty else {
                throw Failure(.badInput, "data.labels names one label, and there is nothing to choose")
            }
            call.observer.receive(
                .note("rows are answered in words: data.labels, with two labels at least, has them choose among these"))
            return nil
        }
        return ChunkedPredictor(try LabelWordPredictor(call, reader, labels, areOfRows: data.labels.isEmpty))
    }

    private init(_ call: PredictionCall, _ reader: QuestionReader, _ labels: [String], areOfRows: Bool) throws {
        let session = call.session
        try call.settings.requireNoGeneration(session.recipe, because: "rows are given one of their labels")
        self.labels = labels
        self.areOfRows = areOfRows
        let preparation = try session.preparation()
        labelTokens = labels.map { preparation.countTokens(" " + $0) }.max().map { $0 + 16 } ?? 0
        questions = try RowQuestions(call, reader, reserve: labelTokens)
        rowEvaluator = try RowEvaluator(session, CrossEntropyObjective())
    }

    var fields: [PredictionField] {
        [PredictionField(name: "label", kind: .text), PredictionField(name: "probabilities", kind: .numbers(labels))]
    }

    var identity: JSONValue {
        [
            "kind": "label words", "questions": .string(questions.identity),
            "labels": .array(labels.map { .string($0) }),
        ]
    }

    var predictedBytes: Int { rowEvaluator.predictedBytes(longest: questions.longest + labelTokens) }

    var notes: [String] {
        let whose = areOfRows ? " that stand in the rows" : ""
        return ["each row is given one of \(Count.text(labels.count, "label"))\(whose)"] + questions.notes
    }

    func question(_ row: SourceRow, counts: Bool) throws -> DataRow? {
        try questions.question(row, counts: counts)?.row
    }

    func predictions(of rows: [DataRow]) throws -> [Prediction] {
        let scores = try rowEvaluator.evaluator.scores(ofAlternatives: try rows.map(candidates))
        return try zip(rows, scores).map { row, sums in
            let losses = sums.map(\.lossSum)
            guard let choice = LabelLikelihood.choice(lossSums: losses) else {
                throw Failure(.badInput, "\(row.place): the labels' losses are no numbers")
            }
            let probabilities = zip(labels, LabelLikelihood.probabilities(lossSums: losses))
            return Prediction(values: [
                .text(labels[choice]), .numbers(probabilities.map { (name: $0, value: $1) }),
            ])
        }
    }

    /// The row answered with each of the labels.
    private func candidates(_ row: DataRow) throws -> [TokenizedExample] {
        var preparation = questions.preparation
        preparation.settings.maxLength = questions.opened.configuration.contextLength
        preparation.settings.tooLong = .drop
        let builder = preparation.builder
        return try labels.map { label in
            var report = DatasetReport()
            let answered = builder.replacingAnswer(of: row, with: label)
            guard let example = try builder.examples(of: answered, counting: &report).first else {
                throw Failure(.badInput, "\(row.place): the label \"\(label)\" has no tokens of its own there")
            }
            return example
        }
    }
}
