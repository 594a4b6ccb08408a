// What a head answered, kept among a unit's sums where nothing is trained: metrics over rows are made of it.

internal import Models

extension NamedSums {
    private static let answer = "answer "

    /// The answer's numbers under names of their own; none where the pass goes back.
    static func answers(_ answer: TaskAnswer, _ pass: ObjectivePass) -> [(name: String, value: Double)] {
        guard pass.gradientScale == nil else { return [] }
        return answer.values.enumerated().map { (Self.answer + String($0.offset), Double($0.element)) }
    }

    /// What a task's head answered: a number for each of its outputs; empty where none answered, or where the pass went back.
    public var answers: [Double] {
        names.indices.filter { names[$0].hasPrefix(Self.answer) }.map { values[$0] }
    }
}
