// Every key of how data files are read: name, range, meaning. Defaults stand in `DataInput`.

extension DataSection {
    /// The keys of `DataInput`, which stand in the data section itself.
    static var inputKeys: [RecipeKey<DataSection>] {
        [
            .choice("layout", \.input.layout, "what the files hold; auto: told from their names"),
            .choice(
                "encoding", \.input.encoding, "how text files spell characters; auto: told from their first bytes"),
            .choice(
                "quotes", \.input.quotes,
                "whether quotation marks hold a table's fields together; backslash: those of the text stand after one; "
                    + "none: a line a row"),
            .separator,
            .choice("documents", \.input.documents, "what is one row of a plain text file"),
            .texts(
                "column_names", \.input.columnNames, expected: "a list of names",
                "columns of tables whose first line is a row; empty: the first line has them"),
            .text(
                "records", \.input.records,
                "the member of a JSON object, or the table of an HDF5 file, with the rows; \"*\": each member is a row"),
            .integer(
                "max_bad_rows", \.input.maxBadRows, 0...(1 << 40), "rows that may be unreadable before the run stops"),
            .list(
                "mix", \.input.mix, expected: "a list of parts such as { path: …, weight: 2 }",
                "in place of train: files mixed by weights, drawn from the seed",
                check: { $1.require("path", of: $0, "a part of a mix needs its files") }),
            .choice(
                "mix_exhausted", \.input.mixExhausted,
                "when a part of the mix has no more rows: it drops out, the mix stops, or the part repeats"),
        ]
    }
}

extension RecipeKey<DataSection> {
    fileprivate static var separator: Self {
        let names = ["comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "pipe": "|"]
        return .scalar(
            "separator", \.input.separator, .orAbsent(.text, "null"),
            expected: "null or one character: \";\", \"|\", tab, …",
            "what stands between the fields of a table; null: told from its first lines",
            read: { node -> String?? in
                if node.isNull { return .some(nil) }
                return node.scalarText.map { .some(names[$0] ?? $0) }
            },
            accepts: { text in
                guard let text else { return true }
                let forbidden = ["\"", "\n", "\r", "\\"]
                let isWord = text.allSatisfy { $0.isLetter || $0.isNumber }
                return text.utf8.count == 1 && !forbidden.contains(text) && !isWord
            },
            text: { $0.map { $0 == "\t" ? "tab" : YAMLText.string($0) } ?? "null" })
    }
}

extension DataMixEntry: RecipeKeyed {
    static var keys: [RecipeKey<DataMixEntry>] {
        [
            .texts("path", \.path, expected: "a file or a list of files", "files of this part"),
            .number(
                "weight", \.weight, expected: "a number above 0", "its share of the rows, against the other parts",
                accepts: \.isPositive),
            .map(
                "fields", \.fields, .text, expected: "a mapping of fields to texts",
                "field: value that each of its rows gets, such as the label of all of them", read: \.string,
                text: YAMLText.string),
        ]
    }
}
