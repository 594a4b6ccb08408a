// The schedule's parts held against the number of steps, as far as that is known.

internal import Optimisers
internal import Recipes
internal import Spelling

extension TrainSection {
    /// How the rate moves over `steps`. A share of them that comes to all of them, as of a single step, is one less: each run has a step
    /// with a rate above zero.
    func schedule(steps: Int) -> LearningRateSchedule {
        func schedule(_ warmUp: LearningRateSchedule.WarmUp) -> LearningRateSchedule {
            LearningRateSchedule(
                optimizer.needsNoSchedule ? .constant : lrScheduler, peak: learningRate, totalSteps: steps,
                warmUp: warmUp, settings: self.schedule, risesAtOnce: optimizer.needsNoSchedule)
        }
        if let warmupSteps { return schedule(.steps(warmupSteps)) }
        let share = schedule(.ratio(warmupRatio))
        return share.fault == nil ? share : schedule(.steps(steps - 1))
    }

    /// What a person should know of a warm-up that is as long as the run; `nil` where it is shorter. Throws where nothing would be learnt.
    func warmUpWarning(_ schedule: LearningRateSchedule) throws -> String? {
        let words =
            "train.warmup_steps: \(schedule.warmUpSteps), and the run has "
            + Count.text(schedule.totalSteps, "step")
        switch schedule.fault {
        case nil: return nil
        case .nothingIsLearnt:
            throw Failure(
                .badInput, words + ": its rate would be 0, and nothing would be learnt",
                hint:
                    "train.warmup_steps: 0, or more steps by train.max_steps, train.epochs or a smaller train.batch_size"
            )
        case .peakIsNotReached(let highest):
            return words + ": the rate never gets to train.learning_rate \(learningRate), but to \(highest) at most; "
                + "lower train.warmup_steps, or give the run more steps"
        }
    }

    /// What a person should know of a schedule of three parts that are not as long as the run; `nil` where they are.
    func partsWarning(_ schedule: LearningRateSchedule) -> String? {
        guard let fault = schedule.partsFault else { return nil }
        let run = "and the run has " + Count.text(schedule.totalSteps, "step")
        let words = "train.lr_scheduler \(lrScheduler.rawValue): "
        let advice = "; change num_decay_steps or num_stable_steps, or leave num_stable_steps out"
        switch fault {
        case .fallHasNoRoom(let highest):
            return "train.lr_scheduler_kwargs.num_decay_steps: \(self.schedule.numDecaySteps ?? 0), \(run), "
                + "\(schedule.warmUpSteps) of them warm-up: the rate never gets to train.learning_rate \(learningRate), and "
                + "falls from \(highest); lower num_decay_steps, or give the run more steps"
        case .endsBefore(let parts, let last):
            return words + "its parts have \(Count.text(parts, "step")), \(run): it ends at a rate of \(last)" + advice
        case .goesOn(let parts, let last):
            return words + "its parts have \(Count.text(parts, "step")), \(run): the rest has a rate of \(last)"
                + advice
        }
    }
}
