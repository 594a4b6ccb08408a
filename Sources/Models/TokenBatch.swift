// A micro-batch as the model sees it.

/// Which rows of a batch a pass hands over.
public enum ReadRows: Sendable, Equatable {
    /// Those after which a token is to be predicted.
    case targets
    /// Every row.
    case all
    /// The first of each example.
    case first
    /// The last of each example.
    case last
}

/// What a step has in all, whatever batches it is cut into.
public struct StepShare: Sendable, Equatable {
    public let pairs: Int
    /// Whose likelihood is learnt.
    public let tokens: Int
}

/// Token rows of several examples, one after the other, without padding.
///
/// Example `i` is the rows `bounds[i]..<bounds[i + 1]`. Attention runs inside examples and positions restart with each, so no
/// example can see another.
public struct TokenBatch: Sendable, Equatable {
    /// `[N]`.
    public internal(set) var ids: [Int32]
    /// Ascending row starts of the examples, then N.
    public internal(set) var bounds: [Int]
    /// `[N]`: the id of the *next* token where predicting it counts, −1 elsewhere; always −1 in an example's last row. Where a task's
    /// head reads the rows, 0 in those.
    public internal(set) var targets: [Int32]
    /// What kind of token each is, `[N]`, in models that tell kinds apart; nil where all are of kind 0.
    public let types: [Int32]?
    /// Which rows a pass hands over.
    public let reads: ReadRows
    /// The number that each example has in the source it was taken from: by it one finds what is kept elsewhere of it. Nil where the
    /// batch was made of something else.
    public let sequences: [Int]?
    /// What is to be found of each example by the head of a task: a class's number, several, a value, or one for each row that the
    /// head reads; of an answer that the model wrote, what its objective knows of it. Else empty.
    public private(set) var wanted: [[Float]] = []
    /// How many examples each row of several texts is, one row after the other; empty where every example is a row.
    public private(set) var textCounts: [Int] = []
    /// How many of each example's last targets are its answer, where those before them are learnt, too; empty where all are.
    public private(set) var answerCounts: [Int] = []
    /// What the step that the batch is of has in all; nil where that counts nothing.
    public private(set) var stepShare: StepShare?
    /// What is read beside the batch, and not trained on; none or one.
    private var besides: [TokenBatch] = []
    /// Set where sequences share the rows of their beginning.
    var sharing: RowSharing?

    /// - Precondition: `bounds` starts at 0, ascends and ends at the number of ids; as many targets as ids.
    public init(
        ids: [Int32], bounds: [Int], targets: [Int32], sequences: [Int]? = nil, types: [Int32]? = nil,
        reads: ReadRows = .targets
    ) {
        precondition(bounds.first == 0 && bounds.last == ids.count && targets.count == ids.count)
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "every example has at least one row")
        precondition(sequences.map { $0.count == bounds.count - 1 } ?? true, "as many numbers as examples")
        precondition(types.map { $0.count == ids.count } ?? true, "a type for each token")
        self.types = types
        self.reads = reads
        self.sequences = sequences
        self.ids = ids
        self.bounds = bounds
        self.targets = targets
    }

    /// The batch of whole examples: tokens, and for each token whether being predicted counts. The first token of an
    /// example is predicted from nothing, so its flag has no effect.
    /// - Parameter wanted: numbers of each example that an objective reads beside its tokens; empty where it reads none.
    public init(
        examples: [(ids: [Int32], isTarget: [Bool])], sequences: [Int]? = nil, wanted: [[Float]] = []
    ) {
        var ids: [Int32] = []
        var targets: [Int32] = []
        var bounds = [0]
        for example in examples {
            precondition(example.ids.count == example.isTarget.count)
            ids += example.ids
            for row in example.ids.indices {
                let next = row + 1
                targets.append(next < example.ids.count && example.isTarget[next] ? example.ids[next] : -1)
            }
            bounds.append(ids.count)
        }
        self.init(ids: ids, bounds: bounds, targets: targets, sequences: sequences)
        self.wanted = wanted
    }

    /// The batch of whole texts of which no token is to be predicted.
    /// - Parameter types: of each text's tokens; nil where all are of kind 0.
    public init(texts: [[Int32]], types: [[Int32]]? = nil, reads: ReadRows, sequences: [Int]? = nil) {
        let ids = texts.flatMap { $0 }
        self.init(
            ids: ids, bounds: texts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) },
            targets: Array(repeating: -1, count: ids.count), sequences: sequences, types: types?.flatMap { $0 },
            reads: reads)
    }

    /// The batch of whole examples that the head of a task reads: tokens, for each token whether the head reads its row, and what it
    /// is to find there.
    public init(read examples: [(ids: [Int32], isRead: [Bool], wanted: [Float])], sequences: [Int]? = nil) {
        var bounds = [0]
        for example in examples {
            precondition(example.ids.count == example.isRead.count)
            bounds.append(bounds[bounds.count - 1] + example.ids.count)
        }
        self.init(
            ids: examples.flatMap(\.ids), bounds: bounds, targets: examples.flatMap { $0.isRead.map { $0 ? 0 : -1 } },
            sequences: sequences)
        wanted = examples.map(\.wanted)
    }

    /// The batch of rows that are of several texts each, read as texts that become vectors.
    /// - Parameter rows: the texts of each, and what is wanted of it.
    public init(rows: [(texts: [[Int32]], wanted: [Float])], reads: ReadRows) {
        self.init(texts: rows.flatMap(\.texts), reads: reads)
        textCounts = rows.map(\.texts.count)
        wanted = rows.map(\.wanted)
    }

    /// The batch of whole examples whose last `counts` targets are answers.
    public init(answers examples: [(ids: [Int32], isTarget: [Bool])], counts: [Int], sequences: [Int]? = nil) {
        precondition(examples.count == counts.count, "a count for each example")
        self.init(examples: examples, sequences: sequences)
        answerCounts = counts
    }

    /// The batch of whole examples whose answers are rated.
    public init(rated examples: [(ids: [Int32], isTarget: [Bool], rating: [Float])], sequences: [Int]? = nil) {
        self.init(examples: examples.map { ($0.ids, $0.isTarget) }, sequences: sequences)
        wanted = examples.map(\.rating)
    }

    /// What is read beside the batch, and not trained on.
    public var beside: TokenBatch? { besides.first }

    /// The same batch with another that is read beside it.
    func standing(beside batch: TokenBatch) -> TokenBatch {
        var own = self
        own.besides = [batch]
        return own
    }

    /// The same batch of a step that has so many pairs, and so many tokens whose likelihood is learnt.
    public func sharing(pairsOfStep pairs: Int, tokensOfStep tokens: Int) -> TokenBatch {
        var batch = self
        batch.stepShare = StepShare(pairs: pairs, tokens: tokens)
        return batch
    }

    /// A batch of the size of others, to measure what they take: one example of `rows` rows, the last `targets` of which carry
    /// loss.
    /// - Parameter attended: rows as attention sees them, where several sequences share some; 0 where none do.
    init(rows: Int, targets: Int, attended: Int = 0) {
        let count = max(rows, 1)
        self.init(
            ids: Array(repeating: 0, count: count), bounds: [0, count],
            targets: (0..<count).map { $0 < count - targets ? -1 : 0 })
        guard attended > 0 else { return }
        let places = [Int32](repeating: 0, count: attended)
        sharing = RowSharing(
            positions: Array(repeating: 0, count: count), rows: places, bounds: [0, attended],
            homes: Array(repeating: 0, count: count))
    }

    public var rowCount: Int { ids.count }
    public var exampleCount: Int { bounds.count - 1 }
    public var targetCount: Int { targets.count { $0 >= 0 } }

    /// Each row's place inside its example, `[N]`.
    var positions: [Int32] {
        sharing?.positions ?? zip(bounds, bounds.dropFirst()).flatMap { start, end in (0..<Int32(end - start)) }
    }

    /// Rows after which a token is to be predicted, ascending.
    public var targetRows: [Int32] { targets.indices.filter { targets[$0] >= 0 }.map { Int32($0) } }

    /// Rows that a pass hands over, ascending.
    public var readRows: [Int32] {
        switch reads {
        case .targets: targetRows
        case .all: ids.indices.map { Int32($0) }
        case .first: bounds.dropLast().map { Int32($0) }
        case .last: bounds.dropFirst().map { Int32($0 - 1) }
        }
    }

    /// The number of the example that each of `rows` is of, which ascend.
    public func examples(of rows: [Int32]) -> [Int] {
        var example = 0
        return rows.map { row in
            while Int(row) >= bounds[example + 1] { example += 1 }
            return example
        }
    }
}
