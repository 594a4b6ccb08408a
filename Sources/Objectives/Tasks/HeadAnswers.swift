// What a head answered, kept beside a unit's sums where nothing is trained: metrics over rows are made of it.

internal import Models

extension TaskAnswer {
    /// The answer's numbers; none where the pass goes back.
    func kept(in pass: ObjectivePass) -> [Double] { pass.gradientScale == nil ? values.map { Double($0) } : [] }
}
