// What a student learns of its teacher's hidden states: which blocks are held against each other, and the maps between them.

internal import Datasets
internal import Models
internal import Objectives
internal import Recipes
internal import Tensors

extension DistillSection {
    /// How many pairs of blocks there are where the recipe names none.
    private static let usualPairs = 4

    /// What holds the hidden states of `student` against those of `teacher`; nil where the recipe does not look at them.
    ///
    /// - Throws: where one of them has no such block.
    func hiddenMatch(_ student: LanguageModel, _ teacher: Teacher) throws -> HiddenMatch? {
        guard hidden > 0 else { return nil }
        let (own, others) = (student.configuration.layers, teacher.model.configuration.layers)
        var pairs = BlockPair.evenly(Self.usualPairs, student: own, teacher: others)
        if !hiddenLayers.isEmpty {
            pairs = hiddenLayers.compactMap { key, block in Int(key).map { BlockPair(student: $0, teacher: block) } }
                .sorted { $0.student < $1.student }
        }
        for pair in pairs {
            try require(pair.student, of: own, "student")
            try require(pair.teacher, of: others, "teacher")
        }
        return HiddenMatch(pairs, student: student, teacher: teacher.online)
    }

    private func require(_ block: Int, of count: Int, _ whose: String) throws {
        guard block >= count else { return }
        throw Failure(
            .badInput, "distill.hidden_layers: the \(whose) has no block \(block)",
            hint: "it has \(count), from 0 to \(count - 1)")
    }
}

extension TrainingSetup {
    /// Tokens from which the maps between hidden states are learnt, at least, where the rows have as many.
    private static let mappedTokens = 2048

    /// Learns what is looked at of hidden states from rows all over the training rows, the adapter being as a training begins: a run
    /// that goes on from a checkpoint learns the same.
    func learnHiddenStates(_ observer: any RunObserver) throws {
        guard let hidden else { return }
        observer.receive(.note("distill.hidden: learning the maps from the student's hidden states to the teacher's"))
        let examples = split.train.examples, targets = (0..<examples.count).reduce(0) { $0 + examples.targetCount($1) }
        let step = max(1, targets / Self.mappedTokens)
        let batches = try stride(from: 0, to: examples.count, by: step).map { index in
            let example = try examples.example(index)
            return TokenBatch(examples: [(example.ids, example.isTarget)], sequences: [index])
        }
        try hidden.learn(from: batches, student: learner.model, workspace: workspace)
    }
}
