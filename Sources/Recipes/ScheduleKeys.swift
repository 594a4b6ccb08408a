// Every key of `train.lr_scheduler_kwargs`: name, range, meaning. Defaults stand in `ScheduleSection`.

extension ScheduleSection: RecipeKeyed {
    static var keys: [RecipeKey<ScheduleSection>] { waveKeys + fallKeys + plateauKeys }

    /// Cosines, and the floor that they end on.
    private static var waveKeys: [RecipeKey<ScheduleSection>] {
        [
            .optionalNumber(
                "num_cycles", \.numCycles, expected: "null or a number above 0",
                "waves of a cosine, 0.5 where it only falls; cosine_with_restarts: how often it falls, 1",
                accepts: \.isPositive),
            .optionalNumber(
                "min_lr", \.minLR, expected: "null or a number from 0", "the lowest rate", accepts: \.isFromZero),
            .optionalNumber(
                "min_lr_rate", \.minLRRate, expected: "null or a number from 0 to 1",
                "the lowest rate as a share of train.learning_rate, in place of min_lr",
                accepts: { (0...1).contains($0) }),
            .optionalNumber(
                "warmup_lr_rate", \.warmupLRRate, expected: "null or a number from 0 to 1",
                "the share of train.learning_rate that the warm-up begins with; null: one over its steps",
                accepts: { (0...1).contains($0) }),
        ]
    }

    /// Other ways down.
    private static var fallKeys: [RecipeKey<ScheduleSection>] {
        [
            .number(
                "lr_end", \.lrEnd, expected: "a number from 0", "the rate at the end of polynomial",
                accepts: \.isFromZero),
            .number(
                "power", \.power, expected: "a number above 0", "the power of polynomial; 1: straight down",
                accepts: \.isPositive),
            .integer(
                "timescale", \.timescale, 1...TrainSection.mostSteps, absent: "null",
                "steps after which inverse_sqrt begins to fall; null: those of the warm-up, 10000 without one"),
            .integer(
                "num_decay_steps", \.numDecaySteps, 0...TrainSection.mostSteps, absent: "null",
                "steps in which warmup_stable_decay falls"),
            .integer(
                "num_stable_steps", \.numStableSteps, 0...TrainSection.mostSteps, absent: "null",
                "steps in which it stays at the peak; null: what warm-up and fall leave"),
            .choice("warmup_type", \.warmupType, "how warmup_stable_decay rises"),
            .choice("decay_type", \.decayType, "how it falls"),
            .number(
                "min_lr_ratio", \.minLRRatio, expected: "a number from 0 to 1",
                "the share of train.learning_rate that it rises from and falls to", accepts: { (0...1).contains($0) }),
        ]
    }

    /// When the rate follows the held-out loss.
    private static var plateauKeys: [RecipeKey<ScheduleSection>] {
        [
            .number(
                "factor", \.factor, expected: "a number from 0 and below 1",
                "what reduce_lr_on_plateau multiplies the rate by", accepts: \.isBelowOne),
            .integer(
                "patience", \.patience, 0...TrainSection.mostSteps, "evaluations without a better loss before it does"),
            .number(
                "threshold", \.threshold, expected: "a number from 0",
                "by how much a loss must fall to be better", accepts: \.isFromZero),
            .choice("threshold_mode", \.thresholdMode, "rel: as a share of the best loss; abs: in loss"),
            .integer("cooldown", \.cooldown, 0...TrainSection.mostSteps, "evaluations that do not count after it did"),
            .number(
                "eps", \.eps, expected: "a number from 0", "a change of the rate as small as this is not made",
                accepts: \.isFromZero),
        ]
    }
}

extension TrainSection {
    /// Whether the rate rises before the schedule begins.
    private var warmsUp: Bool { warmupSteps.map { $0 > 0 } ?? (warmupRatio > 0) }

    /// Why a key of `lr_scheduler_kwargs` that was given does nothing; `nil` where all act.
    var idleScheduleKey: String? {
        let defaults = ScheduleSection()
        return ScheduleSection.keys.lazy.filter { $0.text(schedule) != $0.text(defaults) }
            .compactMap { idleReason($0.name) }.first
    }

    private func idleReason(_ key: String) -> String? {
        if optimizer.needsNoSchedule { return "train.optimizer \(optimizer.rawValue) needs no schedule" }
        let name = lrScheduler.rawValue
        if !lrScheduler.reads(key) { return "train.lr_scheduler \(name) does not read \(key)" }
        if key == "num_cycles", lrScheduler == .warmUpStableDecay, schedule.decayType != .cosine {
            return "\(name) reads \(key) with decay_type cosine alone"
        }
        return ["warmup_type", "warmup_lr_rate"].contains(key) && !warmsUp
            ? "there is no warm-up that \(key) could form" : nil
    }
}

extension RecipeDecoding {
    /// What stands for a schedule that nobody named, beside an optimiser that needs none.
    func settleSchedule(of recipe: inout Recipe) {
        guard recipe.train.optimizer.needsNoSchedule, setKeys["train.lr_scheduler"] == nil else { return }
        recipe.train.lrScheduler = .constant
    }

    /// Notes what a schedule lacks, or cannot be.
    mutating func noteScheduleConflicts(in recipe: Recipe) {
        let train = recipe.train, settings = train.schedule
        func place(_ key: String) -> RecipePlace? {
            setKeys["train.lr_scheduler_kwargs." + key] ?? setKeys["train.lr_scheduler"]
                ?? setKeys["train.learning_rate"]
        }
        func fault(_ kind: RecipeDiagnostic.Kind, _ key: String, _ message: String, _ hint: String) {
            guard let place = place(key) else { return }
            note(kind, place, "train.lr_scheduler_kwargs." + key, message, hint: hint)
        }
        if train.optimizer.needsNoSchedule, train.adamBeta1 == 0, let place = setKeys["train.adam_beta1"] {
            note(
                .outOfRange, place, "train.adam_beta1",
                "\(train.optimizer.rawValue) needs more than 0: its mean is between two points", hint: "0.9 is usual")
        }
        let name = train.lrScheduler.rawValue
        switch train.lrScheduler {
        case .cosineWithFloor, .cosineWarmUpWithFloor:
            switch (settings.minLR, settings.minLRRate) {
            case (nil, nil):
                fault(
                    .missingKey, "min_lr", "\(name) needs its floor",
                    "as in lr_scheduler_kwargs: { min_lr_rate: 0.1 }, or min_lr for the rate itself")
            case (_?, _?):
                fault(.conflict, "min_lr_rate", "min_lr is given too", "keep one of them")
            case (let floor?, nil) where floor > train.learningRate:
                fault(.outOfRange, "min_lr", "the floor is above train.learning_rate \(train.learningRate)", "lower it")
            default: break
            }
        case .polynomial where settings.lrEnd >= train.learningRate:
            fault(
                .outOfRange, "lr_end", "the rate would not fall: \(settings.lrEnd) is not below train.learning_rate",
                "lower it, or raise train.learning_rate \(train.learningRate)")
        case .warmUpStableDecay where settings.numDecaySteps == nil:
            fault(
                .missingKey, "num_decay_steps", "\(name) needs the steps of its fall",
                "as in lr_scheduler_kwargs: { num_decay_steps: 100 }")
        default: break
        }
    }
}
