// Texts for reports: personal data taken out, cut to what a person reads.

/// Makes texts fit to be shown.
struct ExampleText {
    /// Examples kept of each kind of thing.
    static let countPerKind = 5
    static let maximumCharacterCount = 240

    private let fields: TextFields

    init(_ fields: TextFields) { self.fields = fields }

    /// The row's text without personal data, cut. Whatever the recipe masks, a report shows none.
    func text(of row: Row) -> String {
        var bytes: [UInt8] = []
        fields.appendText(of: row.fields, to: &bytes)
        return Self.shown(String(decoding: bytes, as: UTF8.self))
    }

    static func shown(_ text: String) -> String {
        // A value that the cut goes through would be masked no more: the mask comes first.
        let masked = PersonalDataMasker.everything.masked(String(text.unicodeScalars.prefix(8 * maximumCharacterCount)))
        guard masked.unicodeScalars.count > maximumCharacterCount else { return masked }
        return String(masked.unicodeScalars.prefix(maximumCharacterCount)) + "…"
    }
}
