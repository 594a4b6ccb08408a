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
    /// Tokens that stand for no text, with what a template writes for each.
    let specials: [(text: [UInt8], token: Int32)]
    /// The bytes that are tokens by themselves. Texts are made of these alone, so that what was begun can be ended.
    let writable: ByteSet
    /// What grammars over this vocabulary have in common.
    let shared = SharedLexemes()

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
            ends: tokenizer.endOfGenerationIDs.sorted(),
            specials: special.sorted().compactMap { token in
                tokenizer.text(ofToken: token).map { (Array($0.utf8), token) }
            })
    }

    /// - Parameters:
    ///   - bytes: of each token; empty for those that no text may hold.
    ///   - ends: the tokens that end a generation.
    ///   - specials: tokens that no text may hold, with what a template writes for each.
    public init(bytes: [[UInt8]], ends: [Int32], specials: [(text: [UInt8], token: Int32)] = []) {
        // Longer than a node's depth can say: not worth a wider number.
        let bytes = bytes.map { $0.count < Int(UInt16.max) ? $0 : [] }
        self.bytes = bytes
        self.specials = specials.filter { $0.token >= 0 && Int($0.token) < bytes.count && !$0.text.isEmpty }
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
        writable = ByteSet(bytes.lazy.filter { $0.count == 1 }.map { $0[0] })
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
