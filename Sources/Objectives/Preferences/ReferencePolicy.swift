// What answers are held against: the model before it learns from preferences.

public import Models

/// A reference: the same model under other adapters, often none.
public struct ReferencePolicy: @unchecked Sendable {
    private let adapters: AdapterBinding
    /// What it says of the sequences of the rows that are trained on, where that was looked at once.
    private let kept: KeptScores?

    /// - Parameter adapters: passes run one at a time, as those of the model itself.
    public init(under adapters: AdapterBinding = .none, kept: KeptScores? = nil) {
        self.adapters = adapters
        self.kept = kept
    }

    /// The same reference, what it says being looked up.
    public func looking(up kept: KeptScores) -> ReferencePolicy { ReferencePolicy(under: adapters, kept: kept) }

    /// Log-probabilities of the answers of `pass`, in the batch's order.
    func scores(_ pass: ObjectivePass, _ answers: BatchAnswers) throws -> [Double] {
        if let kept, let sequences = pass.batch.sequences { return sequences.map { kept.values[$0] } }
        return answers.scores(try pass.tokenLosses(under: adapters))
    }

    /// Whether what it says of the answers of `pass` is looked up.
    func isKnown(_ pass: ObjectivePass) -> Bool { kept != nil && pass.batch.sequences != nil }

    /// Runs `body` with what it says of the answers of `pass`, and with its predictions before they are as wide as the vocabulary.
    func withPredictions<Result>(
        _ pass: ObjectivePass, _ body: (TokenLosses, TeacherRows) throws -> Result
    ) throws -> Result {
        try pass.withTokenLosses(under: adapters, body)
    }

    /// The losses of another batch.
    func losses(_ pass: ObjectivePass, of batch: TokenBatch) throws -> TokenLosses {
        try pass.tokenLosses(of: batch, under: adapters)
    }

    /// Does what takes memory where only that is counted.
    func measure(_ pass: ObjectivePass) throws {
        if kept == nil { _ = try pass.tokenLosses(under: adapters) }
    }
}

/// What a reference says of sequences, by their numbers in their source.
public struct KeptScores: Sendable, Equatable {
    public let values: [Double]

    public init(_ values: [Double]) { self.values = values }
}
