// What is written, and how draws of one kind are told from those of another.

/// A kind of text that a teacher writes for a run.
enum WritingTask: String, CaseIterable {
    case variation, answer, reason

    /// The number of a request's draws: a third of all numbers for each task.
    func stream(_ number: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: number &* Self.allCases.count &+ (Self.allCases.firstIndex(of: self) ?? 0))
    }
}
