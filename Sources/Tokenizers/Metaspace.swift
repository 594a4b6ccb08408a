// SentencePiece's treatment of spaces: written as ▁, one put before the text, words cut before each.

/// The `Metaspace` stage, as a pre-tokenizer and as a decoder.
struct Metaspace: Sendable {
    enum PrependScheme: Sendable { case always, first, never }

    let replacement: [UInt8]
    let prepends: PrependScheme
    let splits: Bool

    init(_ node: LocatedJSON) throws(TokenizerError) {
        let replacement = try node.optionalBytes("replacement") ?? Array("▁".utf8)
        guard !replacement.isEmpty, UTF8Scan.length(first: replacement[0]) == replacement.count else {
            throw node.error("`replacement` is not one character")
        }
        self.replacement = replacement
        splits = try node.bool("split", default: true)
        if let scheme = node.optional("prepend_scheme") {
            switch try scheme.string() {
            case "always": prepends = .always
            case "first": prepends = .first
            case "never": prepends = .never
            case let name: throw scheme.error("unknown scheme `\(name)`")
            }
        } else {
            // Older files say it with `add_prefix_space`.
            prepends = try node.bool("add_prefix_space", default: true) ? .always : .never
        }
    }

    func apply(to split: inout WordSplit) {
        SplitPattern.literal([0x20]).replace(in: &split, with: replacement)
        switch prepends {
        case .always: split.prefixWords(with: replacement)
        case .first: split.prefixWords(with: replacement) { word, text in text.source(of: word).lowerBound == 0 }
        case .never: break
        }
        if splits { SplitPattern.literal(replacement).apply(to: &split, .mergedWithNext, invert: false) }
    }
}

extension SplitPattern {
    /// Writes `replacement` for each match within the words of `split`.
    func replace(in split: inout WordSplit, with replacement: [UInt8]) {
        var builder = AlignedTextBuilder(changing: split.text)
        var moved: [Range<Int>] = []
        for word in split.words {
            let start = builder.count
            var position = word.lowerBound
            forEachMatch(in: split.text.bytes, word) { match in
                builder.copy(position..<match.lowerBound)
                builder.write(replacement, for: match)
                position = match.upperBound
            }
            builder.copy(position..<word.upperBound)
            moved.append(start..<builder.count)
        }
        split = WordSplit(text: builder.text(), words: moved)
    }
}
