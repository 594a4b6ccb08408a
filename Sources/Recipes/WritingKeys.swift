// Every key of what a teacher or student writes: name, range, meaning. Defaults stand in `WritingSection`.

extension DistillSection {
    /// The keys of `WritingSection`, which stand in the distill section itself.
    static var writingKeys: [RecipeKey<DistillSection>] { promptKeys + samplingKeys + choosingKeys + remoteKeys }

    private static var promptKeys: [RecipeKey<DistillSection>] {
        [
            .texts(
                "prompts", \.writing.prompts, expected: "a file or a list of files",
                "rows that the teacher answers, with or without answers of their own; empty: those of data.train"),
            .integer(
                "variations", \.writing.variations, 0...10_000_000,
                "new prompts that the teacher writes after the pattern of these, and answers too"),
            .number(
                "on_policy_share", \.writing.onPolicyShare, expected: "a number above 0, at most 1",
                "on_policy: the share of a step's rows that the student writes itself", accepts: { $0 > 0 && $0 <= 1 }),
        ]
    }

    private static var samplingKeys: [RecipeKey<DistillSection>] {
        [
            .integer("samples", \.writing.samples, 1...10_000, "answers to each prompt"),
            .integer("max_new_tokens", \.writing.maxNewTokens, 1...1_000_000, "tokens of an answer at most"),
            .number(
                "sampling_temperature", \.writing.samplingTemperature, expected: "a number from 0 to 100",
                "how freely answers are drawn; 0: the most likely token, always", accepts: { (0...100).contains($0) }),
            .number(
                "top_p", \.writing.topP, expected: "a number above 0, at most 1",
                "tokens are drawn among the most likely that together reach this probability",
                accepts: { $0 > 0 && $0 <= 1 }),
        ]
    }

    private static var choosingKeys: [RecipeKey<DistillSection>] {
        [
            .choice(
                "agreement", \.writing.agreement,
                "which of a prompt's answers become rows: all, the one that most of them give, or the one most like the others"
            ),
            .steps(
                "filters", \.writing.filters,
                "what an answer must be like to become a row, by its prompt, completion, tokens, logprob and agreement"),
            .number(
                "rationale", \.writing.rationale, expected: "a number from 0 to 10",
                "how much reasons count, which the teacher writes with the answer in sight; 0: none are written",
                accepts: { (0...10).contains($0) }),
            .text(
                "label_prefix", \.writing.labelPrefix, "what stands before prompts that ask for the answer",
                accepts: { _ in true }),
            .text("rationale_prefix", \.writing.rationalePrefix, "what stands before prompts that ask for the reason"),
        ]
    }

    private static var remoteKeys: [RecipeKey<DistillSection>] {
        [
            .text(
                "remote_model", \.writing.remote.model,
                "what the teacher's server calls its model; null: what it offers first"),
            .text(
                "key_from", \.writing.remote.keyFrom, expected: "the name of an environment variable",
                "the variable that holds the server's key"),
            .integer("max_requests", \.writing.remote.maxRequests, 1...1_000_000_000, "requests to the server at most"),
            .integer(
                "max_tokens", \.writing.remote.maxTokens, 1...(1 << 50), absent: "null",
                "tokens that the server may write in all; null: as many as the requests come to"),
            .integer("timeout", \.writing.remote.timeout, 1...86_400, "seconds that the server may take for an answer"),
            .integer(
                "retries", \.writing.remote.retries, 0...100,
                "how often a request is sent again where the server is busy or gone"),
        ]
    }
}
