// How a step is cut so that it fits the memory it may have.

internal import Adapters
internal import Foundation
internal import Models
internal import Recipes
internal import Tensors

/// Rows of a micro-batch and recomputation, chosen before the run.
struct MemoryPlan {
    /// Token rows in one micro-batch, at most.
    let rowLimit: Int
    /// Blocks whose activations are computed again on the way back instead of kept.
    let recomputedBlocks: Int
    /// What the process will hold at its peak, predicted.
    let predictedPeakBytes: Int

    /// Rows to try, tallest first: above these, products no longer get faster.
    private static let candidates = [1024, 768, 512, 384, 256, 128, 64]
    /// The program itself: code, tokenizer, rows, libraries' own buffers.
    static let processBytes = 90_000_000

    /// The same for a forecast, which knows the tokenizer: its tables are the greater part of a program with a large vocabulary.
    static func programBytes(vocabulary: Int) -> Int { 60_000_000 + vocabulary * 600 }

    /// - Parameters:
    ///   - longest: tokens of the longest example, which no cut can divide.
    ///   - largestStep: tokens of the largest step: a micro-batch need not be larger.
    init(_ train: TrainSection, model: LanguageModel, fileBytes: Int, slabCount: Int, longest: Int, largestStep: Int)
        throws
    {
        // Half of what is free, so that the machine stays usable beside the run.
        let limit = train.memoryLimitBytes ?? max(Machine.memoryBytes.available / 2, 1 << 30)
        let fixed = Self.processBytes + fileBytes + slabCount * 16
        func peak(_ rows: Int, _ recomputed: Int) -> Int {
            fixed + model.predictedBytes(rows: max(rows, longest), recomputedBlocks: recomputed)
        }
        let tall = Self.candidates.map { min($0, max(largestStep, 1)) }
        let all = model.trainedBlocks
        // Computing a block twice costs more than shorter micro-batches, down to this many rows.
        let short = 256
        let choices: [(rows: Int, recomputed: Int)] =
            switch train.recompute {
            case .off: tall.map { ($0, 0) }
            case .on: tall.map { ($0, all) }
            case .auto:
                tall.filter { $0 >= min(short, tall[0]) }.map { ($0, 0) }
                    + (1...max(all, 1)).map { (min(short, tall[0]), $0) }
                    + tall.filter { $0 < short }.map { ($0, all) }
            }
        if let choice = choices.first(where: { peak($0.rows, $0.recomputed) <= limit }) {
            rowLimit = max(choice.rows, longest)
            recomputedBlocks = choice.recomputed
            predictedPeakBytes = peak(choice.rows, choice.recomputed)
            return
        }
        let least = choices.map { peak($0.rows, $0.recomputed) }.min() ?? 0
        throw Failure(
            .badInput,
            "train.memory_limit: \(ByteCount.text(limit)) is too little, the smallest micro-batch needs \(ByteCount.text(least))",
            hint: "raise train.memory_limit, lower data.max_length, or set train.recompute: true")
    }
    /// What a reader should know about recomputation; empty where there is none.
    var note: String { recomputedBlocks > 0 ? ", \(recomputedBlocks) blocks computed twice to save memory" : "" }
}
