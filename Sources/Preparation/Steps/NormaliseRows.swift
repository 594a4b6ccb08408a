// `normalise`: texts that say the same are written the same.

internal import Recipes

final class NormaliseRows: RowStep {
    private let fields: TextFields
    private var normaliser: Normaliser

    init(_ step: NormaliseStep, _ report: StepReport, next: any RowSink) {
        fields = TextFields(step.fields, columns: [:], coversAll: true)
        normaliser = Normaliser(step)
        super.init(report, next: next)
    }

    override func process(_ row: Row) throws {
        var row = row
        var isChanged = false
        fields.rewrite(&row.fields) { text, _ in
            guard let new = normaliser.normalise(text) else { return nil }
            isChanged = true
            return new
        }
        if isChanged { note { $0.rowsChanged += 1 } }
        try emit(row)
    }
}
