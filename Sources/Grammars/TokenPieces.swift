// The bytes of a tokenizer's tokens as a trie, so that a form over bytes says at once which tokens fit.

public import Tokenizers

/// The bytes that each token adds to a text. Made once for a tokenizer; grammars share it.
public final class TokenPieces: Sendable {
    /// One more than the highest id.
    public let count: Int
    /// The tokens that end a generation.
    public let ends: [Int32]
    /// The bytes of each token; empty for those that no text may hold: special ones, and ids without a token.
    let bytes: [[UInt8]]
    /// Whether each byte that UTF-8 has is a token: then any text can be written.
    let hasAllBytes: Bool

    // The trie, its nodes in the order of a walk from the root, which is node 0.

    /// The byte that leads to each node.
    let byte: [UInt8]
    /// How many bytes lead to it.
    let depth: [UInt16]
    /// The node after its last descendant.
    let end: [Int32]
    /// Tokens whose bytes end at a node: `tokens[firstToken[node]..<firstToken[node + 1]]`.
    let firstToken: [Int32]
    let tokens: [Int32]

    /// The most bytes of a token.
    let longest: Int

    /// - Throws: `GrammarError` for a tokenizer whose tokens depend on their neighbours.
    public convenience init(_ tokenizer: Tokenizer) throws(GrammarError) {
        guard tokenizer.concatenatesBytes else {
            throw GrammarError(
                "this tokenizer's text is not the bytes of its tokens one after another, so that no grammar can hold it"
            )
        }
        let special = tokenizer.specialTokenIDs.union(tokenizer.endOfGenerationIDs)
        self.init(
            bytes: (0..<Int32(tokenizer.vocabularySize)).map {
                special.contains($0) ? [] : tokenizer.tokenBytes($0)
            },
            ends: tokenizer.endOfGenerationIDs.sorted())
    }

    /// - Parameters:
    ///   - bytes: of each token; empty for those that no text may hold.
    ///   - ends: the tokens that end a generation.
    public init(bytes: [[UInt8]], ends: [Int32]) {
        // Longer than a node's depth can say: not worth a wider number.
        let bytes = bytes.map { $0.count < Int(UInt16.max) ? $0 : [] }
        self.bytes = bytes
        self.ends = ends.filter { $0 >= 0 && Int($0) < bytes.count }
        count = bytes.count
        let sorted = bytes.indices.filter { !bytes[$0].isEmpty }.sorted {
            bytes[$0] == bytes[$1] ? $0 < $1 : bytes[$0].lexicographicallyPrecedes(bytes[$1])
        }
        var trie = TrieBuilder()
        for token in sorted { trie.add(bytes[token], Int32(token)) }
        trie.close(to: 0)
        (byte, depth, end) = (trie.byte, trie.depth, trie.end)
        (firstToken, tokens) = (trie.firstToken + [Int32(trie.tokens.count)], trie.tokens)
        longest = bytes.reduce(0) { max($0, $1.count) }
        let single = Set(bytes.lazy.filter { $0.count == 1 }.map { $0[0] })
        // 0xC0, 0xC1 and 0xF5 on stand in no UTF-8.
        hasAllBytes = (0..<0xF5).allSatisfy { $0 == 0xC0 || $0 == 0xC1 || single.contains($0) }
    }

    /// The tokens that end at `node`.
    func tokens(at node: Int) -> Range<Int> { Int(firstToken[node])..<Int(firstToken[node + 1]) }
}

/// Builds a trie from byte strings in ascending order.
private struct TrieBuilder {
    var byte: [UInt8] = [0]
    var depth: [UInt16] = [0]
    var end: [Int32] = [0]
    var firstToken: [Int32] = [0]
    var tokens: [Int32] = []
    /// The nodes from the root to the newest, and the bytes between them.
    private var path: [Int] = [0]
    private var text: [UInt8] = []

    mutating func add(_ bytes: [UInt8], _ token: Int32) {
        var shared = 0
        while shared < min(bytes.count, text.count), bytes[shared] == text[shared] { shared += 1 }
        close(to: shared + 1)
        for index in shared..<bytes.count {
            path.append(byte.count)
            byte.append(bytes[index])
            depth.append(UInt16(index + 1))
            end.append(0)
            firstToken.append(Int32(tokens.count))
        }
        text = bytes
        tokens.append(token)
    }

    /// Ends all nodes of the path but the first `count`.
    mutating func close(to count: Int) {
        while path.count > count { end[path.removeLast()] = Int32(byte.count) }
    }
}
