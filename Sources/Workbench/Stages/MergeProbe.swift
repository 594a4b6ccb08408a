// The sequences that a merged model is compared on.

internal import Datasets

/// What is put through base, base + adapter and the merged model.
enum MergeProbe {
    /// Tokens of the longest sequence of a probe.
    private static let longest = 128
    /// Sequences of a probe, at most.
    private static let mostSequences = 12
    /// Tokens of a probe, at most.
    static let mostRows = mostSequences * longest

    /// A handful of short sequences: of the held-out rows, or of our own texts.
    static func examples(_ rows: (any ExampleSource)?, of base: OpenedModel) throws -> [TokenizedExample] {
        let useful = try (rows?.first(64) ?? []).map { cut($0, base.startToken) }.filter { $0.targetCount > 0 }
        guard useful.isEmpty else { return Array(useful.prefix(mostSequences)) }
        return texts.enumerated().compactMap { index, text in
            let place = RowPlace(file: "probe", line: index + 1)
            let ids = base.tokenizer.encode(text, addSpecialTokens: true).ids
            guard ids.count > 1 else { return nil }
            guard let start = base.startToken else {
                let ids = Array(ids.prefix(longest))
                return TokenizedExample(
                    ids: ids, isTarget: ids.indices.map { $0 > 0 }, place: place, index: index)
            }
            // What is read is written again.
            let isTarget = (0...(2 * ids.count)).map { $0 > ids.count }
            return cut(
                TokenizedExample(ids: ids + [start] + ids, isTarget: isTarget, place: place, index: index), start)
        }
    }

    /// The beginning of a sequence; of one in two parts, that of each.
    private static func cut(_ example: TokenizedExample, _ start: Int32?) -> TokenizedExample {
        var kept = Array(example.ids.indices.prefix(longest))
        if let place = start.flatMap({ example.ids.firstIndex(of: $0) }), example.ids.count > longest {
            let source = Array((0..<place).prefix(longest / 2))
            kept = source + Array((place..<example.ids.count).prefix(longest / 2))
        }
        return TokenizedExample(
            ids: kept.map { example.ids[$0] }, isTarget: kept.map { example.isTarget[$0] }, place: example.place,
            index: example.index, part: example.part)
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
