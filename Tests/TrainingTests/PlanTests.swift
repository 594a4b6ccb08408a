import Testing
import Training

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
