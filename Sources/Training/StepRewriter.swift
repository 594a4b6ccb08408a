// What a step trains on in place of some of its rows.

public import Datasets

/// Puts other sequences in the place of some of a step's: what the model writes as it stands.
public protocol StepRewriter {
    /// How many sequences stand in the place of each.
    var sequencesOfEach: Int { get }
    /// How many steps learn from the same sequences. Between these no run goes on: what was written is kept nowhere.
    var stepsOfEach: Int { get }
    /// As many sequences for each that was given as are to stand in its place, in their order. The same step of the same numbers gives
    /// the same, so that a run that goes on does what the straight run did.
    ///
    /// - Parameter step: steps completed before this one.
    func rewritten(_ examples: [TokenizedExample], afterSteps step: Int) throws -> [TokenizedExample]
}

extension StepRewriter {
    public var sequencesOfEach: Int { 1 }
    public var stepsOfEach: Int { 1 }
}
