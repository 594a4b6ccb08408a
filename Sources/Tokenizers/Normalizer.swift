// `normalizer` of tokenizer.json: rewrites a text before it is cut into words, and keeps account of where each byte came from.

internal import JSON

/// One normalizer, or a sequence of them.
indirect enum Normalizer: Sendable {
    case unicode(UnicodeForm)
    case lowercase
    case stripAccents
    case bert(cleans: Bool, spacesChinese: Bool, stripsAccents: Bool, lowercases: Bool)
    case prepend([UInt8])
    case replace(SplitPattern, [UInt8])
    case strip(left: Bool, right: Bool)
    case nmt
    case byteLevel
    case charsmap(Charsmap)
    case sequence([Normalizer])

    /// Rewrites `text`.
    func apply(to text: inout AlignedText) {
        guard !text.bytes.isEmpty else { return }
        switch self {
        case .unicode(let form): form.apply(to: &text)
        case .lowercase: text.lowercase()
        case .stripAccents: text.mapScalars { $0.isMark ? .remove : .keep }
        case .bert(let cleans, let spacesChinese, let stripsAccents, let lowercases):
            if cleans { text.mapScalars(\.bertCleaning) }
            if spacesChinese { text.mapScalars { $0.isChinese ? .surround : .keep } }
            if stripsAccents {
                UnicodeForm.nfd.apply(to: &text)
                text.mapScalars { $0.isNonspacingMark ? .remove : .keep }
            }
            if lowercases { text.lowercase() }
        case .prepend(let prefix):
            var split = WordSplit(text: text, words: [0..<text.bytes.count])
            split.prepend(prefix)
            text = split.text
        case .replace(let pattern, let content):
            var split = WordSplit(text: text, words: [0..<text.bytes.count])
            pattern.replace(in: &split, with: content)
            text = split.text
        case .strip(let left, let right): text.strip(left: left, right: right)
        case .nmt: text.mapScalars(\.nmtCleaning)
        case .byteLevel: text.writeInByteAlphabet()
        case .charsmap(let map): map.apply(to: &text)
        case .sequence(let steps): for step in steps { step.apply(to: &text) }
        }
    }
}

extension WordSplit {
    /// Puts `prefix` before the text, whatever it begins with.
    mutating func prepend(_ prefix: [UInt8]) {
        var builder = AlignedTextBuilder(changing: text)
        builder.write(prefix, for: 0..<min(text.bytes.count, UTF8Scan.length(first: text.bytes[0])))
        builder.copy(0..<text.bytes.count)
        text = builder.text()
    }
}

// MARK: - Reading

extension Normalizer {
    init(_ node: LocatedJSON) throws(TokenizerError) {
        let kind = try node.kind()
        switch kind {
        case "NFC": self = .unicode(.nfc)
        case "NFD": self = .unicode(.nfd)
        case "NFKC": self = .unicode(.nfkc)
        case "NFKD": self = .unicode(.nfkd)
        case "Lowercase": self = .lowercase
        case "StripAccents": self = .stripAccents
        case "BertNormalizer":
            let lowercases = try node.bool("lowercase", default: true)
            self = .bert(
                cleans: try node.bool("clean_text", default: true),
                spacesChinese: try node.bool("handle_chinese_chars", default: true),
                stripsAccents: try node.bool("strip_accents", default: lowercases), lowercases: lowercases)
        case "Prepend": self = .prepend(try node.required("prepend").bytes())
        case "Replace":
            self = .replace(try SplitPattern(node.required("pattern")), try node.required("content").bytes())
        case "Strip":
            self = .strip(
                left: try node.bool("strip_left", default: true), right: try node.bool("strip_right", default: true))
        case "Nmt": self = .nmt
        case "ByteLevel": self = .byteLevel
        case "Precompiled": self = .charsmap(try Charsmap(node.required("precompiled_charsmap")))
        case "Sequence":
            var steps: [Normalizer] = []
            for element in try node.required("normalizers").elements() { steps.append(try Normalizer(element)) }
            self = .sequence(steps)
        default: throw node.error("normalizer `\(kind)` is not supported")
        }
    }
}
