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
    let recompute: Bool
    /// What the process will hold at its peak, predicted.
    let predictedPeakBytes: Int

    /// Above this, products no longer get faster.
    private static let tallestBatch = 1024
    private static let candidates = [1024, 768, 512, 384, 256, 128, 64]
    /// The program itself: code, tokenizer, rows, libraries' own buffers.
    static let processBytes = 90_000_000

    /// - Parameters:
    ///   - longest: tokens of the longest example, which no cut can divide.
    ///   - largestStep: tokens of the largest step: a micro-batch need not be larger.
    init(_ train: TrainSection, model: LanguageModel, fileBytes: Int, slabCount: Int, longest: Int, largestStep: Int)
        throws
    {
        // Half of what is free, so that the machine stays usable beside the run.
        let limit = train.memoryLimitBytes ?? max(Machine.memoryBytes.available / 2, 1 << 30)
        let fixed = Self.processBytes + fileBytes + slabCount * 16
        func peak(_ rows: Int, _ recompute: Bool) -> Int {
            fixed + model.predictedBytes(rows: max(rows, longest), recompute: recompute)
        }
        let tall = Self.candidates.map { min($0, max(largestStep, 1)) }
        let choices: [Bool] =
            switch train.recompute {
            case .auto: [false, true]
            case .on: [true]
            case .off: [false]
            }
        for recompute in choices {
            // A micro-batch of few rows costs more than computing a block twice: try recomputation before going below 256.
            let isLastChoice = recompute == choices.last
            if let rows = tall.first(where: { (isLastChoice || $0 >= 256) && peak($0, recompute) <= limit }) {
                rowLimit = max(rows, longest)
                self.recompute = recompute
                predictedPeakBytes = peak(rows, recompute)
                return
            }
        }
        let least = peak(64, choices.last ?? true)
        throw Failure(
            .badInput,
            "train.memory_limit: \(ByteCount.text(limit)) is too little, the smallest micro-batch needs \(ByteCount.text(least))",
            hint: "raise train.memory_limit, lower data.max_length, or set train.recompute: true")
    }
}
