import Foundation
import JSON
import Optimisers
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
        #expect(cases.count == 15)
        for golden in cases {
            let shape = try #require(LearningRateSchedule.Shape(rawValue: golden["name"]?.string ?? ""))
            let schedule = LearningRateSchedule(
                shape, peak: 2e-4, totalSteps: try #require(golden["total"]?.integer),
                warmUp: .steps(try #require(golden["warmup"]?.integer)))
            let expected = try #require(golden["rates"]?.array).compactMap(\.double).map { $0 * 2e-4 }
            let rates = expected.indices.map { schedule.rate(afterSteps: $0) }
            #expect(maximumDifference(rates, expected) < 1e-18, "\(golden)")
        }
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
}
