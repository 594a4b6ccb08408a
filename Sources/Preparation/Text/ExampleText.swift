// Texts of rows for reports: personal data taken out, cut to what a person reads.

/// Makes the texts of rows fit to be shown.
struct ExampleText {
    /// Examples kept of each kind of thing.
    static let countPerKind = 5
    static let maximumCharacterCount = 480

    private let fields: TextFields

    init(_ fields: TextFields) { self.fields = fields }

    /// The row's text without personal data, cut. Whatever the recipe masks, a report shows none.
    ///
    /// Fields are covered one by one, as a mask step sees them, and before anything is cut: half a number is found by nothing.
    func text(of row: Row) -> String {
        var bytes: [UInt8] = []
        fields.appendText(of: PersonalDataCover().fields(row.fields), to: &bytes)
        return Self.cut(String(decoding: bytes, as: UTF8.self))
    }

    private static func cut(_ text: String) -> String {
        guard text.unicodeScalars.count > maximumCharacterCount else { return text }
        return String(text.unicodeScalars.prefix(maximumCharacterCount)) + "…"
    }
}
