// Unigram (SentencePiece, T5): the segmentation with the highest sum of log-probabilities.

internal import JSON

/// The `Unigram` model.
struct UnigramModel: Sendable {
    let vocabulary: ByteTable
    let scores: [Double]
    let unknownID: Int32?
    let byteTokens: ByteTokens?
    /// The lengths of tokens that start with each byte, ascending.
    private let lengths: [[Int]]
    private let unknownScore: Double

    /// An unknown character costs this much more than the least likely token.
    private static let unknownPenalty = 10.0

    init(vocabulary: ByteTable, texts: [[UInt8]], scores: [Double], unknownID: Int32?, usesByteTokens: Bool) {
        precondition(texts.count == scores.count)
        self.vocabulary = vocabulary
        self.scores = scores
        self.unknownID = unknownID
        byteTokens = usesByteTokens ? ByteTokens(vocabulary) : nil
        var lengths = [Set<Int>](repeating: [], count: 256)
        for text in texts where !text.isEmpty { lengths[Int(text[0])].insert(text.count) }
        self.lengths = lengths.map { $0.sorted() }
        unknownScore = (scores.min() ?? 0) - Self.unknownPenalty
    }

    func tokenize(_ word: UnsafeBufferPointer<UInt8>, into tokens: inout [WordToken]) {
        for (range, isUnknown) in bestPath(through: word) {
            let piece = UnsafeBufferPointer(rebasing: word[range])
            let (lower, upper) = (Int32(range.lowerBound), Int32(range.upperBound))
            if let id = vocabulary.find(piece), !isUnknown || id != unknownID {
                tokens.append(WordToken(id: id, lower: lower, upper: upper))
            } else if let ids = byteTokens?.ids(for: piece) {
                for id in ids { tokens.append(WordToken(id: id, lower: lower, upper: upper)) }
            } else if let unknownID {
                tokens.append(WordToken(id: unknownID, lower: lower, upper: upper))
            }
        }
    }

    /// The pieces of the best segmentation; neighbouring unknown characters are one piece.
    private func bestPath(through word: UnsafeBufferPointer<UInt8>) -> [(Range<Int>, isUnknown: Bool)] {
        struct Node {
            var score = 0.0
            var start = -1
            var isUnknown = false
        }
        var nodes = [Node](repeating: Node(), count: word.count + 1)
        func offer(_ end: Int, _ node: Node) {
            if nodes[end].start < 0 || node.score > nodes[end].score { nodes[end] = node }
        }
        var start = 0
        while start < word.count {
            let score = nodes[start].score
            let length = min(UTF8Scan.length(first: word[start]), word.count - start)
            var coversCharacter = false
            for candidate in lengths[Int(word[start])] where start + candidate <= word.count {
                guard let id = vocabulary.find(UnsafeBufferPointer(rebasing: word[start..<start + candidate])) else {
                    continue
                }
                offer(start + candidate, Node(score: score + scores[Int(id)], start: start, isUnknown: id == unknownID))
                if candidate == length { coversCharacter = true }
            }
            if !coversCharacter {
                offer(start + length, Node(score: score + unknownScore, start: start, isUnknown: true))
            }
            start += length
        }
        var pieces: [(Range<Int>, isUnknown: Bool)] = []
        var end = word.count
        while end > 0, nodes[end].start >= 0 {
            let node = nodes[end]
            if node.isUnknown, unknownID != nil, let last = pieces.last, last.isUnknown {
                pieces[pieces.count - 1].0 = node.start..<last.0.upperBound
            } else {
                pieces.append((node.start..<end, node.isUnknown))
            }
            end = node.start
        }
        return pieces.reversed()
    }
}

// MARK: - Reading

extension UnigramModel {
    init(_ node: LocatedJSON) throws(TokenizerError) {
        let entries = try node.required("vocab").elements()
        guard entries.count <= TokenList.maximumID else { throw node.error("too many tokens") }
        var texts: [[UInt8]] = []
        var scores: [Double] = []
        var vocabulary = ByteTable(minimumCapacity: entries.count)
        for (index, entry) in entries.enumerated() {
            let parts = try entry.elements()
            guard parts.count == 2 else { throw entry.error("an entry is [text, score]") }
            texts.append(try parts[0].bytes())
            scores.append(try parts[1].double())
            vocabulary.set(texts[index], to: Int32(index))
        }
        var unknownID: Int32?
        if let unknown = node.optional("unk_id") {
            let id = try unknown.id()
            guard id < entries.count else { throw unknown.error("\(id) is outside the vocabulary of \(entries.count)") }
            unknownID = id
        }
        self.init(
            vocabulary: vocabulary, texts: texts, scores: scores, unknownID: unknownID,
            usesByteTokens: try node.bool("byte_fallback", default: false))
    }
}
