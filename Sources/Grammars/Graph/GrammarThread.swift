// How a text so far can be read: where in the graph it stands, and which rules are open.

/// A rule that is open: where it goes on once it ends. A chain of them is a stack that shares its lower part with others.
final class GrammarFrame: Sendable {
    /// The node after the call, or the one that repeats.
    let node: Int
    /// How often the repeated rule was complete; negative: a call.
    let count: Int32
    let parent: GrammarFrame?
    let depth: Int
    private let fingerprint: Int

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
struct GrammarThread: Sendable {
    enum Place: Hashable, Sendable {
        case lexeme(Int, LexemePosition)
        /// A token that stands for no text is next.
        case token(Int32)
    }

    var place: Place
    /// Where it goes on after that.
    var next: Int
    var frame: GrammarFrame?

    func isSame(as other: GrammarThread) -> Bool {
        place == other.place && next == other.next && GrammarFrame.areEqual(frame, other.frame)
    }
}

/// All ways to read a text.
struct GrammarThreads: Sendable {
    private(set) var list: [GrammarThread] = []
    /// Whether the text is complete.
    var isComplete = false

    mutating func add(_ thread: GrammarThread) {
        if !list.contains(where: { $0.isSame(as: thread) }) { list.append(thread) }
    }
}

extension GrammarGraph {
    /// The ways on from `node`, with nothing written.
    func enter(_ node: Int, _ frame: GrammarFrame?, _ found: inout GrammarThreads) {
        switch nodes[node] {
        case .exit: leave(frame, &found)
        case .lexeme(let index, let low, let high, let next):
            let lexeme = lexemes[index]
            guard !lexeme.isEmpty else { return }
            let start = lexeme.start(low: low, high: high)
            if !lexeme.isOver(start) {
                found.add(GrammarThread(place: .lexeme(index, start), next: next, frame: frame))
            }
            if lexeme.accepts(start) { enter(next, frame, &found) }
        case .token(let token, let next):
            found.add(GrammarThread(place: .token(token), next: next, frame: frame))
        case .call(let entry, let next): enter(entry, GrammarFrame(node: next, parent: frame), &found)
        case .choice(let parts):
            for part in parts where isPossible(part, depth: frame?.depth ?? 0) { enter(part, frame, &found) }
        case .repeated: goOn(node, count: 0, frame, &found)
        }
    }

    /// The ways on once a rule has ended, in the one that called it.
    private func leave(_ frame: GrammarFrame?, _ found: inout GrammarThreads) {
        guard let frame else {
            found.isComplete = true
            return
        }
        if frame.count < 0 {
            enter(frame.node, frame.parent, &found)
        } else {
            goOn(frame.node, count: count(after: frame), frame.parent, &found)
        }
    }

    /// How often a repeated rule was complete, now that it was once more. Where there is no most, counts from the least on are alike.
    func count(after frame: GrammarFrame) -> Int32 {
        guard case .repeated(_, let least, let most, _) = nodes[frame.node] else { return 0 }
        return most < 0 ? min(frame.count + 1, least) : frame.count + 1
    }

    private func goOn(_ node: Int, count: Int32, _ frame: GrammarFrame?, _ found: inout GrammarThreads) {
        guard case .repeated(let body, let least, let most, let next) = nodes[node] else { return }
        if most < 0 || count < most, isPossible(body, depth: (frame?.depth ?? 0) + 1) {
            enter(body, GrammarFrame(node: node, count: count, parent: frame), &found)
        }
        if count >= least { enter(next, frame, &found) }
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
