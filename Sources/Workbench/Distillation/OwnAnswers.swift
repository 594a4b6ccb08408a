// On-policy distillation (GKD; Agarwal et al., 2023): a share of a step's rows is answered by the student as it stands, and
// the teacher says of each of its tokens what it would have said.

internal import Datasets
internal import Generation
internal import Models
internal import Recipes
internal import Tensors
internal import Training

/// Answers that the student writes to the prompts of a step.
final class OwnAnswers: StepRewriter {
    private let settings: WritingSection
    private let random: RandomStream
    private let seed: UInt64
    private let batchSize: Int
    private let stopTokens: Set<Int32>
    /// Tokens of the longest row, for which there is room.
    private let longest: Int
    /// Ids that both student and teacher know.
    private let vocabularySize: Int
    private let scheduler: GenerationScheduler

    /// `nil` where the student writes nothing.
    init?(_ session: Session, _ setup: TrainingSetup) throws {
        let recipe = session.recipe
        guard recipe.distill.isOnPolicy else { return nil }
        let base = try session.base()
        settings = recipe.distill.writing
        seed = UInt64(bitPattern: Int64(recipe.seed))
        random = RandomStream(seed: seed, purpose: .onPolicy)
        batchSize = recipe.train.batchSize
        stopTokens = base.stopIDs
        longest = (0..<setup.units.count).reduce(1) { max($0, setup.units.tokenCount($1)) }
        vocabularySize = setup.teacher?.vocabulary.size ?? base.configuration.vocabularySize
        scheduler = GenerationScheduler(
            try session.model(), arithmetic: GenerationArithmetic(recipe.model.precision), promptTokensPerStep: .max)
    }

    /// Bytes that writing takes beside a step's buffers.
    static func bytes(_ recipe: Recipe, _ model: LanguageModel, longest: Int) -> Int {
        guard recipe.distill.isOnPolicy else { return 0 }
        let answer = min(recipe.distill.writing.maxNewTokens, longest)
        let request = (prompt: max(1, longest - answer), answer: answer)
        return GenerationScheduler.predictedBytes(
            Array(repeating: request, count: recipe.train.batchSize), of: model,
            arithmetic: GenerationArithmetic(recipe.model.precision))
    }

    func rewritten(_ examples: [TokenizedExample], afterSteps step: Int) throws -> [TokenizedExample] {
        var numbers: [Int] = [], requests: [GenerationRequest] = []
        for (number, example) in examples.enumerated() {
            let draw = random.uniform(stream: UInt32(truncatingIfNeeded: step), index: UInt64(number))
            guard draw < settings.onPolicyShare, let prompt = example.promptOfLastAnswer, prompt.count < longest else {
                continue
            }
            numbers.append(number)
            requests.append(
                GenerationRequest(
                    prompt: prompt, maximumTokens: min(settings.maxNewTokens, longest - prompt.count),
                    sampler: sampler(step: step, row: number), stopTokens: stopTokens))
        }
        guard !requests.isEmpty else { return examples }
        var rewritten = examples
        for (number, (request, answer)) in zip(numbers, zip(requests, try scheduler.answers(to: requests))) {
            if let own = own(answer, to: request.prompt, in: examples[number]) { rewritten[number] = own }
        }
        return rewritten
    }

    private func sampler(step: Int, row: Int) -> Sampler {
        Sampler(
            temperature: settings.samplingTemperature, topP: settings.samplingTemperature > 0 ? settings.topP : 1,
            seed: seed, stream: UInt32(truncatingIfNeeded: step &* batchSize &+ row))
    }

    /// The row with the student's answer and its end; `nil` where it says nothing that both models know.
    private func own(_ answer: Answer, to prompt: [Int32], in example: TokenizedExample) -> TokenizedExample? {
        var written = answer.tokens
        if case .stopToken(let end) = answer.reason, prompt.count + written.count < longest { written.append(end) }
        guard !written.isEmpty, written.allSatisfy({ Int($0) < vocabularySize }) else { return nil }
        return TokenizedExample(
            ids: prompt + written,
            isTarget: Array(repeating: false, count: prompt.count) + Array(repeating: true, count: written.count),
            place: example.place, index: example.index, part: example.part)
    }
}
