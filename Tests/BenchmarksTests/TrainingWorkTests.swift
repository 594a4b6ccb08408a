// The count of operations that every "share of peak" divides by, against sums done by hand.

import Benchmarks
import Models
import Testing

/// SmolLM2-135M.
private func smollm2() -> (ModelConfiguration, [TrainingWork.Layer]) {
    let norm = NormSpec(epsilon: 1e-5)
    let shape = AttentionShape(
        heads: 9, groups: 3, headWidth: 64, rotary: RotaryPositions(headWidth: 64, base: 100_000))
    let block = BlockSpec(
        attention: AttentionSpec(norm: norm, shape: shape), feedForward: FeedForwardSpec(norm: norm, width: 1536))
    let configuration = ModelConfiguration(
        family: "llama", width: 576, vocabularySize: 49_152, blocks: Array(repeating: block, count: 30),
        finalNorm: norm, isTied: true, contextLength: 8192)
    let sizes = [
        (576, 576, true), (576, 192, true), (576, 192, true), (576, 576, false), (576, 1536, false), (576, 1536, false),
        (1536, 576, false),
    ]
    let layers = (0..<30).flatMap { block in
        sizes.map {
            TrainingWork.Layer(block: block, input: $0.0, output: $0.1, rank: 16, readsBlockInput: $0.2)
        }
    }
    return (configuration, layers)
}

@Test func tokenOfSmolLM2TakesAbout570MillionOperations() {
    let (configuration, layers) = smollm2()
    let work = TrainingWork(configuration, layers: layers)
    // 3,538,944 weights a block, both ways, but q, k and v of the lowest block only forward.
    let frozen = 4 * 30 * 3_538_944 - 2 * 576 * (576 + 192 + 192)
    // Sums of inputs and outputs of a block's layers: 10,176; six products each, again but for q, k, v of the lowest.
    let adapters = 6 * 16 * 30 * 10_176 - 2 * 16 * 3 * 576
    #expect(work.perRow == Double(frozen + adapters))
    #expect(work.perTarget == Double(4 * 49_152 * 576))
    #expect(abs(work.perRow + work.perTarget - 0.567e9) < 0.002e9)
}

@Test func attentionCountsPairsThatSeeOneAnother() {
    var (configuration, layers) = smollm2()
    let work = TrainingWork(configuration, layers: layers)
    let pair = Double(30 * 12 * 576)
    #expect(work.attention(length: 1) == pair)
    #expect(work.attention(length: 4) == 10 * pair)
    for index in configuration.blocks.indices { configuration.blocks[index].attention.shape.window = 2 }
    // 1 + 2 + 2 + 2 pairs.
    #expect(TrainingWork(configuration, layers: layers).attention(length: 4) == 7 * pair)
}

@Test func nothingIsCountedBackwardsBelowTheLowestAdapter() {
    var (configuration, layers) = smollm2()
    configuration.blocks.removeLast(28)
    layers = (0..<2).map { TrainingWork.Layer(block: $0, input: 10, output: 20, rank: $0, readsBlockInput: false) }
    let work = TrainingWork(configuration, layers: layers)
    // Block 0 forward; block 1 both ways, and its adapter's six products.
    #expect(work.perRow == Double(400 + 800 + 180))
    #expect(work.attention(length: 1) == Double(16 * 576))
}

@Test func fitFindsALineAndItsDeviation() {
    let line = LinearFit([(x: 1, y: 3), (x: 2, y: 5), (x: 10, y: 21)])
    #expect(abs(line.intercept - 1) < 1e-9 && abs(line.slope - 2) < 1e-9 && line.largestDeviation < 1e-9)
    let bent = LinearFit([(x: 1, y: 1), (x: 2, y: 2), (x: 3, y: 6)])
    #expect(bent.largestDeviation > 0.1)
}

@Test func medianIsTheMiddle() {
    #expect(Samples([3, 1, 2]).median == 2)
    #expect(Samples([4, 1, 2, 3]).median == 2.5)
    #expect(Samples([3, 1, 2]).fastest == 1 && Samples([3, 1, 2]).slowest == 3)
}
