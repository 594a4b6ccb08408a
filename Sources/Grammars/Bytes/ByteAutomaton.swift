// Deterministic automata over bytes, without dead ends: from each state a text that is accepted can be reached.

/// A regular language as a table. State 0 is the start; an automaton without states accepts nothing.
struct ByteAutomaton: Sendable {
    let classes: ByteClasses
    /// The state after a byte of each class, state by state; negative where the byte cannot come.
    private(set) var table: [Int32]
    private(set) var accepting: [Bool]

    var count: Int { accepting.count }
    var isEmpty: Bool { count == 0 }

    /// The state after `byte`; negative where it cannot come.
    func next(_ state: Int32, _ byte: UInt8) -> Int32 {
        table[Int(state) * classes.count + Int(classes.of[Int(byte)])]
    }

    /// States more than these are refused: a pattern that needs them would take a table of many megabytes.
    static let maximumStates = 20_000

    /// The automaton whose states are the keys that `step` reaches from `start`.
    ///
    /// - Throws: where they are more than `maximumStates`.
    init<Key: Hashable>(
        from start: Key, classes: ByteClasses, accepts: (Key) -> Bool, step: (Key, UInt8) -> Key?
    ) throws(GrammarError) {
        var numbers: [Key: Int32] = [start: 0]
        var keys = [start]
        var table: [Int32] = []
        var done = 0
        while done < keys.count {
            let key = keys[done]
            for byte in classes.representatives {
                guard let next = step(key, byte) else {
                    table.append(-1)
                    continue
                }
                if let number = numbers[next] {
                    table.append(number)
                } else {
                    guard keys.count < Self.maximumStates else {
                        throw GrammarError("needs more than \(Self.maximumStates) states")
                    }
                    table.append(Int32(keys.count))
                    numbers[next] = Int32(keys.count)
                    keys.append(next)
                }
            }
            done += 1
        }
        self.classes = classes
        self.table = table
        accepting = keys.map(accepts)
        trim()
    }

    /// Drops states from which nothing accepted can be reached.
    private mutating func trim() {
        let distances = self.distances { accepting[$0] }
        guard let first = distances.first, first != .max else {
            (table, accepting) = ([], [])
            return
        }
        var numbers = [Int32](repeating: -1, count: count)
        var kept: Int32 = 0
        for state in 0..<count where distances[state] != .max {
            numbers[state] = kept
            kept += 1
        }
        guard Int(kept) < count else { return }
        var fresh: [Int32] = [], ends: [Bool] = []
        for state in 0..<count where numbers[state] >= 0 {
            ends.append(accepting[state])
            for target in table[state * classes.count..<(state + 1) * classes.count] {
                fresh.append(target < 0 ? -1 : numbers[Int(target)])
            }
        }
        (table, accepting) = (fresh, ends)
    }

    /// The fewest bytes from each state to one that `isGoal`; `Int32.max` where there is no way.
    func distances(to isGoal: (Int) -> Bool) -> [Int32] {
        var sources = [[Int32]](repeating: [], count: count)
        for state in 0..<count {
            for target in Set(table[state * classes.count..<(state + 1) * classes.count]) where target >= 0 {
                sources[Int(target)].append(Int32(state))
            }
        }
        var distances = [Int32](repeating: .max, count: count)
        var queue: [Int32] = []
        for state in 0..<count where isGoal(state) {
            distances[state] = 0
            queue.append(Int32(state))
        }
        var done = 0
        while done < queue.count {
            let state = Int(queue[done])
            done += 1
            for source in sources[state] where distances[Int(source)] == .max {
                distances[Int(source)] = distances[state] + 1
                queue.append(source)
            }
        }
        return distances
    }

    /// Whether `bytes` are accepted.
    func accepts(_ bytes: some Sequence<UInt8>) -> Bool {
        guard !isEmpty else { return false }
        var state: Int32 = 0
        for byte in bytes {
            state = next(state, byte)
            if state < 0 { return false }
        }
        return accepting[Int(state)]
    }
}

// MARK: - Made of others

extension ByteAutomaton {
    private struct Pair: Hashable {
        var first: Int32
        /// Negative: what the second does not hold.
        var second: Int32
    }

    /// What both accept.
    func intersected(with other: ByteAutomaton) throws(GrammarError) -> ByteAutomaton {
        guard !isEmpty, !other.isEmpty else { return isEmpty ? self : other }
        return try ByteAutomaton(
            from: Pair(first: 0, second: 0), classes: classes.refined(by: other.classes),
            accepts: { accepting[Int($0.first)] && other.accepting[Int($0.second)] },
            step: { pair, byte in
                let next = Pair(first: next(pair.first, byte), second: other.next(pair.second, byte))
                return next.first < 0 || next.second < 0 ? nil : next
            })
    }

    /// What this accepts and `other` does not.
    func subtracting(_ other: ByteAutomaton) throws(GrammarError) -> ByteAutomaton {
        guard !isEmpty, !other.isEmpty else { return self }
        return try ByteAutomaton(
            from: Pair(first: 0, second: 0), classes: classes.refined(by: other.classes),
            accepts: { accepting[Int($0.first)] && ($0.second < 0 || !other.accepting[Int($0.second)]) },
            step: { pair, byte in
                let first = next(pair.first, byte)
                return first < 0
                    ? nil : Pair(first: first, second: pair.second < 0 ? -1 : other.next(pair.second, byte))
            })
    }

    /// What this accepts in `bytes` alone.
    func restricted(to bytes: ByteSet) throws(GrammarError) -> ByteAutomaton {
        guard !isEmpty else { return self }
        return try ByteAutomaton(
            from: Int32(0), classes: classes.refined(by: ByteClasses(separating: [bytes])),
            accepts: { accepting[Int($0)] },
            step: { state, byte in
                let next = next(state, byte)
                return next < 0 || !bytes.contains(byte) ? nil : next
            })
    }

    /// The same language with the fewest states.
    func minimised() throws(GrammarError) -> ByteAutomaton {
        guard !isEmpty else { return self }
        var parts = accepting.map { $0 ? 1 : 0 }
        var count = Set(parts).count
        while true {
            var numbers: [[Int]: Int] = [:]
            let finer = (0..<self.count).map { state in
                let targets = table[state * classes.count..<(state + 1) * classes.count]
                let signature = [parts[state]] + targets.map { $0 < 0 ? -1 : parts[Int($0)] }
                if let known = numbers[signature] { return known }
                numbers[signature] = numbers.count
                return numbers.count - 1
            }
            parts = finer
            if numbers.count == count { break }
            count = numbers.count
        }
        var members = [Int32](repeating: 0, count: count)
        for state in (0..<self.count).reversed() { members[parts[state]] = Int32(state) }
        return try ByteAutomaton(
            from: parts[0], classes: classes, accepts: { accepting[Int(members[$0])] },
            step: { part, byte in
                let next = next(members[part], byte)
                return next < 0 ? nil : parts[Int(next)]
            })
    }

    private struct Counted: Hashable {
        var state: Int32
        var count: Int
        /// Bytes left of an escape; −1: the byte after a backslash is next.
        var escape: Int
    }

    /// What this accepts of JSON strings, with `least` to `most` characters between the quotation marks.
    func holding(least: Int, most: Int?) throws(GrammarError) -> ByteAutomaton {
        guard !isEmpty else { return self }
        let (quote, backslash, letterU) = (UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "u"))
        let told = ByteClasses(
            separating: [ByteSet(quote), ByteSet(backslash), ByteSet(letterU), ByteSet(0x80...0xBF)])
        // The opening mark counts as one, the closing one too.
        return try ByteAutomaton(
            from: Counted(state: 0, count: -1, escape: 0), classes: classes.refined(by: told),
            accepts: { accepting[Int($0.state)] && $0.count > least },
            step: { from, byte in
                let state = next(from.state, byte)
                guard state >= 0 else { return nil }
                if from.escape < 0 {
                    return Counted(state: state, count: from.count, escape: byte == letterU ? 4 : 0)
                }
                if from.escape > 0 { return Counted(state: state, count: from.count, escape: from.escape - 1) }
                if byte & 0xC0 == 0x80 { return Counted(state: state, count: from.count, escape: 0) }
                // Past the least, counts are alike where there is no most.
                let count = most == nil ? min(from.count + 1, least + 1) : from.count + 1
                if let most, count > most + 1 { return nil }
                return Counted(state: state, count: count, escape: byte == backslash ? -1 : 0)
            })
    }
}
