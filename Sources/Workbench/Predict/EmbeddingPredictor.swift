// A vector for every row's text.

internal import DataReports
internal import Datasets
internal import Evaluation
internal import JSON
internal import Models
internal import Recipes
internal import Spelling
internal import Tensors

/// Reads each row's text and says where it stands, as the model's folder has it.
final class EmbeddingPredictor: ChunkPredictor {
    private let opened: OpenedModel
    private let embedder: TextEmbedder
    private let column: String
    private let drops: Bool
    private let refusesLong: Bool
    private var cut = 0
    private var leftOut = 0
    private let assumed: String?

    let rowsAtOnce = 512

    /// For `task: embed`, and for every model that writes nothing.
    static func of(_ call: PredictionCall) throws -> (any RowPredictor)? {
        let session = call.session, opened = try session.base()
        guard session.recipe.task == .embed || !opened.configuration.writesText else {
            try call.settings.requireNoVectors(hint: "set task=embed")
            return nil
        }
        guard !session.recipe.task.hasHead else {
            throw Failure(
                .badInput, "the model reads texts and has no head for task: \(session.recipe.task.rawValue)",
                hint: "name an adapter that was trained with one, or leave task out for vectors")
        }
        return ChunkedPredictor(try EmbeddingPredictor(call, opened))
    }

    private init(_ call: PredictionCall, _ opened: OpenedModel) throws {
        let recipe = call.session.recipe
        try call.settings.requireNoGeneration(recipe, because: "rows become vectors")
        let rule = recipe.isSet("data.too_long") ? recipe.data.tooLong : .truncate
        guard [.truncate, .drop, .error].contains(rule) else {
            throw Failure(
                .badInput, "data.too_long: \(rule.rawValue) does not say what becomes of a text that is too long",
                hint: "set data.too_long: truncate | drop | error")
        }
        (drops, refusesLong) = (rule == .drop, rule == .error)
        column = recipe.data.columns["text"] ?? "text"
        let (settings, isAssumed) = try call.session.vectorSettings()
        assumed =
            isAssumed
            ? "nothing beside the weights says how a text becomes a vector: the mean of its states, with a length of 1"
            : nil
        self.opened = opened
        embedder = try TextEmbedder(
            call.session.model(), opened.tokenizer, settings, width: call.settings.dimensions,
            mostTokens: recipe.isSet("data.max_length") ? recipe.data.maxLength : nil)
    }

    var fields: [PredictionField] { [PredictionField(name: "vector", kind: .vector(embedder.width))] }

    var identity: JSONValue {
        let settings = embedder.settings
        return [
            "kind": "vectors", "column": .string(column), "width": .integer(embedder.width),
            "pooling": .string("\(settings.pooling)"), "normalized": .bool(settings.isNormalized),
            "lowercases": .bool(settings.lowercases), "prompt": .string(settings.prompt),
            "most_tokens": .integer(embedder.mostTokens), "drops": .bool(drops), "refuses": .bool(refusesLong),
        ]
    }

    var predictedBytes: Int { embedder.predictedBytes }

    var notes: [String] {
        let (settings, most) = (embedder.settings, embedder.mostTokens)
        let which = [Pooling.mean: "the mean of its states", .first: "its first state", .last: "its last state"]
        var notes = [
            "each text becomes \(Count.text(embedder.width, "number")): \(which[settings.pooling] ?? "")"
                + (settings.isNormalized ? ", with a length of 1" : "")
        ]
        if let assumed { notes.append(assumed) }
        if !settings.prompt.isEmpty { notes.append("before each text: \"\(settings.prompt)\"") }
        if cut > 0 { notes.append("\(Count.text(cut, "text")) longer than \(most) tokens: the rest is not read") }
        if leftOut > 0 { notes.append("\(Count.text(leftOut, "text")) longer than \(most) tokens left out") }
        return notes
    }

    func question(_ row: SourceRow, counts: Bool) throws -> (place: RowPlace, text: String)? {
        let text = try text(row), tokens = embedder.tokens(of: text)
        guard !tokens.ids.isEmpty else {
            throw DatasetError([DatasetProblem(.empty, row.place, "the text has no token")])
        }
        guard tokens.isWhole || !refusesLong else {
            throw DatasetError([
                DatasetProblem(
                    .tooLong, row.place, "the text is longer than \(embedder.mostTokens) tokens",
                    hint: "set data.too_long: truncate | drop")
            ])
        }
        if counts {
            try opened.requireInVocabulary(tokens.ids, at: row.place)
            if !tokens.isWhole { if drops { leftOut += 1 } else { cut += 1 } }
        }
        return tokens.isWhole || !drops ? (row.place, text) : nil
    }

    func predictions(of rows: [(place: RowPlace, text: String)]) throws -> [Prediction] {
        do {
            return try embedder.vectors(of: rows.map(\.text)).map { Prediction(values: [.vector($0)]) }
        } catch EmbeddingError.notFinite(let number) {
            throw Failure(
                .badInput, "\(rows[number].place): the vector is not finite: numbers of the model are too large")
        }
    }

    private func text(_ row: SourceRow) throws -> String {
        guard let value = row.fields[column], !value.isNull else {
            throw DatasetError([
                DatasetProblem(
                    .missingField, row.place, "there is no field `\(column)`",
                    hint: "data.columns.text names the field of the texts")
            ])
        }
        guard let text = value.string else {
            throw DatasetError([DatasetProblem(.wrongType, row.place, "the field `\(column)` is no text")])
        }
        return text
    }
}
