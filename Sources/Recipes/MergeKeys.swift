// Every key of what is merged: name, range, meaning. Defaults stand in `MergeSection`.

extension MergeSection: RecipeKeyed {
    static var keys: [RecipeKey<MergeSection>] {
        [
            .boolean("enabled", \.enabled, "merge the adapter into the base at the end"),
            .text("path", \.path, "where the merged model goes; null: merged in the run directory"),
            .choice("dtype", \.dtype, "float format of the merged weights; auto: the base's own"),
            .boolean(
                "allow_near_no_op", \.allowNearNoOp,
                "write the merged model all the same where little of the fine-tune is left in it"),
            .list(
                "adapters", \.adapters, expected: "a list of adapters such as { path: …, weight: 0.5 }",
                "adapters that the trained one is combined with, before it is merged and exported",
                check: { $1.require("path", of: $0, "an adapter needs its path") }),
            .number(
                "weight", \.weight, expected: "a number",
                "how much the trained adapter counts beside those of merge.adapters", accepts: \.isFinite),
            .choice(
                "method", \.method,
                "how adapters are combined, as PEFT names it; cat adds up their changes exactly, whatever their ranks"),
            .optionalNumber(
                "density", \.density, expected: "null or a share above 0, at most 1",
                "the share of numbers that ties, dare and magnitude_prune keep", accepts: { $0 > 0 && $0 <= 1 }),
            .choice(
                "majority_sign_method", \.majoritySignMethod,
                "what elects the sign of ties: the numbers' sum, or how many have it"),
            .integer(
                "svd_rank", \.svdRank, 1...(1 << 16), absent: "null",
                "rank that svd methods leave; null: the largest of the adapters"),
        ]
    }
}

extension MergedAdapter: RecipeKeyed {
    static var keys: [RecipeKey<MergedAdapter>] {
        [
            .text("path", \.path, "the adapter"),
            .number("weight", \.weight, expected: "a number", "how much it counts", accepts: \.isFinite),
        ]
    }
}
