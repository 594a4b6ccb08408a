// Keys of `train` that form a step: what matrices have of their own, what becomes of the steps, and what single rules read.

extension TrainSection {
    /// What matrices have of their own, what becomes of the steps, and what single rules read.
    static var ruleKeys: [RecipeKey<TrainSection>] {
        [
            .parameterGroups,
            .optionalNumber(
                "loraplus_lr_ratio", \.loraPlusRatio, expected: "null or a number from 1",
                "LoRA+: how much larger the rate of B, of magnitudes and of biases is; null: the same",
                accepts: { $0 >= 1 && $0.isFinite }),
            .optionalNumber(
                "loraplus_weight_decay", \.loraPlusDecay, expected: "null or a number from 0",
                "LoRA+: weight decay, of biases none; null: weight_decay", accepts: \.isFromZero),
            .number(
                "neftune_noise_alpha", \.neftuneNoiseAlpha, expected: "a number from 0",
                "noise on the embeddings in training, ±alpha/√(tokens · width) of each text; 0: none",
                accepts: \.isFromZero),
            .optionalNumber(
                "ema_decay", \.emaDecay, expected: "null or a number above 0 and below 1",
                "hand on a mean of the steps that keeps this share with each; null: what the last step led to",
                accepts: { $0 > 0 && $0 < 1 }),
            .boolean(
                "adafactor_scale_parameter", \.adafactorScaleParameter,
                "adafactor: the rate is of the values' own root mean square, as in torch's"),
            .number(
                "muon_momentum", \.muonMomentum, expected: "a number from 0 and below 1",
                "muon: the share of the momentum that stays", accepts: \.isBelowOne),
            .boolean("muon_nesterov", \.muonNesterov, "muon: look at the momentum's next step"),
            .integer("muon_ns_steps", \.muonSteps, 1...99, "muon: steps that make the momentum orthogonal"),
            .choice(
                "muon_adjust_lr_fn", \.muonAdjustment,
                "muon: how a matrix's sizes change its rate; match_rms_adamw: learning_rate is as for adamw"),
        ]
    }
}
