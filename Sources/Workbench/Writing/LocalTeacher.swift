// A teacher that writes here: a model and its adapter in a session of their own, opened when the first text is asked for.

internal import Datasets
internal import Digests
internal import Evaluation
internal import Files
internal import Foundation
internal import Generation
internal import JSON
internal import Models
internal import Objectives
internal import Recipes
internal import Synthesis
internal import Tensors

/// Writes answers with the scheduler, many side by side, and says how likely each is to its own mind.
final class LocalTeacher: TextTeacher {
    let name: String
    let digest: String
    let isChat: Bool
    private let session: Session
    private let context: TeacherContext?
    private var opened: Opened?

    /// What is needed to write.
    private struct Opened {
        let base: OpenedModel
        let preparation: RowPreparation
        let scheduler: GenerationScheduler
        let learner: Learner
        /// Tokens with which a line ends.
        let lineEnds: Set<Int32>
        let workspace: Workspace
    }

    /// Finds the teacher of `recipe`; nothing of it is opened but what says which it is.
    init(of recipe: Recipe) throws {
        var own = recipe
        own.model.path = recipe.distill.teacher ?? recipe.model.path
        // A template that the recipe brings is the student's.
        if !RealPath(own.model.path).isSame(as: RealPath(recipe.model.path)) { own.data.chatTemplate = nil }
        session = Session(ResolvedRecipe(own), adapter: recipe.distill.teacherAdapter)
        try session.base().requireOneText(for: "distill.teacher")
        context = try TeacherContext(recipe.distill.context)
        name = own.model.path + (recipe.distill.teacherAdapter.map { " with \($0)" } ?? "")
        let parts = [
            try session.base().digest(), try session.base().tokenizerDigest,
            try recipe.distill.teacherAdapter.map(StoredAdapter.digest) ?? "no adapter",
            context?.digest ?? "no context", try session.base().templateDigest ?? "no template",
            "\(session.precision.type)",
        ]
        isChat = try session.base().templates != nil
        digest = SHA256.hex(of: parts.joined(separator: "\n"))
    }

    /// What a person should know of how it is asked.
    func tell(_ observer: any RunObserver) throws { try session.rendering().tell(observer) }

    func write(_ requests: [WritingRequest]) throws -> [WrittenText] {
        let opened = try open()
        let asked = try requests.map { try ask($0, opened) }
        let answers: [Answer]
        do { answers = try opened.scheduler.answers(to: asked) } catch {
            throw Failure(.badInput, "the teacher cannot answer: \(error)")
        }
        let likelihoods = try logProbabilities(of: answers, to: asked, opened)
        return zip(answers, likelihoods).map { answer, logProbability in
            var isWhole = false
            if case .stopToken = answer.reason { isWhole = true }
            return WrittenText(
                text: opened.base.tokenizer.decode(opened.base.textTokens(answer), skipSpecialTokens: true),
                tokens: answer.tokens.count, isWhole: isWhole, logProbability: logProbability)
        }
    }

    private func open() throws -> Opened {
        if let opened { return opened }
        try session.startComputing()
        let base = try session.base(), model = try session.model()
        _ = try session.attachAdapter()
        var preparation = try session.preparation()
        preparation.settings.context = context?.text
        let tokenizer = base.tokenizer
        let ends = (0..<Int32(base.configuration.vocabularySize)).filter { tokenizer.tokenBytes($0).contains(0x0A) }
        let opened = Opened(
            base: base, preparation: preparation,
            scheduler: GenerationScheduler(
                model, arithmetic: GenerationArithmetic(session.recipe.model.precision), promptTokensPerStep: .max),
            learner: Learner(model, CrossEntropyObjective()), lineEnds: Set(ends), workspace: Workspace())
        self.opened = opened
        return opened
    }

    // MARK: Asking

    private func ask(_ request: WritingRequest, _ opened: Opened) throws -> GenerationRequest {
        let writing = session.recipe.distill.writing
        let sampler = Sampler(
            temperature: writing.samplingTemperature, topP: writing.samplingTemperature > 0 ? writing.topP : 1,
            seed: UInt64(bitPattern: Int64(session.recipe.seed)), stream: request.stream)
        func asked(_ row: DataRow) throws -> GenerationRequest {
            guard let prompt = try opened.preparation.builder.prompt(of: row)?.ids, !prompt.isEmpty else {
                throw Failure(.badInput, "\(row.place): there is no prompt that the teacher could answer")
            }
            guard prompt.count < opened.base.configuration.contextLength else {
                throw Failure(
                    .badInput, "\(row.place): the prompt's \(prompt.count) tokens fill the teacher's context",
                    hint: "leave such rows out, or shorten distill.context")
            }
            return GenerationRequest(
                prompt: prompt, maximumTokens: writing.maxNewTokens, sampler: sampler, stopTokens: opened.base.stopIDs)
        }
        switch request.wish {
        case .answer(let row): return try asked(row)
        case .reason(let row, let answer):
            return try asked(row.asking(ReasonPrompt.question(row.promptText, answer: answer)))
        case .another(let examples):
            // An adapter has learnt to answer, not to ask; and a line more of a list is what any model can write.
            return GenerationRequest(
                prompt: opened.base.tokenizer.encode(VariationPrompt.list(examples), addSpecialTokens: true).ids,
                maximumTokens: writing.maxNewTokens, sampler: sampler,
                stopTokens: opened.base.stopIDs.union(opened.lineEnds), adapters: AdapterBinding.none)
        }
    }

    // MARK: Likelihood

    /// The mean log-probability of each answer's tokens and its end, as the teacher with its adapter gives it; nil for
    /// texts that were written without it.
    private func logProbabilities(
        of answers: [Answer], to asked: [GenerationRequest], _ opened: Opened
    ) throws -> [Double?] {
        var examples: [TokenizedExample] = [], numbers: [Int] = []
        for (number, (answer, request)) in zip(answers, asked).enumerated() where request.adapters == nil {
            var written = answer.tokens
            if case .stopToken(let end) = answer.reason { written.append(end) }
            guard !written.isEmpty else { continue }
            let ids = request.prompt + written
            examples.append(
                TokenizedExample(
                    ids: ids, isTarget: ids.indices.map { $0 >= request.prompt.count },
                    place: RowPlace(file: "", line: 0), index: number))
            numbers.append(number)
        }
        var values = [Double?](repeating: nil, count: answers.count)
        guard !examples.isEmpty else { return values }
        let longest = examples.reduce(1) { max($0, $1.ids.count) }
        let evaluator = Evaluator(opened.learner, workspace: opened.workspace, rowLimit: max(longest, Self.rowsAtOnce))
        for (number, sums) in zip(numbers, try evaluator.scores(of: examples).rows) where sums.weight > 0 {
            values[number] = -sums.lossSum / Double(sums.weight)
        }
        return values
    }

    private static let rowsAtOnce = 512
}
