// The working memory of byte-pair merging: a linked list of symbols and a heap of the pairs that may be joined.

/// Symbols of one word under way, and the queue of possible merges. Reused from word to word.
final class MergeScratch {
    struct Symbol {
        var id: Int32
        var lower: Int32
        var upper: Int32
        var previous: Int32
        /// −1 at the end of the word; −2 once this symbol has been swallowed.
        var next: Int32
    }

    /// A possible merge of the symbol at `position` with the one after it. The smallest goes first: by rank, then by position.
    struct Candidate {
        var rank: Double
        var position: Int32
        /// What the pair looked like when it was queued; it is stale if either has changed.
        var leftUpper: Int32
        var rightUpper: Int32
        var id: Int32

        static func < (left: Candidate, right: Candidate) -> Bool {
            left.rank != right.rank ? left.rank < right.rank : left.position < right.position
        }
    }

    var symbols: [Symbol] = []
    private var heap: [Candidate] = []

    func reset() {
        symbols.removeAll(keepingCapacity: true)
        heap.removeAll(keepingCapacity: true)
    }

    /// Adds a symbol at the end of the word.
    func append(_ id: Int32, _ lower: Int, _ upper: Int) {
        let index = Int32(symbols.count)
        if index > 0 { symbols[Int(index) - 1].next = index }
        symbols.append(Symbol(id: id, lower: Int32(lower), upper: Int32(upper), previous: index - 1, next: -1))
    }

    /// Joins pairs, the lowest rank first and of equals the leftmost, until `lookup` knows none. O(n log n).
    func merge(_ lookup: (Symbol, Symbol) -> (rank: Double, id: Int32)?) {
        guard symbols.count > 1 else { return }
        for index in 0..<symbols.count - 1 { push(at: Int32(index), lookup) }
        while let best = pop() {
            let left = symbols[Int(best.position)]
            guard left.next >= 0, left.upper == best.leftUpper else { continue }
            let right = symbols[Int(left.next)]
            guard right.upper == best.rightUpper else { continue }
            symbols[Int(left.next)].next = -2
            symbols[Int(best.position)].id = best.id
            symbols[Int(best.position)].upper = right.upper
            symbols[Int(best.position)].next = right.next
            if right.next >= 0 {
                symbols[Int(right.next)].previous = best.position
                push(at: best.position, lookup)
            }
            if left.previous >= 0 { push(at: left.previous, lookup) }
        }
    }

    /// Calls `body` with what is left, in order.
    func forEach(_ body: (Symbol) -> Void) {
        var index: Int32 = symbols.isEmpty ? -1 : 0
        while index >= 0 {
            body(symbols[Int(index)])
            index = symbols[Int(index)].next
        }
    }

    private func push(at position: Int32, _ lookup: (Symbol, Symbol) -> (rank: Double, id: Int32)?) {
        let left = symbols[Int(position)]
        guard left.next >= 0 else { return }
        let right = symbols[Int(left.next)]
        guard let (rank, id) = lookup(left, right) else { return }
        var child = heap.count
        let candidate = Candidate(
            rank: rank, position: position, leftUpper: left.upper, rightUpper: right.upper, id: id)
        heap.append(candidate)
        while child > 0 {
            let parent = (child - 1) / 2
            guard candidate < heap[parent] else { break }
            heap[child] = heap[parent]
            child = parent
        }
        heap[child] = candidate
    }

    private func pop() -> Candidate? {
        guard let best = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return best }
        var parent = 0
        while true {
            var child = parent * 2 + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < last else { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = last
        return best
    }
}
