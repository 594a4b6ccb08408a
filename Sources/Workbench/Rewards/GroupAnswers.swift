// Answers that the model writes to the rows of a step, several to each, with how good each is beside the others.

internal import Datasets
internal import Evaluation
internal import Generation
internal import Models
internal import Objectives
internal import Recipes
internal import Tensors
internal import Tokenizers
internal import Training

/// Puts groups of answers in the place of a step's rows.
final class GroupAnswers: StepRewriter {
    let sequencesOfEach: Int
    let stepsOfEach: Int
    let train: TrainSection
    private let seed: UInt64
    let opened: OpenedModel
    private let model: LanguageModel
    /// What answers are held against.
    private let reference: AdapterBinding
    let rewards: RecipeRewards
    private let rows: any RowList
    /// Where the row of a number stands in the list.
    private let places: [Int: Int]
    private let workspace: Workspace
    private let rowLimit: Int
    let scheduler: GenerationScheduler
    /// What is learnt from in several steps.
    private var written: (step: Int, examples: [TokenizedExample])?

    /// `nil` where the model writes nothing that it learns from.
    init?(_ session: Session, _ setup: TrainingSetup) throws {
        guard let rewards = setup.rewards else { return nil }
        let recipe = session.recipe
        train = recipe.train
        (sequencesOfEach, stepsOfEach) = (train.policy.numGenerations, train.policy.numIterations)
        seed = UInt64(bitPattern: Int64(recipe.seed))
        opened = try session.base()
        model = try session.model()
        reference = try session.reference()?.adapters ?? .none
        self.rewards = rewards
        rows = setup.split.train.rows
        places = try rows.places
        try rewards.tryPrograms(on: rows)
        workspace = setup.workspace
        rowLimit = setup.memory.rowLimit
        scheduler = GenerationScheduler(
            model, arithmetic: GenerationArithmetic(recipe.model.precision), promptTokensPerStep: .max)
    }

    /// Throws where a row asks nothing, or leaves no room for an answer.
    /// - Parameter contextLength: that of the model, less what stands before a prompt.
    static func check(_ examples: any ExampleSource, _ recipe: Recipe, contextLength: Int) throws {
        for index in 0..<examples.count {
            guard let prompt = try examples.example(index).promptOfLastAnswer else {
                throw Failure(
                    .badInput, "\(examples.place(index)): there is nothing to answer",
                    hint: "train.objective: \(recipe.train.objective.rawValue) is of rows with a prompt")
            }
            let most = recipe.train.policy.maxCompletionLength
            guard prompt.count + most > contextLength else { continue }
            throw Failure(
                .badInput,
                "\(examples.place(index)): \(prompt.count) tokens and train.max_completion_length: \(most) are more than the "
                    + "\(contextLength) that the model's context has room for",
                hint: "lower train.max_completion_length")
        }
    }

    /// Bytes that writing takes beside a step's buffers: answers to the rows of a step, or to held-out rows.
    static func bytes(_ recipe: Recipe, _ model: LanguageModel, longest: Int, heldOut: DatasetReport?) -> Int {
        guard recipe.train.objective.writesAnswers else { return 0 }
        func bytes(_ answers: Int, longest: Int) -> Int {
            let request = (prompt: longest, answer: recipe.train.policy.maxCompletionLength)
            return GenerationScheduler.predictedBytes(
                Array(repeating: request, count: answers), of: model,
                arithmetic: GenerationArithmetic(recipe.model.precision))
        }
        let ofStep = bytes(recipe.train.batchSize * recipe.train.policy.numGenerations, longest: longest)
        guard let heldOut else { return ofStep }
        return max(ofStep, bytes(min(heldOut.rows, answersBetweenLooks), longest: heldOut.longestExample))
    }

    func rewritten(_ examples: [TokenizedExample], afterSteps step: Int) throws -> [TokenizedExample] {
        let first = step - step % stepsOfEach
        if let written, written.step == first, step > first { return written.examples }
        precondition(step == first, "a run goes on where answers are written")
        let examples = try write(examples, step)
        written = (step, examples)
        return examples
    }

    private func write(_ examples: [TokenizedExample], _ step: Int) throws -> [TokenizedExample] {
        let policy = train.policy
        let requests = examples.enumerated().flatMap { number, example in
            (0..<policy.numGenerations).map { copy in
                GenerationRequest(
                    prompt: example.promptOfLastAnswer ?? [], maximumTokens: policy.maxCompletionLength,
                    sampler: Sampler(
                        temperature: policy.temperature, topP: policy.topP, seed: seed,
                        stream: UInt32(
                            truncatingIfNeeded: (step / stepsOfEach &* train.batchSize &+ number)
                                &* policy.numGenerations &+ copy)),
                    stopTokens: opened.stopIDs)
            }
        }
        let answers = try scheduler.answers(to: requests)
        let owners = examples.flatMap { Array(repeating: $0, count: policy.numGenerations) }
        let judged = try rewards.judged(
            zip(owners, answers).map { owner, answer in
                try opened.judged(answer, to: rows, places.place(of: owner))
            })
        let sequences = zip(owners, zip(requests, answers)).map { owner, answer in
            owner.answered(by: answer.1, to: answer.0.prompt)
        }
        return try learnt(sequences, judged, isCut: answers.map { $0.reason == .maximumTokens })
    }

    /// The answers with what is known of each.
    private func learnt(
        _ sequences: [TokenizedExample], _ judged: RecipeRewards.Judged, isCut: [Bool]
    ) throws -> [TokenizedExample] {
        let policy = train.policy, isRLOO = train.objective == .rloo, size = policy.numGenerations
        let hasReference = train.policyBeta > 0
        let old = policy.numIterations > 1 || (isRLOO && hasReference) ? try logProbabilities(sequences) : nil
        let reference = hasReference ? try logProbabilities(sequences, under: self.reference) : nil
        var rewards = judged.rewards, distances: [Double]?
        if isRLOO, let old, let reference {
            let found = zip(old, reference).map { zip($0, $1).reduce(0) { $0 + Double($1.0) - Double($1.1) } }
            rewards = zip(rewards, found).map { $0 - train.policyBeta * $1 }
            distances = found
        }
        let advantages =
            isRLOO
            ? Advantages.leavingOneOut(rewards, size: size, isNormalised: policy.normalizeAdvantages)
            : Advantages.ofGroups(rewards, size: size, scale: policy.scaleRewards)
        let areAlike = Advantages.areAlike(rewards, size: size)
        return sequences.indices.map { index in
            var sequence = sequences[index]
            let own = [areAlike[index] ? 1.0 : 0, isCut[index] ? 1.0 : 0] + (distances.map { [$0[index]] } ?? [])
            let told = judged.told[index] + own
            sequence.wanted =
                WrittenAnswer(
                    advantage: Float(advantages[index]), told: told.map { Float($0) },
                    old: policy.numIterations > 1 ? old?[index] : nil, reference: isRLOO ? nil : reference?[index]
                ).numbers
            return sequence
        }
    }

    /// log p of each token of the answers, as the model stands or under other adapters; without dropout.
    private func logProbabilities(
        _ sequences: [TokenizedExample], under adapters: AdapterBinding? = nil
    ) throws -> [[Float]] {
        var found: [[Float]] = [], start = 0
        while start < sequences.count {
            var (end, rows) = (start, 0)
            repeat {
                rows += sequences[end].ids.count + model.rowsAhead
                end += 1
            } while end < sequences.count && rows + sequences[end].ids.count + model.rowsAhead <= rowLimit
            let part = Array(sequences[start..<end])
            let batch = TokenBatch(examples: part.map { ($0.ids, $0.isTarget) })
            let pass = try model.pass(model.sharesPrompts(nil) ? batch.sharingPrompts : batch, workspace: workspace)
            let losses = try pass.tokenLosses(
                under: adapters ?? model.adapters, temperature: train.policy.temperature)
            var values = losses.values.map { -$0 }[...]
            for sequence in part {
                found.append(Array(values.prefix(sequence.targetCount)))
                values = values.dropFirst(sequence.targetCount)
            }
            start = end
        }
        return found
    }
}

extension TokenizedExample {
    /// What stands before the last answer; nil where nothing does.
    var promptOfLastAnswer: [Int32]? {
        guard let last = isTarget.lastIndex(of: true) else { return nil }
        let start = isTarget[..<last].lastIndex(of: false).map { $0 + 1 } ?? last
        return start > 0 ? Array(ids[..<start]) : nil
    }

    /// The same row answered otherwise, with the answer's end where it has one.
    fileprivate func answered(by answer: Answer, to prompt: [Int32]) -> TokenizedExample {
        let written = answer.written
        return TokenizedExample(
            ids: prompt + written, isTarget: prompt.map { _ in false } + written.map { _ in true }, place: place,
            index: index, part: part)
    }
}

extension OpenedModel {
    /// An answer as rewards see it.
    /// - Parameter index: of the row that was answered.
    func judged(_ answer: Answer, to rows: any RowList, _ index: Int) throws -> JudgedAnswer {
        JudgedAnswer(
            prompt: try rows.row(index).promptText,
            text: tokenizer.decode(textTokens(answer), skipSpecialTokens: true), fields: try rows.fields(index))
    }
}

extension RowList {
    /// Where the row of each number stands.
    var places: [Int: Int] {
        get throws { Dictionary(uniqueKeysWithValues: try (0..<count).map { (try number($0), $0) }) }
    }
}

extension [Int: Int] {
    /// Where the row of a sequence stands, of whose list these are the places.
    func place(of sequence: TokenizedExample) -> Int {
        guard let place = self[sequence.index] else { preconditionFailure("a sequence of none of the rows") }
        return place
    }
}
