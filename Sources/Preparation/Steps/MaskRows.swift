// `mask`: personal data is taken out of every text of a row.

internal import Recipes

final class MaskRows: RowStep {
    private let fields: TextFields
    private var masker: PersonalDataMasker
    private let kinds: [PersonalDataKind]
    private let values: MaskedValues
    /// Names of fields that the recipe splits or balances by: masked, all groups would be one.
    private let keys: Set<String>
    private var counts: [PersonalDataKind: MaskCount] = [:]

    init(
        _ step: MaskStep, _ report: StepReport, key: [UInt8]?, keeping keys: Set<String>, values: MaskedValues,
        next: any RowSink
    ) {
        fields = TextFields(step.fields, columns: [:], coversAll: true)
        masker = PersonalDataMasker(kinds: step.kinds, key: step.replaceWith == .pseudonym ? key : nil)
        kinds = step.kinds
        self.values = values
        // Fields that the step names are masked all the same.
        self.keys = step.fields.isEmpty ? keys : []
        super.init(report, next: next)
    }

    override func process(_ row: Row) throws {
        var row = row
        var found: [PersonalDataKind] = []
        fields.rewrite(&row.fields) { text, key in
            guard !keys.contains(key), let masked = masker.mask(text, under: key, count: { found.append($0) }) else {
                return nil
            }
            // Reports do not show in one row what was masked in another.
            let bytes = Array(text.utf8)
            values.insert(PersonalDataCover.found(in: bytes, under: key), of: bytes)
            return masked
        }
        if !found.isEmpty {
            note { $0.rowsChanged += 1 }
            count(found, row)
        }
        try emit(row)
    }

    private func count(_ found: [PersonalDataKind], _ row: Row) {
        for kind in found {
            counts[kind, default: MaskCount(kind: kind.rawValue, count: 0, rows: 0, places: [])].count += 1
        }
        for kind in Set(found) {
            counts[kind]?.rows += 1
            if let places = counts[kind]?.places, places.count < ExampleText.countPerKind {
                counts[kind]?.places.append(row.place.description)
            }
        }
    }

    override func conclude() {
        let masked = kinds.compactMap { counts[$0] }
        note { $0.masked = masked }
    }
}
