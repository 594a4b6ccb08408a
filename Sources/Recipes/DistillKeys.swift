// The keys of distillation: name, range, meaning. Defaults stand in `DistillSection`.

internal import Vocabulary

extension DistillSection: RecipeKeyed {
    static var keys: [RecipeKey<DistillSection>] {
        teacherKeys + keptKeys + lossKeys + hiddenKeys + verdictKeys + writingKeys
    }

    /// Who teaches, and what it reads.
    private static var teacherKeys: [RecipeKey<DistillSection>] {
        [
            .text(
                "teacher", \.teacher,
                "the model to learn from, or with source: sequence its http address; null: the student's own base, "
                    + "with teacher_adapter or context"),
            .text("teacher_adapter", \.teacherAdapter, "an adapter on the teacher"),
            .choice(
                "source", \.source,
                "what the student learns from: a file of the teacher's distributions, the teacher itself, the same on rows that "
                    + "the student writes, answers that the teacher writes, or a file of what it says with context before it"
            ),
            .texts(
                "context", \.context, expected: "a text, a file that holds one, or a list of them",
                "what the teacher reads as its system message, and the student never sees"),
        ]
    }

    /// What a capture holds, and where it lies.
    private static var keptKeys: [RecipeKey<DistillSection>] {
        [
            .text("path", \.path, "where the distributions are kept; null: capture.h5 in the run directory"),
            .choice(
                "keep", \.keep,
                "sampled: tokens drawn from each distribution, an unbiased estimate; top_k: the most likely, and the rest's mass"
            ),
            .integer("tokens", \.tokens, 1...4096, "different tokens that keep: sampled keeps, about"),
            .integer("k", \.k, 1...(1 << 20), "tokens that keep: top_k keeps"),
        ]
    }

    /// How the student learns.
    private static var lossKeys: [RecipeKey<DistillSection>] {
        [
            .choice("loss", \.loss, "how far the student's distribution is from the teacher's"),
            .number(
                "beta", \.beta, expected: "a number from 0 to 1",
                "jsd: the teacher's share in the mixture; near 0 it is forward_kl, near 1 reverse_kl",
                accepts: { (0...1).contains($0) }),
            .number(
                "alpha", \.alpha, expected: "a number from 0 and below 1",
                "skew_kl: how much of the teacher is mixed into the student's distribution",
                accepts: \.isBelowOne),
            .number(
                "temperature", \.temperature, expected: "a number above 0", "softens both distributions",
                accepts: { $0 > 0 && $0 <= 1e3 }),
            .number(
                "cross_entropy", \.crossEntropy, expected: "a number from 0 and below 1",
                "the share of the labels' own loss", accepts: \.isBelowOne),
        ]
    }

    /// What it learns beside predictions.
    private static var hiddenKeys: [RecipeKey<DistillSection>] {
        [
            .number(
                "hidden", \.hidden, expected: "a number from 0",
                "what the distance of hidden states from the teacher's counts beside the loss; 0: they are not looked at",
                accepts: { (0...1e6).contains($0) }),
            .map(
                "hidden_layers", \.hiddenLayers, .integer(0...4095),
                expected: "a mapping of the student's blocks to the teacher's, numbered from 0",
                "student's block: teacher's block, after which hidden states are held against each other; null: four, at even "
                    + "depths",
                read: { $0.integer.flatMap { (0...4095).contains($0) ? $0 : nil } }, text: { String($0) }),
        ]
    }

    /// What is compared at the end.
    private static var verdictKeys: [RecipeKey<DistillSection>] {
        [
            .boolean("compare", \.compare, "train the same student on labels alone too, and compare the two"),
            .number(
                "margin", \.margin, expected: "a number from 0 and below 1",
                "how far a metric of evaluate.metrics may fall before the student is not called good",
                accepts: \.isBelowOne),
        ]
    }
}
