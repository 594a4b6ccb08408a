import Foundation
import JSON
import Optimisers
import Recipes
import TestSupport
import Testing

/// Goldens of transformers, made by `scripts/goldens/schedules.py`.
@Suite struct Schedules {
    private let golden: JSONValue

    init() throws {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/schedules.json")
        golden = try JSONValue(parsing: [UInt8](Data(contentsOf: url)))
    }

    @Test func ratesEqualTheReference() throws {
        let cases = try #require(golden["cases"]?.array)
        #expect(cases.count == 46)
        var shapes: Set<ScheduleShape> = [.plateau]
        for golden in cases {
            let name = golden["name"]?.string ?? ""
            let train = try train("lr_scheduler: \(name)", golden)
            shapes.insert(train.lrScheduler)
            let schedule = LearningRateSchedule(
                train.lrScheduler, peak: train.learningRate, totalSteps: try #require(golden["total"]?.integer),
                warmUp: .steps(try #require(golden["warmup"]?.integer)), settings: train.schedule)
            let expected = try #require(golden["rates"]?.array).compactMap(\.double)
            let rates = expected.indices.map { schedule.rate(afterSteps: $0) }
            #expect(maximumDifference(rates, expected) < 1e-18, "\(golden)")
        }
        #expect(shapes == Set(ScheduleShape.allCases))
    }

    @Test func ratesFollowTheHeldOutLossAsTheReferenceDoes() throws {
        let losses = try #require(golden["losses"]?.array).compactMap(\.double)
        let cases = try #require(golden["plateaus"]?.array)
        #expect(cases.count == 8)
        for golden in cases {
            let train = try train("lr_scheduler: reduce_lr_on_plateau", golden)
            let schedule = LearningRateSchedule(
                train.lrScheduler, peak: train.learningRate, totalSteps: 50, settings: train.schedule)
            let expected = try #require(golden["rates"]?.array).compactMap(\.double)
            let rates = expected.indices.map { schedule.rate(afterSteps: 7, heldOutLosses: Array(losses.prefix($0))) }
            #expect(maximumDifference(rates, expected) < 1e-18, "\(golden)")
        }
    }

    /// What a recipe makes of a golden's settings.
    private func train(_ line: String, _ golden: JSONValue) throws -> TrainSection {
        let settings = (golden["settings"]?.object?.members ?? []).map { "\($0.key): \($0.value.text())" }
        return try Recipe.load(
            yaml: """
                name: x
                model: { path: m }
                data: { train: t, held_out: h }
                train:
                  learning_rate: \(try #require(self.golden["peak"]?.double))
                  eval_every: 1
                  \(line)
                  lr_scheduler_kwargs: { \(settings.joined(separator: ", ")) }
                """, file: "r.yaml"
        ).train
    }

    @Test func warmUpRatiosAreRoundedUp() throws {
        for golden in try #require(golden["ratios"]?.array) {
            let schedule = LearningRateSchedule(
                .linear, peak: 1, totalSteps: try #require(golden["total"]?.integer),
                warmUp: .ratio(try #require(golden["ratio"]?.double)))
            #expect(schedule.warmUpSteps == golden["steps"]?.integer)
        }
    }
}

@Suite struct ScheduleFaults {
    @Test func aWarmUpAsLongAsTheRunIsAFault() {
        func fault(_ steps: Int, _ warmUp: Int) -> LearningRateSchedule.Fault? {
            LearningRateSchedule(.linear, peak: 1, totalSteps: steps, warmUp: .steps(warmUp)).fault
        }
        #expect(fault(1, 1) == .nothingIsLearnt)
        #expect(fault(1, 100) == .nothingIsLearnt)
        #expect(fault(5, 100) == .peakIsNotReached(highest: 0.04))
        #expect(fault(5, 5) == .peakIsNotReached(highest: 0.8))
        #expect(fault(5, 4) == nil)
        #expect(fault(1, 0) == nil)
    }

    @Test func partsThatAreNotTheRunAreAFault() {
        func fault(_ steps: Int, stable: Int? = nil, fall: Int) -> LearningRateSchedule.PartsFault? {
            var settings = ScheduleSection()
            (settings.numStableSteps, settings.numDecaySteps, settings.decayType) = (stable, fall, .linear)
            return LearningRateSchedule(
                .warmUpStableDecay, peak: 1, totalSteps: steps, warmUp: .steps(2), settings: settings
            ).partsFault
        }
        #expect(fault(10, fall: 8) == nil && fault(10, fall: 3) == nil && fault(10, stable: 4, fall: 4) == nil)
        #expect(fault(10, fall: 16) == .fallHasNoRoom(highest: 0.5))
        #expect(fault(10, stable: 4, fall: 8) == .endsBefore(parts: 14, last: 0.625))
        #expect(fault(10, stable: 2, fall: 4) == .goesOn(parts: 8, last: 0))
        #expect(LearningRateSchedule(.linear, peak: 1, totalSteps: 10).partsFault == nil)
    }
}
