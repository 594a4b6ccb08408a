// A graph over a vocabulary: the grammar that sequences are held to.

/// A grammar made of a graph.
final class GraphGrammar: TokenGrammar {
    let graph: GrammarGraph
    let pieces: TokenPieces

    init(_ graph: GrammarGraph, _ pieces: TokenPieces) {
        self.graph = graph
        self.pieces = pieces
    }

    func makeState() -> any TokenGrammarState { GraphState(self) }
}

/// How far a sequence has come in a graph.
struct GraphState: TokenGrammarState {
    let grammar: GraphGrammar
    private(set) var threads = GrammarThreads()
    private var hasEnded = false

    init(_ grammar: GraphGrammar) {
        self.grammar = grammar
        grammar.graph.enter(grammar.graph.root, nil, &threads)
    }

    var isComplete: Bool { threads.isComplete }
    var isFinished: Bool { hasEnded || threads.isComplete && threads.list.isEmpty }

    mutating func advance(_ token: Int32) -> Bool {
        guard !hasEnded else { return false }
        if isComplete, grammar.pieces.ends.contains(token) {
            hasEnded = true
            return true
        }
        guard let next = threads(after: token) else { return false }
        threads = next
        return true
    }

    private func threads(after token: Int32) -> GrammarThreads? {
        guard token >= 0, Int(token) < grammar.pieces.count else { return nil }
        var next = grammar.graph.step(threads, token: token)
        if !next.list.isEmpty || next.isComplete { return next }
        let bytes = grammar.pieces.bytes[Int(token)]
        guard !bytes.isEmpty else { return nil }
        next = threads
        for byte in bytes {
            next = grammar.graph.step(next, byte)
            if next.list.isEmpty, !next.isComplete { return nil }
        }
        return next
    }

    func allowed(_ mask: inout TokenMask) {
        mask.removeAll()
        guard !hasEnded else { return }
        let count = grammar.pieces.count
        let isOwn = mask.count == count
        let walk = MaskWalk(grammar, isOwn ? mask : TokenMask(count: count))
        // Held once, it is not copied.
        if isOwn { mask = TokenMask(count: 0) }
        if isComplete { for token in grammar.pieces.ends { walk.mask.insert(token) } }
        for thread in threads.list { walk.insert(thread) }
        if isOwn {
            mask = walk.mask
        } else {
            mask.formUnion(walk.mask)
        }
    }
}

/// Collects the tokens that go on with threads.
private final class MaskWalk {
    private let graph: GrammarGraph
    private let pieces: TokenPieces
    var mask: TokenMask
    /// What follows where a lexeme ends, once asked for.
    private var followers: [(next: Int, frame: GrammarFrame?, threads: [GrammarThread])] = []

    init(_ grammar: GraphGrammar, _ mask: TokenMask) {
        graph = grammar.graph
        pieces = grammar.pieces
        self.mask = mask
    }

    func insert(_ thread: GrammarThread) {
        switch thread.place {
        case .token(let token): mask.insert(token)
        case .lexeme(let index, let position):
            let tokens = graph.lexemes[index].tokens(from: position, pieces)
            tokens.insert(into: &mask)
            guard !tokens.borders.isEmpty else { return }
            let threads = followers(of: thread)
            for node in tokens.borders { follow(threads, below: Int(node)) }
        }
    }

    private func followers(of thread: GrammarThread) -> [GrammarThread] {
        if let known = followers.first(where: { $0.next == thread.next && $0.frame === thread.frame }) {
            return known.threads
        }
        var found = GrammarThreads()
        graph.enter(thread.next, thread.frame, &found)
        followers.append((thread.next, thread.frame, found.list))
        return found.list
    }

    /// Tokens below `node` of the trie that go on with one of `threads`.
    private func follow(_ threads: [GrammarThread], below node: Int) {
        for thread in threads {
            guard case .lexeme(let index, let start) = thread.place else { continue }
            let lexeme = graph.lexemes[index]
            pieces.walk(below: node, lexeme, from: start) { node, position in
                for index in pieces.tokens(at: node) { mask.insert(pieces.tokens[index]) }
                if lexeme.accepts(position), Int(pieces.end[node]) > node + 1 {
                    follow(followers(of: thread), below: node)
                }
            }
        }
    }
}
