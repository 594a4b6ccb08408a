// Answers in words, generated many side by side: a row takes the place of one that is done.

internal import Datasets
internal import Generation
internal import JSON
internal import Models
internal import Recipes

/// Answers every row with a text.
final class AnswerPredictor: RowPredictor {
    private let questions: RowQuestions
    private let settings: GenerationSettings
    private let width: Int
    private let seed: UInt64
    private let model: LanguageModel
    private let arithmetic: GenerationArithmetic
    private lazy var scheduler = GenerationScheduler(
        model, arithmetic: arithmetic, limits: CacheLimits(width: width), promptTokensPerStep: .max)
    /// Rows that are being answered, with their tokens so far.
    private var answers: [RequestID: (row: Int, place: RowPlace, tokens: [Int32])] = [:]
    /// Rows that get no answer, not yet told.
    private var leftOut: [PredictedRow] = []
    private var longest = 1

    /// Any row that asks something is answered.
    static func of(_ call: PredictionCall) throws -> (any RowPredictor)? { try AnswerPredictor(call) }

    private init(_ call: PredictionCall) throws {
        let recipe = call.session.recipe
        (settings, width) = try call.settings.generation(recipe)
        seed = UInt64(bitPattern: Int64(recipe.seed))
        questions = try RowQuestions(call, RowQuestions.reader(call, hasLabels: false), reserve: 1)
        model = try call.session.model()
        arithmetic = GenerationArithmetic(recipe.model.precision)
    }

    let fields = [PredictionField(name: "text", kind: .text)]

    var identity: JSONValue {
        [
            "kind": "text", "questions": .string(questions.identity), "seed": .integer(Int(bitPattern: UInt(seed))),
            "max_new_tokens": .integer(settings.maxNewTokens), "temperature": .double(settings.temperature),
            "top_k": settings.topK.map { .integer($0) } ?? .null, "top_p": settings.topP.map { .double($0) } ?? .null,
            "min_p": settings.minP.map { .double($0) } ?? .null,
        ]
    }

    var predictedBytes: Int {
        GenerationScheduler.predictedBytes(
            Array(repeating: (prompt: max(1, questions.longest), answer: settings.maxNewTokens), count: width),
            of: model, arithmetic: arithmetic, limits: CacheLimits(width: width))
    }

    var notes: [String] { questions.notes }

    func check(_ row: SourceRow) throws { _ = try questions.question(row, counts: true) }

    /// As many wait as run, so that none of the places is empty for a step.
    var hasRoom: Bool { answers.count < 2 * width }

    func take(_ row: SourceRow) throws {
        guard let question = try questions.question(row, counts: false) else {
            leftOut.append(PredictedRow(row: row.index, prediction: nil))
            return
        }
        // Each row draws from a stream of its own, so that its answer does not depend on where work began.
        let sampler = Sampler(
            temperature: settings.temperature, topK: settings.topK, topP: settings.topP ?? 1,
            minP: settings.minP ?? 0, seed: seed, stream: UInt32(truncatingIfNeeded: row.index))
        let id = scheduler.add(
            GenerationRequest(
                prompt: question.ids, maximumTokens: settings.maxNewTokens, sampler: sampler,
                stopTokens: questions.opened.stopIDs))
        answers[id] = (row.index, row.place, [])
    }

    func work(isLast: Bool) throws -> [PredictedRow] {
        var done = leftOut
        leftOut = []
        for event in scheduler.step() {
            switch event {
            case .token(let id, let token): answers[id]?.tokens.append(token)
            case .finished(let id, let reason):
                guard let answer = answers.removeValue(forKey: id) else { continue }
                if case .failed(let error) = reason { throw Failure(.badInput, "\(answer.place): \(error)") }
                let tokens = questions.opened.textTokens(Answer(tokens: answer.tokens, reason: reason))
                let text = questions.opened.tokenizer.decode(tokens, skipSpecialTokens: true)
                done.append(PredictedRow(row: answer.row, prediction: Prediction(values: [.text(text)])))
            }
        }
        return done
    }
}
