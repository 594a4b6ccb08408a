// Whole sequences for a person to look at, chosen without regard to their order.

/// A sequence as a report shows it.
public struct SampledSequence: Codable, Sendable, Equatable {
    /// The most tokens that are kept of one sequence; of a longer one its beginning, what stands about the first token that carries
    /// loss, and its end.
    public static let largestTokenCount = 2048
    /// Tokens kept of the end, and before the first token that carries loss.
    private static let tailTokenCount = 512
    private static let leadTokenCount = 128

    /// Tokens that are left out.
    public struct Gap: Codable, Sendable, Equatable {
        /// In front of which of the tokens that are kept.
        public let index: Int
        public let tokens: Int
        /// Of them, the ones that carry loss.
        public let targets: Int
    }

    public var place: RowPlace
    /// The row's number among all rows read, from 0, and the sequence's number within the row.
    public var index: Int
    public var part: Int
    public var label: String?
    public var ids: [Int32]
    /// 0 and 1 rather than truth values: half the bytes where it is stored.
    private var mask: [UInt8]
    /// Tokens left out, and of those the ones that carry loss.
    public var omittedTokenCount = 0
    public var omittedTargetCount = 0
    /// Where they are left out; not known of reports that were stored without it.
    private var omitted: [Gap]?
    /// Tokens before the sequence was cut at the largest length.
    public var fullTokenCount: Int
    /// Numbers of the tokens that are not to be shown, ascending: personal data, or what was masked in another row.
    public var hiddenTokens: [Int] = []

    init(_ example: TokenizedExample, label: String?, fullTokenCount: Int) {
        place = example.place
        index = example.index
        part = example.part
        self.label = label
        self.fullTokenCount = fullTokenCount
        ids = example.ids
        mask = example.isTarget.map { $0 ? 1 : 0 }
        guard ids.count > Self.largestTokenCount else { return }
        leaveOut(Self.gaps(ids.count, firstTarget: mask.firstIndex(of: 1) ?? 0))
    }

    /// What is left out of a long sequence. An answer that begins where the beginning of the row no longer reaches is shown from its
    /// beginning, the row's own beginning shorter.
    private static func gaps(_ count: Int, firstTarget: Int) -> [Range<Int>] {
        let head = largestTokenCount - tailTokenCount, tail = count - tailTokenCount
        let answer = max(0, firstTarget - leadTokenCount)
        guard answer + 2 * leadTokenCount > head else { return [head..<tail] }
        // The end holds the answer's beginning, or can be made longer so that it does.
        let short = head / 4
        guard count - answer > largestTokenCount - short else {
            let start = min(answer, tail)
            return [largestTokenCount - (count - start)..<start]
        }
        return [short..<answer, answer + head - short..<tail]
    }

    private mutating func leaveOut(_ gaps: [Range<Int>]) {
        omitted = gaps.enumerated().map { number, gap in
            Gap(
                index: gap.lowerBound - gaps[..<number].reduce(0) { $0 + $1.count }, tokens: gap.count,
                targets: mask[gap].count { $0 == 1 })
        }
        omittedTokenCount = gaps.reduce(0) { $0 + $1.count }
        omittedTargetCount = (omitted ?? []).reduce(0) { $0 + $1.targets }
        for gap in gaps.reversed() {
            ids.removeSubrange(gap)
            mask.removeSubrange(gap)
        }
    }

    /// Whether each token of `ids` carries loss.
    public var isTarget: [Bool] { mask.map { $0 == 1 } }
    /// Where tokens are left out, in their order; none where the sequence is whole.
    public var gaps: [Gap] {
        guard omittedTokenCount > 0 else { return [] }
        return omitted ?? [
            Gap(
                index: Self.largestTokenCount - Self.tailTokenCount, tokens: omittedTokenCount,
                targets: omittedTargetCount)
        ]
    }
    /// Tokens of the sequence, those left out with them.
    public var tokenCount: Int { ids.count + omittedTokenCount }
    /// Tokens that carry loss.
    public var targetCount: Int { mask.count { $0 == 1 } + omittedTargetCount }
    /// Whether the sequence lost its end to the largest length.
    public var isTruncated: Bool { fullTokenCount > tokenCount }
}

/// A few sequences: those whose numbers have the smallest digests, one that was cut, and the longest.
public struct SampledSequences: Codable, Sendable, Equatable {
    static let drawnCount = 8

    /// Which sequences are drawn depends on it and on their rows' numbers alone.
    public var seed: UInt64 = 0
    /// By their draws, ascending.
    private var drawn: [Drawn] = []
    private var truncated: Drawn?
    private var longest: Drawn?

    private struct Drawn: Codable, Sendable, Equatable {
        var draw: UInt64
        var sequence: SampledSequence
    }

    public init(seed: UInt64 = 0) { self.seed = seed }

    /// In the order of rows, none twice.
    public var sequences: [SampledSequence] {
        var all: [SampledSequence] = []
        for sequence in drawn.map(\.sequence) + [truncated, longest].compactMap({ $0?.sequence })
        where !all.contains(where: { $0.index == sequence.index && $0.part == sequence.part }) {
            all.append(sequence)
        }
        return all.sorted { ($0.index, $0.part) < ($1.index, $1.part) }
    }

    /// Changes each sequence.
    public mutating func forEachSequence(_ change: (inout SampledSequence) -> Void) {
        for index in drawn.indices { change(&drawn[index].sequence) }
        truncated = truncated.map { Self.changed($0, change) }
        longest = longest.map { Self.changed($0, change) }
    }

    private static func changed(_ entry: Drawn, _ change: (inout SampledSequence) -> Void) -> Drawn {
        var entry = entry
        change(&entry.sequence)
        return entry
    }

    mutating func offer(_ example: TokenizedExample, label: String?, fullTokenCount: Int) {
        let draw = Self.draw(seed, example)
        let isDrawn = drawn.count < Self.drawnCount || draw < drawn[drawn.count - 1].draw
        let isCut = fullTokenCount > example.ids.count && truncated.map { draw < $0.draw } ?? true
        let isLongest = longest.map { ($0.sequence.tokenCount, draw) < (example.ids.count, $0.draw) } ?? true
        guard isDrawn || isCut || isLongest else { return }
        let taken = Drawn(
            draw: draw, sequence: SampledSequence(example, label: label, fullTokenCount: fullTokenCount))
        if isDrawn {
            drawn.insert(taken, at: drawn.firstIndex { draw < $0.draw } ?? drawn.count)
            if drawn.count > Self.drawnCount { drawn.removeLast() }
        }
        if isCut { truncated = taken }
        if isLongest { longest = taken }
    }

    /// A well-mixed number of seed, row and part (the finaliser of SplitMix64, twice).
    private static func draw(_ seed: UInt64, _ example: TokenizedExample) -> UInt64 {
        func mixed(_ value: UInt64) -> UInt64 {
            var value = value &+ 0x9E37_79B9_7F4A_7C15
            value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
            return value ^ value >> 31
        }
        return mixed(mixed(seed ^ UInt64(truncatingIfNeeded: example.index)) ^ UInt64(truncatingIfNeeded: example.part))
    }
}
