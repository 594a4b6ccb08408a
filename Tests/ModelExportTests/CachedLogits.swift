// What generation says of a sequence.

import Models

extension LanguageModel {
    /// The logits that follow `ids`, of which the first `count`, a chunk at most, are read as a prompt and the others one by one.
    func cachedLogits(_ ids: [Int32], promptOf count: Int, _ arithmetic: GenerationArithmetic? = nil) -> [[Float]] {
        let reader = SequenceReader(self, arithmetic: arithmetic), cache = reader.cache(capacity: ids.count)
        let prompt = Array(ids[..<count])
        let first = PromptChunk(after: 0, ofPromptOf: count).flatMap {
            reader.read($0, of: prompt, into: cache, adapters: adapters) { Array($0) }
        }
        return [first ?? []]
            + ids[count...].flatMap { reader.step([$0], into: [cache], adapters: adapters) { Array($1) } }
    }
}
