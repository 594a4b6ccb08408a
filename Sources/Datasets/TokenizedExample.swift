// One sequence of tokens with its loss mask.

/// A sequence to train or score on.
public struct TokenizedExample: Sendable, Equatable {
    public var ids: [Int32]
    /// `isTarget[i]`: token `i` is predicted, with loss, from those before it. The first is never a target. Where something is wanted of
    /// the sequence, the rows that the head of a task reads.
    public var isTarget: [Bool]
    public var place: RowPlace
    /// The row's number among all rows read, from 0. A row can give several sequences.
    public var index: Int
    /// The sequence's number within its row, from 0.
    public var part: Int
    /// What the head of a task is to find: a class's number, several, or a value; how good a rated answer is. Empty where tokens are
    /// predicted and no more is said of them.
    public var wanted: [Float] = []
    /// Whether something is wanted of the marked rows beside the tokens that follow.
    public private(set) var isRead = false
    /// The names of wanted classes, until these have numbers.
    var wantedNames: [String] = []

    public init(ids: [Int32], isTarget: [Bool], place: RowPlace, index: Int, part: Int = 0) {
        precondition(ids.count == isTarget.count)
        precondition(isTarget.first != true, "the first token cannot be predicted")
        self.ids = ids
        self.isTarget = isTarget
        self.place = place
        self.index = index
        self.part = part
    }

    /// A sequence whose marked rows the head of a task reads, or whose marked tokens are a rated answer.
    public init(read ids: [Int32], isRead: [Bool], wanted: [Float] = [], place: RowPlace, index: Int, part: Int = 0) {
        precondition(ids.count == isRead.count)
        self.ids = ids
        isTarget = isRead
        self.isRead = true
        self.wanted = wanted
        self.place = place
        self.index = index
        self.part = part
    }

    public var targetCount: Int { isTarget.count { $0 } }
}
