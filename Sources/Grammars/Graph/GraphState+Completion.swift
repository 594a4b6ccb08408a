// The shortest way to a complete text.

extension GraphState {
    func affordable(_ token: Int32, left: Int) -> Int32 {
        var next = self
        if next.advance(token), next.isComplete || next.shortestCompletion().count < left { return token }
        return shortestCompletion().first ?? (isComplete ? grammar.pieces.ends.first : nil) ?? token
    }

    func shortestCompletion() -> [Int32] {
        guard !isComplete else { return [] }
        let graph = grammar.graph
        // Of many ways those are written out that cost least.
        let costs = threads.list.map { graph.cost(of: $0) }
        guard let least = costs.min() else { return [] }
        let texts = zip(threads.list, costs).filter { $0.1 == least }.map { thread, _ in
            var writer = CompletionWriter(graph: graph)
            writer.finish(thread)
            return writer
        }
        guard let fewest = texts.map(\.length).min() else { return [] }
        // Texts of the same length may take more or fewer tokens.
        var best: [Int32]?
        for text in texts where text.length == fewest {
            let tokens = grammar.pieces.fewestTokens(for: text.segments)
            if best.map({ tokens.count < $0.count }) ?? true { best = tokens }
        }
        return best ?? []
    }
}

extension GrammarGraph {
    /// The fewest bytes that make a text complete which is read in this way, if nothing is too deep.
    fileprivate func cost(of thread: GrammarThread) -> Int {
        var cost = costs[thread.next].bytes
        switch thread.place {
        case .lexeme(let index, let position): cost += lexemes[index].distance(position)
        case .token: cost += 1
        }
        var frame = thread.frame
        while let open = frame {
            if case .repeated(let body, let least, _, let next) = nodes[open.node], open.count >= 0 {
                cost += max(0, Int(least) - Int(open.count) - 1) * costs[body].bytes + costs[next].bytes
            } else {
                cost += costs[open.node].bytes
            }
            frame = open.parent
        }
        return cost
    }
}

/// Part of a text that is to be written.
private enum CompletionSegment {
    case bytes([UInt8])
    case token(Int32)
}

/// Writes the shortest text from one place to the end.
private struct CompletionWriter {
    let graph: GrammarGraph
    private(set) var segments: [CompletionSegment] = []
    /// In bytes; a token that stands for no text counts as one.
    private(set) var length = 0

    init(graph: GrammarGraph) { self.graph = graph }

    mutating func finish(_ thread: GrammarThread) {
        switch thread.place {
        case .lexeme(let index, let position): write(graph.lexemes[index].shortest(position))
        case .token(let token): write(token)
        }
        run(from: thread.next, thread.frame)
    }

    private mutating func run(from node: Int, _ frame: GrammarFrame?) {
        var (node, frame) = (node, frame)
        while true {
            switch graph.nodes[node] {
            case .exit:
                guard let last = frame else { return }
                frame = last.parent
                node = last.count < 0 ? last.node : goOn(last.node, graph.count(after: last), &frame)
            case .lexeme(let index, let low, let high, let next):
                let lexeme = graph.lexemes[index]
                write(lexeme.shortest(lexeme.start(low: low, high: high)))
                node = next
            case .token(let token, let next):
                write(token)
                node = next
            case .call(let entry, let next):
                frame = GrammarFrame(node: next, parent: frame)
                node = entry
            case .choice(let parts):
                guard let part = pick(parts, depth: frame?.depth ?? 0) else { return }
                node = part
            case .repeated: node = goOn(node, 0, &frame)
            }
        }
    }

    /// The next node of one that repeats.
    private func goOn(_ node: Int, _ count: Int32, _ frame: inout GrammarFrame?) -> Int {
        guard case .repeated(let body, let least, _, let next) = graph.nodes[node] else { return node }
        if count >= least { return next }
        frame = GrammarFrame(node: node, count: count, parent: frame)
        return body
    }

    /// The part with the fewest bytes, or, where that goes too deep, the flattest.
    private func pick(_ parts: [Int], depth: Int) -> Int? {
        let possible = parts.filter { graph.isPossible($0, depth: depth) }
        let short = possible.min { cost($0).bytes < cost($1).bytes }
        if let short, depth + cost(short).depth <= graph.maximumDepth { return short }
        return possible.min {
            (cost($0).leastDepth, cost($0).leastDepthBytes) < (cost($1).leastDepth, cost($1).leastDepthBytes)
        }
    }

    private func cost(_ node: Int) -> GrammarGraph.Cost { graph.costs[node] }

    private mutating func write(_ bytes: [UInt8]) {
        length += bytes.count
        if case .bytes(let before)? = segments.last {
            segments[segments.count - 1] = .bytes(before + bytes)
        } else {
            segments.append(.bytes(bytes))
        }
    }

    private mutating func write(_ token: Int32) {
        length += 1
        segments.append(.token(token))
    }
}

extension TokenPieces {
    fileprivate func fewestTokens(for segments: [CompletionSegment]) -> [Int32] {
        segments.flatMap { segment in
            switch segment {
            case .bytes(let bytes): fewestTokens(for: bytes)
            case .token(let token): [token]
            }
        }
    }

    /// As few tokens as `bytes` can be cut into, longer ones first; where no tokens make them up, those of the longest beginning.
    func fewestTokens(for bytes: [UInt8]) -> [Int32] {
        /// How many tokens the rest takes from each place, and which is the first.
        var counts = [Int](repeating: .max / 2, count: bytes.count + 1)
        var first = [(token: Int32, length: Int)](repeating: (-1, 0), count: bytes.count + 1)
        counts[bytes.count] = 0
        for start in bytes.indices.reversed() {
            var node = 0
            for index in start..<bytes.count {
                guard let child = child(of: node, bytes[index]) else { break }
                node = child
                guard let token = tokens(at: node).first, counts[index + 1] + 1 <= counts[start] else { continue }
                counts[start] = counts[index + 1] + 1
                first[start] = (tokens[token], index + 1 - start)
            }
        }
        var found: [Int32] = []
        var place = 0
        while place < bytes.count, first[place].length > 0 {
            found.append(first[place].token)
            place += first[place].length
        }
        return found
    }

    private func child(of node: Int, _ wanted: UInt8) -> Int? {
        var current = node + 1
        while current < Int(end[node]) {
            if byte[current] == wanted { return current }
            current = Int(end[current])
        }
        return nil
    }
}
