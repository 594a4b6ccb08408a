// How a step is cut so that it fits the memory it may have.

internal import Adapters
internal import Foundation
internal import Models
internal import Objectives
internal import Recipes
internal import Tensors

/// Rows of a micro-batch and recomputation, chosen before the run.
struct MemoryPlan {
    /// Token rows in one micro-batch, at most.
    let rowLimit: Int
    /// Blocks whose activations are computed again on the way back instead of kept.
    let recomputedBlocks: Int

    /// Rows to try, tallest first: above these, products no longer get faster.
    private static let candidates = [1024, 768, 512, 384, 256, 128, 64]
    /// What stands in memory beside the buffers of a pass: the program with its libraries, the tokenizer's tables, the weights'
    /// pages, an adapter with its gradients, and copies of the weights that an adapter changes in them: the head, folded blocks.
    ///
    /// Not measured, unlike what `plan` tells: how rows are cut decides rounding, and must not depend on the moment. So it is somewhat
    /// more than was measured.
    static func heldBytes(_ opened: OpenedModel, _ model: LanguageModel, parameters: Int) -> Int {
        let vocabulary = opened.configuration.vocabularySize
        return 75_000_000 + vocabulary * 300 + opened.byteCount + parameters * 8 + model.changedHeadBytes
            + model.foldedBytes
    }

    /// Half of what is free now, so that the machine stays usable beside the run.
    static var usualLimit: Int { max(Machine.memoryBytes.available / 2, 1 << 30) }

    /// - Parameters:
    ///   - heldBytes: what stands in memory beside the buffers of a pass.
    ///   - longest: tokens of the longest unit, which no cut can divide.
    ///   - largestStep: tokens of the largest step: a micro-batch need not be larger.
    init(_ train: TrainSection, _ learner: Learner, heldBytes: Int, longest: Int, largestStep: Int) throws {
        let limit = train.memoryLimitBytes ?? Self.usualLimit
        func peak(_ rows: Int, _ recomputed: Int) -> Int {
            heldBytes + learner.predictedBytes(rows: max(rows, longest), recomputedBlocks: recomputed)
        }
        let tall = Self.candidates.map { min($0, max(largestStep, 1)) }
        let all = learner.model.trainedBlocks
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
            return
        }
        let least = choices.map { peak($0.rows, $0.recomputed) }.min() ?? 0
        throw Failure(
            .badInput,
            "train.memory_limit: \(ByteCount.text(limit)) is too little, the smallest micro-batch needs \(ByteCount.text(least))",
            hint: "raise train.memory_limit" + (longest > 1 ? ", or lower data.max_length" : "")
                + (train.recompute == .off ? ", or set train.recompute: true" : ""))
    }
    /// What a reader should know about recomputation; empty where there is none.
    var note: String { recomputedBlocks > 0 ? ", \(recomputedBlocks) blocks computed twice to save memory" : "" }
}
