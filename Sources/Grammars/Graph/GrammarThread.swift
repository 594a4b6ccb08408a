// How a text so far can be read: where in the graph it stands, and which rules are open.

/// A rule that is open: where it goes on once it ends. A chain of them is a stack that shares its lower part with others.
final class GrammarFrame: Sendable {
    /// The node after the call, or the one that repeats.
    let node: Int
    /// How often the repeated rule was complete; negative: a call.
    let count: Int32
    let parent: GrammarFrame?
    let depth: Int
    fileprivate let fingerprint: Int

    init(node: Int, count: Int32 = -1, parent: GrammarFrame?) {
        self.node = node
        self.count = count
        self.parent = parent
        depth = (parent?.depth ?? 0) + 1
        fingerprint = ((parent?.fingerprint ?? 17) &* 31 &+ node) &* 1_000_003 &+ Int(count)
    }

    static func areEqual(_ one: GrammarFrame?, _ other: GrammarFrame?) -> Bool {
        var (one, other) = (one, other)
        while let left = one, let right = other {
            if left === right { return true }
            guard left.fingerprint == right.fingerprint, left.node == right.node, left.count == right.count else {
                return false
            }
            (one, other) = (left.parent, right.parent)
        }
        return one == nil && other == nil
    }
}

/// One way to read the text so far.
struct GrammarThread: Hashable, Sendable {
    enum Place: Hashable, Sendable {
        case lexeme(Int, LexemePosition)
        /// A token that stands for no text is next.
        case token(Int32)
    }

    var place: Place
    /// Where it goes on after that.
    var next: Int
    var frame: GrammarFrame?

    static func == (one: GrammarThread, other: GrammarThread) -> Bool {
        one.place == other.place && one.next == other.next && GrammarFrame.areEqual(one.frame, other.frame)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(place)
        hasher.combine(next)
        hasher.combine(frame?.fingerprint)
    }
}

/// A node at which a rule goes on.
private struct GrammarEntry: Hashable, Sendable {
    let node: Int
    let frame: GrammarFrame?

    static func == (one: GrammarEntry, other: GrammarEntry) -> Bool {
        one.node == other.node && GrammarFrame.areEqual(one.frame, other.frame)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(node)
        hasher.combine(frame?.fingerprint)
    }
}

/// All ways to read a text.
struct GrammarThreads: Sendable {
    private(set) var list: [GrammarThread] = []
    /// The same, once they are many.
    private var seen: Set<GrammarThread> = []
    private static let few = 16
    /// Whether the text is complete.
    var isComplete = false
    /// Nodes that were entered, and where, once they are many.
    private var entered = 0
    private var places: Set<GrammarEntry> = []

    /// Whether what begins at `entry` is still to be found. Rules that lead to the same rule in two ways are entered once; of a text
    /// that can be read in more ways than can be followed, some are.
    fileprivate mutating func enters(_ entry: GrammarEntry, _ graph: GrammarGraph) -> Bool {
        entered += 1
        guard entered > 256 else { return true }
        guard entered < 65_536 + 8 * graph.nodes.count, list.count < 4096 + graph.nodes.count else { return false }
        return places.insert(entry).inserted
    }

    mutating func add(_ thread: GrammarThread) {
        guard list.count > Self.few else {
            if !list.contains(thread) { list.append(thread) }
            return
        }
        if seen.isEmpty { seen = Set(list) }
        if seen.insert(thread).inserted { list.append(thread) }
    }
}

extension GrammarGraph {
    /// The ways on from `node`, with nothing written.
    func enter(_ node: Int, _ frame: GrammarFrame?, _ found: inout GrammarThreads) {
        // Choices of thousands lie within one another where an object has as many members: no stack may hold them.
        var pending = [GrammarEntry(node: node, frame: frame)]
        while let entry = pending.popLast() {
            guard found.enters(entry, self) else { continue }
            let (node, frame) = (entry.node, entry.frame)
            switch nodes[node] {
            case .exit:
                guard let frame else {
                    found.isComplete = true
                    continue
                }
                if frame.count < 0 {
                    pending.append(GrammarEntry(node: frame.node, frame: frame.parent))
                } else {
                    goOn(frame.node, count: count(after: frame), frame.parent, &pending)
                }
            case .lexeme(let index, let low, let high, let next):
                let lexeme = lexemes[index]
                guard !lexeme.isEmpty else { continue }
                let start = lexeme.start(low: low, high: high)
                if !lexeme.isOver(start) {
                    found.add(GrammarThread(place: .lexeme(index, start), next: next, frame: frame))
                }
                if lexeme.accepts(start) { pending.append(GrammarEntry(node: next, frame: frame)) }
            case .token(let token, let next):
                found.add(GrammarThread(place: .token(token), next: next, frame: frame))
            case .call(let entry, let next):
                // Where nothing follows a call it opens no level: a rule that ends with itself is a list of any length.
                let inner = next == GraphBuilder.exit ? frame : GrammarFrame(node: next, parent: frame)
                pending.append(GrammarEntry(node: entry, frame: inner))
            case .choice(let parts):
                for part in parts.reversed() where isPossible(part, depth: frame?.depth ?? 0) {
                    pending.append(GrammarEntry(node: part, frame: frame))
                }
            case .repeated: goOn(node, count: 0, frame, &pending)
            }
        }
    }

    /// The ways on where a part repeats that was complete `count` times.
    private func goOn(_ node: Int, count: Int32, _ frame: GrammarFrame?, _ pending: inout [GrammarEntry]) {
        guard case .repeated(let body, let least, let most, let next) = nodes[node] else { return }
        if count >= least { pending.append(GrammarEntry(node: next, frame: frame)) }
        if most < 0 || count < most, isPossible(body, depth: (frame?.depth ?? 0) + 1) {
            pending.append(
                GrammarEntry(node: body, frame: GrammarFrame(node: node, count: count, parent: frame)))
        }
    }

    /// How often a repeated rule was complete, now that it was once more. Where there is no most, counts from the least on are alike.
    func count(after frame: GrammarFrame) -> Int32 {
        guard case .repeated(_, let least, let most, _) = nodes[frame.node] else { return 0 }
        return most < 0 ? min(frame.count + 1, least) : frame.count + 1
    }

    /// The ways that go on with `byte`.
    func step(_ threads: GrammarThreads, _ byte: UInt8) -> GrammarThreads {
        var found = GrammarThreads()
        for thread in threads.list {
            guard case .lexeme(let index, let position) = thread.place else { continue }
            let lexeme = lexemes[index]
            guard let next = lexeme.step(position, byte) else { continue }
            if !lexeme.isOver(next) {
                found.add(GrammarThread(place: .lexeme(index, next), next: thread.next, frame: thread.frame))
            }
            if lexeme.accepts(next) { enter(thread.next, thread.frame, &found) }
        }
        return found
    }

    /// The ways that go on with a token that stands for no text.
    func step(_ threads: GrammarThreads, token: Int32) -> GrammarThreads {
        var found = GrammarThreads()
        for thread in threads.list where thread.place == .token(token) { enter(thread.next, thread.frame, &found) }
        return found
    }
}
