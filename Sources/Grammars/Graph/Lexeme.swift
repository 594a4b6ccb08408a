// The smallest parts of a grammar: automata over the bytes that a vocabulary can write, some with a counter beside them.

internal import Synchronization

/// How far a lexeme is written.
struct LexemePosition: Hashable, Sendable {
    var state: Int32
    /// Characters that must still come, and that may; `high` negative: without limit. Counted lexemes alone.
    var low: Int32
    var high: Int32
}

/// A regular language that a grammar takes as one part.
final class Lexeme: Sendable {
    let automaton: ByteAutomaton
    /// The state of a counted lexeme between two characters; negative where nothing is counted.
    private let border: Int32
    /// The fewest bytes from each state to the end, or, within a character of a counted lexeme, to the border.
    private let distances: [Int32]
    /// Whether nothing can follow in a state.
    private let isLast: [Bool]
    /// What tokens do from each position, once asked for.
    private let cache = Mutex<[LexemePosition: LexemeTokens]>([:])

    /// - Parameters:
    ///   - automaton: of bytes that the vocabulary has, one by one.
    ///   - isCounted: a string between quotation marks whose characters are counted.
    init(_ automaton: ByteAutomaton, isCounted: Bool = false) {
        self.automaton = automaton
        let border: Int32 = isCounted && !automaton.isEmpty ? automaton.next(0, UInt8(ascii: "\"")) : -1
        self.border = border
        distances = automaton.distances { border < 0 ? automaton.accepting[$0] : $0 == Int(border) }
        isLast = (0..<automaton.count).map { state in
            (0..<automaton.classes.count).allSatisfy { automaton.table[state * automaton.classes.count + $0] < 0 }
        }
    }

    /// Whether nothing can be written of it.
    var isEmpty: Bool { automaton.isEmpty }

    func start(low: Int32 = 0, high: Int32 = -1) -> LexemePosition { LexemePosition(state: 0, low: low, high: high) }

    func accepts(_ position: LexemePosition) -> Bool { automaton.accepting[Int(position.state)] }

    /// Whether the lexeme is over, and nothing of it can follow.
    func isOver(_ position: LexemePosition) -> Bool { isLast[Int(position.state)] }

    /// The position after `byte`; nil where it cannot come.
    @inline(__always)
    func step(_ position: LexemePosition, _ byte: UInt8) -> LexemePosition? {
        let next = automaton.next(position.state, byte)
        guard next >= 0 else { return nil }
        guard border >= 0 else { return LexemePosition(state: next, low: 0, high: -1) }
        return counted(position, next)
    }

    private func counted(_ position: LexemePosition, _ next: Int32) -> LexemePosition? {
        var result = LexemePosition(state: next, low: position.low, high: position.high)
        if position.state == border {
            if automaton.accepting[Int(next)] { return position.low == 0 ? result : nil }
            guard position.high != 0 else { return nil }
        }
        if next == border, position.state != 0 {
            if result.low > 0 { result.low -= 1 }
            if result.high > 0 { result.high -= 1 }
        }
        return result
    }

    // MARK: The shortest end

    /// The fewest bytes that end it from `position`.
    func distance(_ position: LexemePosition) -> Int {
        let distance = Int(distances[Int(position.state)])
        guard border >= 0 else { return distance }
        if automaton.accepting[Int(position.state)] { return 0 }
        // Within a character the rest of it is one of those that must come.
        let isInside = position.state != border && position.state != 0
        return distance + max(0, Int(position.low) - (isInside ? 1 : 0)) + 1
    }

    /// As few bytes as can end it from `position`.
    func shortest(_ position: LexemePosition) -> [UInt8] {
        var bytes: [UInt8] = []
        var current = position
        while !accepts(current) {
            guard let (byte, next) = nearer(current) else { break }
            bytes.append(byte)
            current = next
        }
        return bytes
    }

    /// The byte that leads nearest to the end: of several a letter or digit, if there is one.
    private func nearer(_ position: LexemePosition) -> (UInt8, LexemePosition)? {
        let wanted = distance(position) - 1
        var best: (UInt8, LexemePosition)?
        for byte in UInt8.min...UInt8.max {
            guard let next = step(position, byte), distance(next) == wanted else { continue }
            let isPlain = byte == UInt8(ascii: "0") || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
            if isPlain { return (byte, next) }
            if best == nil { best = (byte, next) }
        }
        return best
    }

    // MARK: Tokens

    /// What the tokens of `pieces` do from `position`. Asked for often, computed once.
    func tokens(from position: LexemePosition, _ pieces: TokenPieces) -> LexemeTokens {
        // Counts that no token can use up are alike.
        let longest = Int32(pieces.longest)
        let key = LexemePosition(
            state: position.state, low: min(position.low, longest),
            high: position.high >= longest ? -1 : position.high)
        if let known = cache.withLock({ $0[key] }) { return known }
        let found = LexemeTokens(of: self, from: key, pieces)
        cache.withLock { known in
            if known.count >= Self.maximumCached { known.removeAll() }
            known[key] = found
        }
        return found
    }

    private static let maximumCached = 256
}

/// Tokens that go on with a lexeme from one position.
final class LexemeTokens: Sendable {
    /// Tokens that stay within it, or end where it ends: few of them by name, many as a set.
    private let few: [Int32]
    private let many: TokenMask?
    /// Nodes of the trie, not leaves, at which the lexeme may end: what follows there is for others to say.
    let borders: [Int32]

    init(of lexeme: Lexeme, from position: LexemePosition, _ pieces: TokenPieces) {
        var found: [Int32] = [], borders: [Int32] = []
        pieces.walk(below: 0, lexeme, from: position) { node, position in
            for index in pieces.tokens(at: node) { found.append(pieces.tokens[index]) }
            if lexeme.accepts(position), Int(pieces.end[node]) > node + 1 { borders.append(Int32(node)) }
        }
        self.borders = borders
        guard found.count > pieces.count / 32 else {
            (few, many) = (found, nil)
            return
        }
        var mask = TokenMask(count: pieces.count)
        for token in found { mask.insert(token) }
        (few, many) = ([], mask)
    }

    func insert(into mask: inout TokenMask) {
        if let many {
            mask.formUnion(many)
        } else {
            for token in few { mask.insert(token) }
        }
    }
}

extension TokenPieces {
    /// Visits all nodes below `node` that the lexeme goes on to from `start`, parents first.
    @inline(__always)
    func walk(
        below node: Int, _ lexeme: Lexeme, from start: LexemePosition, _ visit: (Int, LexemePosition) -> Void
    ) {
        let (base, last) = (Int(depth[node]), Int(end[node]))
        guard node + 1 < last else { return }
        withUnsafeTemporaryAllocation(of: LexemePosition.self, capacity: longest - base + 1) { path in
            path[0] = start
            var current = node + 1
            while current < last {
                let level = Int(depth[current]) - base
                guard let next = lexeme.step(path[level - 1], byte[current]) else {
                    current = Int(end[current])
                    continue
                }
                path[level] = next
                visit(current, next)
                current += 1
            }
        }
    }
}
