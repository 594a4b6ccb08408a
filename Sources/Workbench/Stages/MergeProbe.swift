// The sequences that a merged model is compared on.

internal import Datasets
internal import Tokenizers

/// What is put through base, base + adapter and the merged model.
enum MergeProbe {
    /// Tokens of the longest sequence of a probe.
    private static let longest = 128
    /// Sequences of a probe, at most.
    private static let mostSequences = 12
    /// Tokens of a probe, at most.
    static let mostRows = mostSequences * longest

    /// A handful of short sequences: of the held-out rows, or of our own texts.
    static func examples(_ rows: (any ExampleSource)?, _ tokenizer: Tokenizer) throws -> [TokenizedExample] {
        let examples = try rows?.first(64) ?? []
        if !examples.isEmpty {
            let cut = examples.map { example in
                TokenizedExample(
                    ids: Array(example.ids.prefix(Self.longest)),
                    isTarget: Array(example.isTarget.prefix(Self.longest)),
                    place: example.place, index: example.index, part: example.part)
            }
            let useful = cut.filter { $0.targetCount > 0 }
            if !useful.isEmpty { return Array(useful.prefix(mostSequences)) }
        }
        return texts.enumerated().compactMap { index, text in
            let ids = Array(tokenizer.encode(text, addSpecialTokens: true).ids.prefix(Self.longest))
            guard ids.count > 1 else { return nil }
            return TokenizedExample(
                ids: ids, isTarget: ids.indices.map { $0 > 0 }, place: RowPlace(file: "probe", line: index + 1),
                index: index)
        }
    }

    private static let texts = [
        "The patient reports a mild headache since Tuesday, no fever, and has taken nothing for it so far.",
        "Our order arrived with a broken handle. Could you send a replacement before the end of the week?",
        "The town council voted last night to keep the library open on Sundays, after months of debate.",
        "Once upon a time there was a small boat that wanted to see what lies behind the horizon.",
        "To make the dough, mix flour, water, salt and a little yeast, then let it rest until it has doubled.",
        "In 1987 the river rose by 4.2 metres within two days; 13 bridges were closed.",
    ]
}
