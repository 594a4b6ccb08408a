// Tokens without meaning, the same each time: rows of a size, for what does not depend on what they say.

import Datasets
import Tensors

enum RandomTokens {
    /// - Parameter stream: others give other tokens.
    static func ids(_ count: Int, of vocabulary: Int, stream: UInt32) -> [Int32] {
        let random = RandomStream(seed: 1, purpose: .probe)
        return (0..<count).map { Int32(random.integer(below: vocabulary, stream: stream, index: UInt64($0))) }
    }

    /// Rows of so many tokens, every one but the first a target.
    static func examples(_ count: Int, length: Int, of vocabulary: Int) -> [TokenizedExample] {
        (0..<count).map { number in
            TokenizedExample(
                ids: ids(length, of: vocabulary, stream: UInt32(number)), isTarget: (0..<length).map { $0 > 0 },
                place: RowPlace(file: "random", line: number + 1), index: number)
        }
    }
}
