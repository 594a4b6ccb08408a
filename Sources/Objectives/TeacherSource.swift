// Where an objective gets what a teacher predicts.

public import Models
public import Tensors

/// What a teacher says of the target tokens of a batch, one distribution for each row that carries loss, in the order of the rows
/// (`TokenBatch.targetRows`), at the temperature at which the student is held against it.
public enum TeacherTargets {
    /// Tokens with weights that sum to 1: a draw whose expectation is the distribution. Only what is linear in it can be learnt from
    /// it: forward KL.
    case sampled(SparseRows)
    /// The log-probabilities of some tokens, and of all others together (−∞ where there are no others): a distribution over so many
    /// outcomes and one more.
    case topK(SparseRows, restLogProbabilities: [Float])
    /// All of the distribution, before the head.
    case full(TeacherRows)
}

/// In which of its forms a source gives what it has.
public enum TeacherForm: Sendable, Equatable {
    case sampled, topK, full
}

/// A teacher, as objectives see it: a file of what it once predicted, or the model itself.
public protocol TeacherSource: Sendable {
    var form: TeacherForm { get }

    /// Hands over what is to be learnt of the batch of `pass`, before the student's own pass. It is valid while `body` runs.
    ///
    /// Where `pass.measures`, the batch is one that no source knows: what is handed over then may hold no rows.
    func withTargets<Result>(_ pass: ObjectivePass, _ body: (TeacherTargets) throws -> Result) throws -> Result
}

/// A model in the same process.
public struct OnlineTeacher: TeacherSource, @unchecked Sendable {
    public let form = TeacherForm.full
    private let model: LanguageModel
    private let adapters: AdapterBinding
    private let read: @Sendable (TokenBatch) throws -> TokenBatch
    /// After which blocks its residual stream is handed over, too.
    private var blocks: [Int] = []

    /// - Parameters:
    ///   - model: the student's own, where only the adapters differ. Passes run one at a time, as those of the student.
    ///   - adapters: what acts in it while it teaches.
    ///   - read: what it reads for a batch of the student's, with the same targets.
    public init(
        _ model: LanguageModel, under adapters: AdapterBinding,
        reading read: @escaping @Sendable (TokenBatch) throws -> TokenBatch = { $0 }
    ) {
        self.model = model
        self.adapters = adapters
        self.read = read
    }

    /// The same teacher, which hands over its residual stream after `blocks`, too.
    func handingOver(residualsAfter blocks: [Int]) -> OnlineTeacher {
        var teacher = self
        teacher.blocks = blocks
        return teacher
    }

    public func withTargets<Result>(
        _ pass: ObjectivePass, _ body: (TeacherTargets) throws -> Result
    ) throws -> Result {
        try withRows(pass) { try body(.full($0)) }
    }

    func withRows<Result>(_ pass: ObjectivePass, _ body: (TeacherRows) throws -> Result) throws -> Result {
        try pass.withTeacher(model, under: adapters, reading: read(pass.batch), residualsAfter: blocks, body)
    }

    /// How wide its residual stream is.
    var width: Int { model.configuration.width }
}
