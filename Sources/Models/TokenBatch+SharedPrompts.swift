// Answers to one prompt, trained together: the prompt is computed once for all of them, and all of them go back through it.

import Kernels
import Tensors

extension TokenBatch {
    /// The same sequences, each without the rows of its prompt where a sequence before it has the same one. Which examples there
    /// are and which targets they have stays: common rows are the first sequence's. The batch itself where that saves little.
    ///
    /// Losses are the same numbers; gradients differ as sums in another order do.
    public var sharingPrompts: TokenBatch {
        guard sharing == nil, types == nil, reads == .targets else { return self }
        let beginnings = commonBeginnings, saved = beginnings.reduce(0) { $0 + $1.count }
        guard saved * Self.leastShare >= rowCount else { return self }
        var batch = self
        (batch.ids, batch.targets, batch.bounds) = ([], [], [0])
        var own = RowSharing(), places: [Int32] = []
        for (example, beginning) in beginnings.enumerated() {
            let start = bounds[example], end = bounds[example + 1]
            let rest = start + beginning.count..<end, first = Int32(batch.ids.count)
            // Where the rows of the sequence that stands whole went.
            if beginning.isEmpty { places = [] }
            own.rows += places.prefix(beginning.count)
            own.homes += Int32(own.rows.count)..<Int32(own.rows.count + rest.count)
            own.rows += first..<first + Int32(rest.count)
            own.bounds.append(own.rows.count)
            own.positions += Int32(beginning.count)..<Int32(end - start)
            if beginning.isEmpty { places = Array(first..<first + Int32(rest.count)) }
            batch.ids += ids[rest]
            batch.targets += targets[rest]
            batch.bounds.append(batch.ids.count)
        }
        batch.sharing = own
        return batch
    }

    /// What part of the rows has to be saved, as 1 / n: rows are put together for each sequence anew, which costs a little.
    private static let leastShare = 8

    /// The most rows that are left of `rows` where prompts are shared.
    public static func mostRows(sharing rows: Int) -> Int { rows - rows / leastShare }

    /// Of each sequence the rows that the last one before it that stands whole begins with, too: all before the one that predicts
    /// its first target; none where any of these differs.
    private var commonBeginnings: [Range<Int>] {
        var whole = 0..<0
        return zip(bounds, bounds.dropFirst()).map { start, end in
            let prompt = min(targets[start..<end].firstIndex { $0 >= 0 } ?? end, end - 1) - start
            let isSame = prompt > 0 && prompt <= whole.count && ids[whole].prefix(prompt) == ids[start..<start + prompt]
            if !isSame { whole = start..<end }
            return start..<(isSame ? start + prompt : start)
        }
    }
}

extension LanguageModel {
    /// Whether rows that several sequences begin with are the same for each: they see nothing that follows, no task's head looks
    /// at whole sequences, and nothing is drawn for each of them.
    /// - Parameter dropout: of the pass; nil where nothing is dropped.
    public func sharesPrompts(_ dropout: DropoutKey?) -> Bool {
        configuration.encoder == nil && configuration.reader == nil && adapters.task == nil
            && configuration.blocks.allSatisfy { $0.attention.shape.mask == .causal }
            && (dropout.map { $0.noiseAlpha == 0 && !adapters.drops } ?? true)
    }
}
