// Every key of the data steps and of the split: name, range, meaning. Defaults stand in `DataSteps`.

extension ReviewStep: RecipeKeyed {
    static var keys: [RecipeKey<ReviewStep>] {
        [
            .texts(
                "marks", \.marks, expected: "a file of marks or a list of files",
                "where rows are marked as wrong, as lathe studio writes it: reviews/NAME.jsonl")
        ]
    }
}

extension NormaliseStep: RecipeKeyed {
    static var keys: [RecipeKey<NormaliseStep>] {
        [
            .fields("fields", \.fields, "what is rewritten; empty: every text of the row"),
            .choice("unicode", \.unicode, "nfc: one code for each accented letter"),
            .choice(
                "whitespace", \.whitespace,
                "unify: plain spaces and line ends, none at the ends; collapse: runs of them as one, too"),
            .boolean("html", \.html, "&amp; and its like become what they stand for"),
            .choice(
                "full_width", \.fullWidth, "full-width forms that become ASCII: letters, digits and signs, or all"),
            .choice("case", \.letterCase, "lower: capitals become small letters"),
        ]
    }
}

extension FilterStep: RecipeKeyed {
    static var keys: [RecipeKey<FilterStep>] {
        let count = 0...(1 << 32)
        return [
            .fields("fields", \.fields, "the text that is judged; empty: what the format reads"),
            .integer("min_characters", \.minCharacters, count, absent: "null", "characters at least"),
            .integer("max_characters", \.maxCharacters, count, absent: "null", "characters at most"),
            .integer("min_words", \.minWords, count, absent: "null", "words at least; a Chinese character is a word"),
            .integer("max_words", \.maxWords, count, absent: "null", "words at most"),
            .integer("min_tokens", \.minTokens, count, absent: "null", "tokens of the model's tokenizer at least"),
            .integer("max_tokens", \.maxTokens, count, absent: "null", "tokens of the model's tokenizer at most"),
            .shares("min_script", \.minScript, "share of the letters that a script must have, as { han: 0.3 }"),
            .shares("max_script", \.maxScript, "share of the letters that a script may have"),
            .share("min_alphanumeric", \.minAlphanumeric, "share of letters and digits among the characters at least"),
            .share("max_alphanumeric", \.maxAlphanumeric, "the same share at most"),
            .integer("ngram_words", \.ngramWords, 1...64, "words in a run, for max_word_repetition and max_top_ngram"),
            .share("max_word_repetition", \.maxWordRepetition, "share of word runs that stand more than once"),
            .integer(
                "ngram_characters", \.ngramCharacters, 1...64, "characters in a run, for max_character_repetition"),
            .share(
                "max_character_repetition", \.maxCharacterRepetition,
                "share of the commonest character runs (as many kinds as the square root of all kinds)"),
            .share("max_line_repetition", \.maxLineRepetition, "share of lines that stood before"),
            .share("max_top_ngram", \.maxTopNgram, "share of the characters that the commonest word run covers"),
            .text("matches", \.matches, expected: "a regular expression", "must be found in the text"),
            .text("excludes", \.excludes, expected: "a regular expression", "must not be found in the text"),
            .textLists("where", \.whereField, "field: value or list of values, of which it has one"),
            .textLists("where_not", \.whereNot, "field: value or list of values, of which it has none"),
            .numbers("min_value", \.minValue, "field: number, for fields that hold numbers"),
            .numbers("max_value", \.maxValue, "field: number, for fields that hold numbers"),
        ]
    }
}

extension DeduplicateStep: RecipeKeyed {
    static var keys: [RecipeKey<DeduplicateStep>] {
        [
            .choice(
                "by", \.by,
                "exact: the same bytes; normalised: the same but for case and white space; near: similar words"),
            .fields("fields", \.fields, "what is compared; empty: what the format reads"),
            .number(
                "threshold", \.threshold, expected: "a number from 0.3 to 1",
                "Jaccard similarity of the sets of shingles from which rows are near-duplicates",
                accepts: { $0 >= 0.3 && $0 <= 1 }),
            .integer("shingle_words", \.shingleWords, 1...16, "words in one shingle"),
            .integer(
                "shingle_characters", \.shingleCharacters, 1...16,
                "characters in one shingle where words are not written apart"),
        ]
    }
}

extension MaskStep: RecipeKeyed {
    static var keys: [RecipeKey<MaskStep>] {
        [
            .fields("fields", \.fields, "where personal data is looked for; empty: every text of the row"),
            .choices("kinds", \.kinds, "kinds of personal data that are taken out"),
            .choice(
                "replace_with", \.replaceWith,
                "placeholder: [EMAIL]; pseudonym: [EMAIL_…], the same for the same value"),
            .text(
                "key_from", \.keyFrom, expected: "the name of an environment variable",
                "the variable that holds the secret that pseudonyms are made with"),
        ]
    }
}

extension BalanceStep: RecipeKeyed {
    static var keys: [RecipeKey<BalanceStep>] {
        [
            .text("by", \.by, expected: "a field", "the field that names the class"),
            .choice("method", \.method, "undersample leaves rows of common classes out, oversample repeats rare ones"),
            .integer(
                "per_class", \.perClass, 1...(1 << 40), absent: "null",
                "rows of each class; null: as many as the rarest (undersample) or the commonest (oversample) has"),
        ]
    }
}

extension SampleStep: RecipeKeyed {
    static var keys: [RecipeKey<SampleStep>] {
        [
            .rowCount("size", \.size, "rows that are kept: up to 1 a share, above a number")
        ]
    }
}

extension AugmentStep: RecipeKeyed {
    static var keys: [RecipeKey<AugmentStep>] {
        func share(_ name: String, _ path: WritableKeyPath<AugmentStep, Double>, _ meaning: String) -> RecipeKey<Self> {
            .number(name, path, expected: "a number from 0 and below 1", meaning, accepts: \.isBelowOne)
        }
        return [
            .fields("fields", \.fields, "what is changed in a copy"),
            .integer("copies", \.copies, 1...100, "changed copies of each training row"),
            share("drop", \.drop, "share of the words left out"),
            share("swap", \.swap, "share of the words that change places with the next"),
            share("replace", \.replace, "share of the words with synonyms that one of them replaces"),
            .textLists("synonyms", \.synonyms, "word: words that can stand for it"),
        ]
    }
}

extension MapStep: RecipeKeyed {
    static var keys: [RecipeKey<MapStep>] {
        [
            .map(
                "fields", \.fields, .text, expected: "a mapping of fields to templates",
                "field: template, {name} standing for a field of the row and {{ for a brace", read: \.string,
                text: YAMLText.string),
            .boolean("keep", \.keep, "fields that no template builds stay"),
        ]
    }
}

extension SelectStep: RecipeKeyed {
    static var keys: [RecipeKey<SelectStep>] {
        [
            .texts(
                "targets", \.targets, expected: "a file of rows or a list of files",
                "rows that show what is to be learnt, in the form of the training rows; each file is a group"),
            .rowCount("size", \.size, "rows that are kept: up to 1 a share, above a number"),
            .choice(
                "across", \.across, "what counts of several groups: max: the nearest one; mean: all of them alike"),
            .text(
                "adapter", \.adapter, expected: "an adapter or a checkpoint",
                "where gradients are taken; a checkpoint brings Adam's moments; null: after a short training on the rows"
            ),
            .integer("warmup_steps", \.warmupSteps, 1...100_000, "steps of that short training"),
            .integer("projection", \.projection, 16...65_536, "numbers that each row's gradient is projected to"),
        ]
    }
}

extension RankStep: RecipeKeyed {
    static var keys: [RecipeKey<RankStep>] {
        [
            .choice(
                "by", \.by,
                "label: another label is likelier; loss: the answer's loss; change: the share of the base's loss that is left; "
                    + "auto: label where rows have labels, else change"),
            .text(
                "adapter", \.adapter, expected: "an adapter or a checkpoint",
                "what judges the rows; null: for each row what was learnt of other rows"),
            .integer("folds", \.folds, 2...100, "parts of the rows, each judged by what was learnt of the others"),
            .optionalNumber(
                "epochs", \.epochs, expected: "a number above 0",
                "passes over the other parts in that training; null: labels are told by the base's own states, without "
                    + "training; others in 1",
                accepts: { $0 > 0 && $0 <= 1000 }),
            .number(
                "drop_share", \.dropShare, expected: "a number from 0 and below 1",
                "share of the rows that is left out, the worst first", accepts: \.isBelowOne),
        ]
    }
}

extension SplitSection: RecipeKeyed {
    static var keys: [RecipeKey<SplitSection>] {
        [
            .choice("by", \.by, "prompt: rows that ask the same stay together; row: each row for itself"),
            .text("group_by", \.groupBy, expected: "a field", "rows of one value of this field are never split"),
            .text(
                "time_field", \.timeField, expected: "a field",
                "the rows with the largest values of this field are held out"),
            .text(
                "stratify_by", \.stratifyBy, expected: "a field", "each value of this field gives its share of rows"),
            .boolean("near_together", \.nearTogether, "near-duplicates stand on one side"),
        ]
    }
}

// MARK: - Kinds of keys

extension RecipeKey {
    static func fields(_ name: String, _ keyPath: WritableKeyPath<Section, [String]>, _ meaning: String) -> Self {
        .texts(name, keyPath, expected: "a field or a list of fields, as messages.content", meaning)
    }

    static func rowCount(_ name: String, _ keyPath: WritableKeyPath<Section, Double>, _ meaning: String) -> Self {
        .number(
            name, keyPath, expected: "a share up to 1, or a whole number of rows", meaning,
            accepts: { $0 > 0 && $0.isFinite && $0 <= 1e12 && ($0 <= 1 || $0 == $0.rounded()) })
    }

    static func share(_ name: String, _ keyPath: WritableKeyPath<Section, Double?>, _ meaning: String) -> Self {
        .scalar(
            name, keyPath, .orAbsent(.number, "null"), expected: "a number from 0 to 1", meaning,
            read: { $0.isNull ? .some(nil) : $0.number.map { .some($0) } },
            accepts: { $0.map { (0...1).contains($0) } ?? true }, text: { $0.map(YAMLText.number) ?? "null" })
    }

    static func shares(_ name: String, _ keyPath: WritableKeyPath<Section, [String: Double]>, _ meaning: String) -> Self
    {
        .map(
            name, keyPath, .number, known: scriptNames, expected: "a mapping of scripts to shares from 0 to 1", meaning,
            read: { $0.number.flatMap { (0...1).contains($0) ? $0 : nil } }, text: YAMLText.number)
    }

    static func numbers(_ name: String, _ keyPath: WritableKeyPath<Section, [String: Double]>, _ meaning: String)
        -> Self
    {
        .map(
            name, keyPath, .number, expected: "a mapping of fields to numbers", meaning, read: \.number,
            text: YAMLText.number)
    }

    static func textLists(_ name: String, _ keyPath: WritableKeyPath<Section, [String: [String]]>, _ meaning: String)
        -> Self
    {
        .map(
            name, keyPath, .oneOrMore(.any([.text, .number, .boolean])),
            expected: "a mapping of names to texts or lists of texts", meaning,
            read: { node in
                let texts = node.elements.map { $0.boolean != nil ? $0.scalarText : $0.string }
                return texts.isEmpty || texts.contains(nil) ? nil : texts.compactMap { $0 }
            },
            text: { YAMLText.list($0.map(YAMLText.string)) })
    }

    /// A mapping with keys of its own.
    static func section<Inner: RecipeKeyed>(
        _ name: String, _ keyPath: WritableKeyPath<Section, Inner>, _ meaning: String
    ) -> Self {
        RecipeKey(
            name: name, meaning: meaning, expected: "a mapping with " + Inner.keys.map(\.name).joined(separator: ", "),
            shape: .any([.keys(Inner.shapes), .null]),
            decode: { node, section, decoding, path in
                decoding.decode(node, into: &section[keyPath: keyPath], path: path)
            },
            text: { YAMLText.keys(of: $0[keyPath: keyPath]) })
    }
}

/// Scripts that filters can name.
private let scriptNames = [
    "latin", "han", "kana", "hangul", "cyrillic", "greek", "arabic", "hebrew", "devanagari", "thai", "other",
]

extension YAMLText {
    /// A section on one line.
    /// - Parameter isWritten: whether the key of that name is; nil: all are.
    static func keys<Section: RecipeKeyed>(
        of section: Section, where isWritten: (String) -> Bool = { _ in true }
    ) -> String {
        "{"
            + Section.keys.filter { isWritten($0.name) }.map { "\($0.name): \($0.text(section))" }
            .joined(separator: ", ") + "}"
    }
}
