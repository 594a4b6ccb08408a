// What a reference says of the rows that are trained on: looked at once, so that a step is one pass forward and one back.

public import Datasets
public import Models

/// An objective that holds the model to a reference.
public protocol ReferencedObjective: Objective {
    /// Nil where nothing is held against it.
    var reference: ReferencePolicy? { get }
    /// How much each token of an answer counts.
    var weighting: AnswerWeighting { get }
    /// The same against another reference; where it is held against none, the same.
    func held(against reference: ReferencePolicy) -> Self
    /// The same, what the reference says of the rows that are trained on being looked up.
    func looking(up kept: KeptScores) -> Self
}

/// Counts nothing, and answers with what the reference of an objective says of each sequence.
public struct ReferenceReading: Objective {
    private let objective: any ReferencedObjective

    public init(of objective: any ReferencedObjective) { self.objective = objective }

    public var unit: ExampleUnit { objective.unit }
    public var looksAtAnswersOnly: Bool { objective.looksAtAnswersOnly }
    public var measures: [Measure] { [] }
    public func weight(targets: Int) -> Int { 1 }

    public func batch(_ examples: [TokenizedExample], sequences: [Int]?) -> TokenBatch {
        objective.batch(examples, sequences: sequences)
    }

    public func sums(_ pass: ObjectivePass) throws -> LossSums {
        guard let reference = objective.reference else { return LossSums() }
        guard !pass.measures else {
            try reference.measure(pass)
            return LossSums()
        }
        let scores = try reference.scores(pass, BatchAnswers(pass.batch, objective.weighting))
        let size = unit.sequences
        return LossSums(
            units: stride(from: 0, to: scores.count, by: size).map {
                NamedSums(loss: 0, weight: 1, answers: Array(scores[$0..<$0 + size]))
            })
    }
}
