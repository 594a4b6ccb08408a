// The automaton of an expression: Thompson's construction, then sets of its states as states.

extension ByteAutomaton {
    /// - Throws: where it needs more states than are worth it.
    init(_ expression: ByteExpression) throws(GrammarError) {
        var parts = StateGraph()
        let end = parts.add()
        let start = try parts.add(expression, before: end)
        let graph = parts
        /// States looked at: some short patterns come to automata that take for ever to make.
        var work = 0
        try self.init(
            from: graph.closure([start], &work), classes: ByteClasses(separating: graph.sets),
            accepts: { $0.contains(end) },
            step: { states, byte in
                work += states.count
                guard work < Self.maximumWork else { return nil }
                let next = states.compactMap { state in
                    graph.edges[Int(state)].flatMap { $0.bytes.contains(byte) ? $0.target : nil }
                }
                return next.isEmpty ? nil : graph.closure(next, &work)
            })
        guard work < Self.maximumWork else { throw GrammarError("takes too long to be made into an automaton") }
    }

    private static let maximumWork = 2_000_000

    /// States with one edge each, or with ways that take no byte.
    private struct StateGraph {
        static let maximumStates = 200_000

        private(set) var edges: [(bytes: ByteSet, target: Int32)?] = []
        private var free: [[Int32]] = []
        private(set) var sets: Set<ByteSet> = []

        mutating func add() -> Int32 {
            edges.append(nil)
            free.append([])
            return Int32(edges.count - 1)
        }

        /// - Returns: the state from which `expression` leads to `next`.
        mutating func add(_ expression: ByteExpression, before next: Int32) throws(GrammarError) -> Int32 {
            guard edges.count < Self.maximumStates else { throw GrammarError("repeats too much") }
            switch expression {
            case .bytes(let set):
                sets.insert(set)
                let state = add()
                edges[Int(state)] = (set, next)
                return state
            case .sequence(let parts):
                var next = next
                for part in parts.reversed() { next = try add(part, before: next) }
                return next
            case .choice(let parts):
                let state = add()
                for part in parts {
                    let start = try add(part, before: next)
                    free[Int(state)].append(start)
                }
                return state
            case .repeated(let part, let least, let most):
                return try add(part, least, most, before: next)
            }
        }

        private mutating func add(
            _ part: ByteExpression, _ least: Int, _ most: Int?, before next: Int32
        ) throws(GrammarError) -> Int32 {
            var state = next
            if let most {
                for _ in 0..<max(0, most - least) {
                    let optional = add()
                    let start = try add(part, before: state)
                    free[Int(optional)] = [start, next]
                    state = optional
                }
            } else {
                state = add()
                let start = try add(part, before: state)
                free[Int(state)] = [start, next]
            }
            for _ in 0..<least { state = try add(part, before: state) }
            return state
        }

        /// `states` and all that can be reached from them without a byte, ascending; of these only the ones that say something.
        ///
        /// - Parameter work: grows by the states that were looked at.
        func closure(_ states: [Int32], _ work: inout Int) -> [Int32] {
            var seen = Set<Int32>()
            var pending = states
            while let state = pending.popLast() {
                guard seen.insert(state).inserted else { continue }
                pending += free[Int(state)]
            }
            work += seen.count
            return seen.filter { edges[Int($0)] != nil || free[Int($0)].isEmpty }.sorted()
        }
    }
}
