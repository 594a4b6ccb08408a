// Prompts with the answers of other rows.

extension TokenBatch {
    /// A batch of the size that what stands beside this one may have, to measure what it takes: all answers but the first are its own,
    /// and that one is no longer than a row.
    public func besideAtMost(mostTokens: Int) -> TokenBatch {
        let more = min(mostTokens, rowCount)
        return TokenBatch(rows: rowCount + more, targets: targetCount + more)
    }
}

extension [TokenBatch] {
    /// The batches of a step, each with what stands beside it: the prompts of its examples, each before the answer of the example that
    /// comes before it in the step; the first gets the last one's. Nothing stands beside an example that is alone in its step.
    /// - Parameter mostTokens: what is longer is cut at its end.
    /// - Precondition: the targets of an example are its end.
    public func withMismatches(mostTokens: Int) -> [TokenBatch] {
        let examples = flatMap { batch in
            (0..<batch.exampleCount).map { number -> (prompt: ArraySlice<Int32>, answer: ArraySlice<Int32>) in
                let rows = batch.bounds[number]..<batch.bounds[number + 1]
                let last = batch.targets[rows].firstIndex { $0 >= 0 } ?? rows.upperBound - 1
                return (batch.ids[rows.lowerBound...last], batch.ids[(last + 1)..<rows.upperBound])
            }
        }
        guard examples.count > 1 else { return self }
        var next = 0
        return map { batch in
            let beside = (0..<batch.exampleCount).map { _ -> (ids: [Int32], isTarget: [Bool]) in
                let prompt = examples[next].prompt
                let answer = examples[(next + examples.count - 1) % examples.count].answer
                next += 1
                let ids = (prompt + answer).prefix(Swift.max(mostTokens, prompt.count + 1))
                return ([Int32](ids), ids.indices.map { $0 - ids.startIndex >= prompt.count })
            }
            return batch.standing(beside: TokenBatch(examples: beside))
        }
    }
}
