// What a grammar is: lexemes one after another, choices among them, rules that call one another, and parts that repeat.

/// A node says what comes at one place, and where it goes on.
enum GrammarNode: Sendable {
    /// The rule ends.
    case exit
    case lexeme(Int, low: Int32, high: Int32, next: Int)
    /// A token by its id: one that stands for no text.
    case token(Int32, next: Int)
    /// The rule that begins at `entry`.
    case call(entry: Int, next: Int)
    /// Any of these; with none of them, nothing can come here.
    case choice([Int])
    /// The rule that begins at `body`, `least` to `most` times; `most` negative: without limit.
    case repeated(body: Int, least: Int32, most: Int32, next: Int)
}

/// A grammar's nodes, and what each costs to leave behind.
struct GrammarGraph: Sendable {
    /// What it takes to get from a node to the end of its rule.
    struct Cost: Sendable, Equatable {
        /// The fewest bytes (a token that stands for no text counts as one), and how many rules lie within one another then.
        var bytes: Int
        var depth: Int
        /// The fewest rules within one another, and how many bytes that takes.
        var leastDepth: Int
        var leastDepthBytes: Int

        static let none = Cost(bytes: 0, depth: 0, leastDepth: 0, leastDepthBytes: 0)
        static let never = Cost(bytes: .max / 4, depth: .max / 4, leastDepth: .max / 4, leastDepthBytes: .max / 4)
        var isPossible: Bool { bytes <= GrammarGraph.maximumBytes && leastDepth < .max / 8 }
    }

    let nodes: [GrammarNode]
    let lexemes: [Lexeme]
    let costs: [Cost]
    let root: Int
    /// Rules within one another that a text may have at most.
    let maximumDepth: Int

    /// Bytes of the shortest text that a part may take: it is written out at each token, so that an answer ends in time.
    static let maximumBytes = 1 << 16

    /// Rules within one another, unless the grammar needs more: each level of objects or lists takes up to two.
    static let usualDepth = 64

    /// - Throws: where no text can be complete, and where a rule begins with itself.
    init(nodes: [GrammarNode], lexemes: [Lexeme], root: Int) throws(GrammarError) {
        self.nodes = nodes
        self.lexemes = lexemes
        self.root = root
        costs = Self.costs(nodes, lexemes)
        guard costs[root].isPossible else {
            throw GrammarError(
                "nothing conforms to it, or what does has no end, or has more than \(Self.maximumBytes) bytes at least")
        }
        // Where texts lie too deep, the flattest is written, which may be longer.
        guard costs.allSatisfy({ !$0.isPossible || $0.leastDepthBytes <= 16 * Self.maximumBytes }) else {
            throw GrammarError("what lies in it flat has too many bytes, and the rest lies too deep")
        }
        maximumDepth = max(Self.usualDepth, costs[root].leastDepth + 8)
        try Self.refuseEndlessStarts(nodes, lexemes, root)
    }

    /// Whether what begins at `node` can be complete with `depth` rules open already.
    func isPossible(_ node: Int, depth: Int) -> Bool { depth + costs[node].leastDepth <= maximumDepth }

    private static func costs(_ nodes: [GrammarNode], _ lexemes: [Lexeme]) -> [Cost] {
        var costs = [Cost](repeating: .never, count: nodes.count)
        var changes = true
        while changes {
            changes = false
            for (index, node) in nodes.enumerated() {
                let cost = Self.cost(of: node, costs, lexemes)
                if cost != costs[index] {
                    costs[index] = cost
                    changes = true
                }
            }
        }
        return costs
    }

    private static func cost(of node: GrammarNode, _ costs: [Cost], _ lexemes: [Lexeme]) -> Cost {
        switch node {
        case .exit: return .none
        case .lexeme(let lexeme, let low, let high, let next):
            guard !lexemes[lexeme].isEmpty else { return .never }
            return written(lexemes[lexeme].distance(lexemes[lexeme].start(low: low, high: high)), costs[next])
        case .token(_, let next): return written(1, costs[next])
        case .call(let entry, let next): return inner(costs[entry], times: 1, costs[next])
        case .choice(let parts): return parts.reduce(.never) { best($0, costs[$1]) }
        case .repeated(let body, let least, _, let next):
            return least == 0 ? costs[next] : inner(costs[body], times: Int(least), costs[next])
        }
    }

    private static func written(_ bytes: Int, _ next: Cost) -> Cost {
        guard next.isPossible else { return .never }
        var cost = next
        cost.bytes += bytes
        cost.leastDepthBytes += bytes
        return cost.isPossible ? cost : .never
    }

    private static func inner(_ body: Cost, times: Int, _ next: Cost) -> Cost {
        guard body.isPossible, next.isPossible else { return .never }
        let bytes = times * body.bytes + next.bytes
        // What comes too often is not counted further: its numbers would leave 64 bits.
        guard bytes <= maximumBytes else { return .never }
        return Cost(
            bytes: bytes, depth: max(1 + body.depth, next.depth), leastDepth: max(1 + body.leastDepth, next.leastDepth),
            leastDepthBytes: times * body.leastDepthBytes + next.leastDepthBytes)
    }

    private static func best(_ one: Cost, _ other: Cost) -> Cost {
        guard other.isPossible else { return one }
        var cost = one
        if (other.bytes, other.depth) < (one.bytes, one.depth) { (cost.bytes, cost.depth) = (other.bytes, other.depth) }
        if (other.leastDepth, other.leastDepthBytes) < (one.leastDepth, one.leastDepthBytes) {
            (cost.leastDepth, cost.leastDepthBytes) = (other.leastDepth, other.leastDepthBytes)
        }
        return cost
    }

    /// A rule that calls itself before anything was written would be called for ever.
    private static func refuseEndlessStarts(
        _ nodes: [GrammarNode], _ lexemes: [Lexeme], _ root: Int
    ) throws(GrammarError) {
        enum Mark { case open, done }
        var marks: [Int: Mark] = [:]
        var pending: [(node: Int, isLeft: Bool)] = nodes.indices.map { ($0, false) }
        while let (node, isLeft) = pending.popLast() {
            if isLeft {
                marks[node] = .done
                continue
            }
            if let mark = marks[node] {
                if mark == .open { throw GrammarError("it is made of itself: a $ref leads back to where it stands") }
                continue
            }
            marks[node] = .open
            pending.append((node, true))
            for next in nodes[node].starts(lexemes) where marks[next] != .done { pending.append((next, false)) }
        }
    }
}

extension GrammarNode {
    /// The nodes that are at once where this one is, with nothing written.
    fileprivate func starts(_ lexemes: [Lexeme]) -> [Int] {
        switch self {
        case .exit, .token: return []
        case .lexeme(let lexeme, _, _, let next):
            guard !lexemes[lexeme].isEmpty, lexemes[lexeme].accepts(lexemes[lexeme].start()) else { return [] }
            return [next]
        case .call(let entry, _): return [entry]
        case .choice(let parts): return parts
        case .repeated(let body, let least, _, let next): return least == 0 ? [body, next] : [body]
        }
    }
}
