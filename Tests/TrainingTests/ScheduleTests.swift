import Foundation
import JSON
import TestSupport
import Testing
import Training

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

@Suite struct Plans {
    @Test func microBatchesKeepTheOrderAndTheLimit() {
        #expect(MicroBatchPlan(lengths: [3, 3, 3, 9, 2, 2], rowLimit: 6).ranges == [0..<2, 2..<3, 3..<4, 4..<6])
        #expect(MicroBatchPlan(lengths: [50], rowLimit: 6).ranges == [0..<1])
        #expect(MicroBatchPlan(lengths: [], rowLimit: 6).ranges == [])
        #expect(MicroBatchPlan(lengths: [1, 2, 3], rowLimit: 6).ranges == [0..<3])
    }

    @Test func everyEpochVisitsEachExampleOnce() {
        var order = ExampleOrder(exampleCount: 10, batchSize: 4, seed: 3)
        #expect(order.stepsPerEpoch == 3)
        #expect(order.steps(epochs: 1.5) == 5)
        #expect(order.steps(epochs: 1e300) == 1 << 40)
        let epochs = (0..<3).map { epoch in (0..<3).flatMap { order.examples(afterSteps: epoch * 3 + $0) } }
        for epoch in epochs { #expect(epoch.sorted() == Array(0..<10)) }
        #expect(epochs[0] != epochs[1])
        #expect(order.examples(afterSteps: 2).count == 2)
        #expect(order.cursor(afterSteps: 4) == (epoch: 1, position: 4))
    }

    @Test func unshuffledEpochsKeepTheRowsOrder() {
        var order = ExampleOrder(exampleCount: 5, batchSize: 2, seed: 3, shuffles: false)
        #expect((0..<6).map { order.examples(afterSteps: $0) } == [[0, 1], [2, 3], [4], [0, 1], [2, 3], [4]])
    }
}
