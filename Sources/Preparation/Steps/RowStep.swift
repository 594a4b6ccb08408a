// What all steps share: they take rows, hand some on, and know what they did.

public import Vocabulary

/// A step with the steps after it.
class RowStep: RowSink {
    let next: any RowSink
    private(set) var report: StepReport

    init(_ report: StepReport, next: any RowSink) {
        self.report = report
        self.next = next
    }

    final func receive(_ row: Row) throws {
        report.rowsIn += 1
        try process(row)
    }

    final func finish() throws {
        try conclude()
        try next.finish()
    }

    /// Takes one row. Overridden by every step.
    func process(_ row: Row) throws { try emit(row) }

    /// Called after the last row. Steps that need all rows hand them on here.
    func conclude() throws {}

    final func emit(_ row: Row) throws {
        report.rowsOut += 1
        try next.receive(row)
    }

    /// Notes in the step's report.
    final func note(_ change: (inout StepReport) -> Void) { change(&report) }
}

/// Why a step cannot work on a row.
public struct StepError: ClassifiedError {
    /// As in the recipe, "data.steps[2].map".
    public let step: String
    public let place: String
    public let reason: String
    public let hint: String?

    init(_ step: String, _ place: String, _ reason: String, hint: String? = nil) {
        self.step = step
        self.place = place
        self.reason = reason
        self.hint = hint
    }

    public var kind: FailureKind { .badInput }

    /// The same without personal data that the reason may quote.
    public func covered(_ cover: PersonalDataCover) -> StepError {
        StepError(step, place, cover.text(reason), hint: hint.map { cover.text($0) })
    }

    public var description: String { "\(place): \(step): \(reason)" + (hint.map { "; " + $0 } ?? "") }
}
