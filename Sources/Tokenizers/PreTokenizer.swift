// `pre_tokenizer` of tokenizer.json: cuts a normalised text into words, none of which a token crosses.

internal import JSON

/// A text and the words it is cut into.
struct WordSplit {
    var text: AlignedText
    var words: [Range<Int>]
}

/// One pre-tokenizer, or a sequence of them.
indirect enum PreTokenizer: Sendable {
    case split(SplitPattern, SplitBehavior, invert: Bool)
    case byteLevel(addPrefixSpace: Bool, pattern: SplitPattern?)
    case metaspace(Metaspace)
    case sequence([PreTokenizer])

    /// Cuts every word of `split` further.
    func apply(to split: inout WordSplit) {
        switch self {
        case .split(let pattern, let behavior, let invert): pattern.apply(to: &split, behavior, invert: invert)
        case .byteLevel(let addPrefixSpace, let pattern):
            if addPrefixSpace { split.prefixWords(with: [0x20]) }
            pattern?.apply(to: &split, .isolated, invert: false)
        case .metaspace(let metaspace): metaspace.apply(to: &split)
        case .sequence(let steps): for step in steps { step.apply(to: &split) }
        }
    }

    /// Whether the words reach the model as bytes of the byte-level alphabet.
    var endsInBytes: Bool {
        switch self {
        case .byteLevel: true
        case .sequence(let steps): steps.last?.endsInBytes ?? false
        default: false
        }
    }
}

extension WordSplit {
    /// Puts `prefix` before each word that does not begin with it.
    mutating func prefixWords(
        with prefix: [UInt8], where condition: (Range<Int>, AlignedText) -> Bool = { _, _ in true }
    ) {
        guard words.contains(where: { !text.bytes[$0].starts(with: prefix) && condition($0, text) }) else { return }
        var builder = AlignedTextBuilder(changing: text)
        var moved: [Range<Int>] = []
        for word in words {
            let start = builder.count
            if !word.isEmpty, !text.bytes[word].starts(with: prefix), condition(word, text) {
                let first =
                    word
                    .lowerBound..<min(
                        word.upperBound, word.lowerBound + UTF8Scan.length(first: text.bytes[word.lowerBound]))
                builder.write(prefix, for: first)
            }
            builder.copy(word)
            moved.append(start..<builder.count)
        }
        self = WordSplit(text: builder.text(), words: moved)
    }
}

// MARK: - Reading

extension PreTokenizer {
    init(_ node: LocatedJSON) throws(TokenizerError) {
        let kind = try node.kind()
        switch kind {
        case "Sequence":
            var steps: [PreTokenizer] = []
            for element in try node.required("pretokenizers").elements() { steps.append(try PreTokenizer(element)) }
            if steps.dropLast().contains(where: \.endsInBytes) {
                throw node.error("a pre-tokenizer after ByteLevel is not supported")
            }
            self = .sequence(steps)
        case "ByteLevel":
            let usesPattern = try node.bool("use_regex", default: true)
            self = .byteLevel(
                addPrefixSpace: try node.bool("add_prefix_space", default: true),
                pattern: usesPattern ? .regex(try RegularExpression(SplitPattern.gpt2, place: node.path)) : nil)
        case "Split":
            let pattern = try node.required("pattern")
            self = .split(
                try SplitPattern(pattern), try SplitBehavior(node.required("behavior")),
                invert: try node.bool("invert", default: false))
        case "Digits":
            let isolates = try node.bool("individual_digits", default: false)
            self = .split(.scalars(.numeric), isolates ? .isolated : .contiguous, invert: false)
        case "Whitespace": self = .split(.scalarRuns, .removed, invert: false)
        case "WhitespaceSplit": self = .split(.scalars(.whitespace), .removed, invert: false)
        case "BertPreTokenizer":
            self = .sequence([
                .split(.scalars(.whitespace), .removed, invert: false),
                .split(.scalars(.punctuation), .isolated, invert: false),
            ])
        case "Punctuation":
            let behavior =
                try node.optional("behavior").map { node throws(TokenizerError) in try SplitBehavior(node) }
                ?? .isolated
            self = .split(.scalars(.punctuation), behavior, invert: false)
        case "CharDelimiterSplit":
            self = .split(.literal(try node.required("delimiter").bytes()), .removed, invert: false)
        case "Metaspace": self = .metaspace(try Metaspace(node))
        default: throw node.error("pre-tokenizer `\(kind)` is not supported")
        }
    }
}
