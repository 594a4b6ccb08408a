// What filters know of a text: lengths, scripts, shares, repetition. Each is computed when it is asked for.

internal import Recipes

/// A text's characters counted by what they are.
struct CharacterCounts {
    var characters = 0
    /// Letters and digits.
    var alphanumerics = 0
    /// Letters by script, in the order of `Script`.
    var letters = [Int](repeating: 0, count: Script.allCases.count)

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        var latin = 0
        var digits = 0
        var ascii = 0
        var position = 0
        while position < bytes.count {
            let byte = bytes[position]
            if byte < 0x80 {
                ascii += 1
                if (byte | 0x20) &- 97 < 26 { latin += 1 } else if byte &- 48 < 10 { digits += 1 }
                position += 1
                continue
            }
            let (value, length) = UTF8Reader.scalar(bytes, position)
            position += length
            characters += 1
            if let script = Script(value) {
                letters[script.rawValue] += 1
                alphanumerics += 1
            } else if isWordCharacter(value) {
                alphanumerics += 1
            }
        }
        characters += ascii
        letters[Script.latin.rawValue] += latin
        alphanumerics += latin + digits
    }

    func share(of script: Script) -> Double {
        let all = letters.reduce(0, +)
        return all > 0 ? Double(letters[script.rawValue]) / Double(all) : 0
    }

    var alphanumericShare: Double { characters > 0 ? Double(alphanumerics) / Double(characters) : 0 }
}

/// The words of a text: runs of letters and digits; where words are not written apart, each character.
struct Words {
    /// Hash of each word in lower case, full-width letters as plain ones, and the bytes it covers.
    private(set) var hashes: [UInt64] = []
    private(set) var ranges: [Range<Int>] = []
    /// Whether the word is a character of a script that writes no spaces.
    private(set) var isSingle: [Bool] = []
    private var scratch: [UInt8] = []

    mutating func scan(_ bytes: UnsafeBufferPointer<UInt8>, keepsRanges: Bool = true) {
        hashes.removeAll(keepingCapacity: true)
        ranges.removeAll(keepingCapacity: true)
        isSingle.removeAll(keepingCapacity: true)
        scratch.removeAll(keepingCapacity: true)
        var position = 0
        var start = 0
        while position < bytes.count {
            let byte = bytes[position]
            if byte < 0x80 {
                guard Self.isPlain(byte) else {
                    if !scratch.isEmpty { endWord(start..<position, keepsRanges) }
                    position += 1
                    continue
                }
                if scratch.isEmpty { start = position }
                var end = position
                var hasCapital = false
                while end < bytes.count, Self.isPlain(bytes[end]) {
                    if bytes[end] &- 65 < 26 { hasCapital = true }
                    end += 1
                }
                if scratch.isEmpty, !hasCapital, end == bytes.count || bytes[end] < 0x80 {
                    // Most words are small letters alone: they are hashed where they stand.
                    hashes.append(ContentHash.of(UnsafeBufferPointer(rebasing: bytes[start..<end])))
                    isSingle.append(false)
                    if keepsRanges { ranges.append(start..<end) }
                } else {
                    for place in position..<end {
                        scratch.append(bytes[place] &- 65 < 26 ? bytes[place] | 0x20 : bytes[place])
                    }
                }
                position = end
                continue
            }
            let (wide, length) = UTF8Reader.scalar(bytes, position)
            let value = narrowed(wide)
            if isWordCharacter(value) {
                let isUnspaced = value >= 0xE00 && Script(value)?.isUnspaced == true
                if isUnspaced {
                    if !scratch.isEmpty { endWord(start..<position, keepsRanges) }
                    hashes.append(ContentHash.draw(seed: 1, purpose: 7, UInt64(value)))
                    isSingle.append(true)
                    if keepsRanges { ranges.append(position..<position + length) }
                } else {
                    if scratch.isEmpty { start = position }
                    UTF8Reader.append(lowercased(value), to: &scratch)
                }
            } else if !scratch.isEmpty {
                endWord(start..<position, keepsRanges)
            }
            position += length
        }
        if !scratch.isEmpty { endWord(start..<bytes.count, keepsRanges) }
    }

    /// A letter or digit of ASCII.
    @inline(__always)
    private static func isPlain(_ byte: UInt8) -> Bool { byte &- 48 < 10 || (byte | 0x20) &- 97 < 26 }

    private mutating func endWord(_ range: Range<Int>, _ keepsRanges: Bool) {
        hashes.append(ContentHash.of(scratch))
        isSingle.append(false)
        if keepsRanges { ranges.append(range) }
        scratch.removeAll(keepingCapacity: true)
    }

    var count: Int { hashes.count }
}

/// How often a text says the same again.
enum Repetition {
    /// The share of runs of `size` elements that stand more than once.
    static func share(ofRepeatedRuns size: Int, in hashes: [UInt64]) -> Double {
        var runs = self.runs(of: size, in: hashes)
        guard !runs.isEmpty else { return 0 }
        runs.sort()
        var repeated = 0
        forEachCount(runs) { count in if count > 1 { repeated += count } }
        return Double(repeated) / Double(runs.count)
    }

    /// The share of all runs of `size` characters that the commonest make up, as many kinds of them as the square root of all
    /// kinds, those that stand once left aside.
    static func share(ofCommonestCharacterRuns size: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Double {
        var characters: [UInt64] = []
        characters.reserveCapacity(bytes.count)
        var position = 0
        while position < bytes.count {
            let (value, length) = UTF8Reader.scalar(bytes, position)
            characters.append(UInt64(value))
            position += length
        }
        var runs = self.runs(of: size, in: characters)
        guard !runs.isEmpty else { return 0 }
        runs.sort()
        var counts: [Int] = []
        forEachCount(runs) { counts.append($0) }
        let repeatedKinds = counts.count { $0 > 1 }
        let kinds = min(Int(Double(counts.count).squareRoot()), repeatedKinds)
        guard kinds > 0 else { return 0 }
        counts.sort(by: >)
        return Double(counts[..<kinds].reduce(0, +)) / Double(runs.count)
    }

    /// The share of the lines that stood before in the same text; empty lines do not count.
    static func share(ofRepeatedLinesIn bytes: UnsafeBufferPointer<UInt8>) -> Double {
        var seen = Set<UInt64>()
        var lines = 0
        for line in bytes.split(separator: 0x0A) {
            let line = UnsafeBufferPointer(rebasing: line)
            guard line.contains(where: { $0 > 0x20 }) else { continue }
            lines += 1
            seen.insert(ContentHash.of(line))
        }
        return lines > 0 ? Double(lines - seen.count) / Double(lines) : 0
    }

    /// The share of the text's bytes that the commonest run of `size` words covers; one that stands once covers none.
    static func share(ofTopRun size: Int, in words: Words, byteCount: Int) -> Double {
        let runs = self.runs(of: size, in: words.hashes)
        guard !runs.isEmpty, byteCount > 0 else { return 0 }
        var best: (count: Int, first: Int) = (1, 0)
        var counts: [UInt64: (count: Int, first: Int)] = [:]
        for (index, run) in runs.enumerated() {
            let entry = counts[run].map { (count: $0.count + 1, first: $0.first) } ?? (count: 1, first: index)
            counts[run] = entry
            if entry.count > best.count || (entry.count == best.count && entry.first < best.first) { best = entry }
        }
        guard best.count > 1 else { return 0 }
        let length = words.ranges[best.first + size - 1].upperBound - words.ranges[best.first].lowerBound
        return min(1, Double(best.count * length) / Double(byteCount))
    }

    private static func runs(of size: Int, in elements: [UInt64]) -> [UInt64] {
        guard elements.count >= size else { return [] }
        return (0...(elements.count - size)).map { start in
            var hash = ContentHash(seed: UInt64(size))
            for element in elements[start..<start + size] { hash.add(element) }
            return hash.value
        }
    }

    private static func forEachCount(_ sorted: [UInt64], _ body: (Int) -> Void) {
        var start = 0
        while start < sorted.count {
            var end = start + 1
            while end < sorted.count, sorted[end] == sorted[start] { end += 1 }
            body(end - start)
            start = end
        }
    }
}
