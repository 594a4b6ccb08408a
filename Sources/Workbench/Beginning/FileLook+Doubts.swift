// What in a file of rows may be meant otherwise than it is read.

extension FileLook {
    /// What a person should look at, a line each.
    var doubts: [String] { [doubtOfNames, doubtOfTabs].compactMap(\.self) }

    private static let wordsOfSentence = 5

    /// A table's first line may be a row: a name reads like a sentence, or is one of the classes below it.
    private var doubtOfNames: String? {
        guard let first = sample.first, first.place.line > 1 else { return nil }
        let isRow = fields.contains { field in
            field.name.split(separator: " ").count >= Self.wordsOfSentence
                || (field.isFewClasses && field.labels.contains { $0.name == field.name })
        }
        guard isRow else { return nil }
        return "the first line is read as the names of columns; where it is a row, --set data.column_names gives them"
    }

    /// A table under the name of a text.
    private var doubtOfTabs: String? {
        guard fields.map(\.name) == ["text"], sample.allSatisfy({ $0.fields["text"]?.string?.contains("\t") ?? false })
        else { return nil }
        return "each row has a tab in it; where tabs part columns, --set data.layout=tsv says so, or conll "
            + "where a line is a word with its tag"
    }
}
